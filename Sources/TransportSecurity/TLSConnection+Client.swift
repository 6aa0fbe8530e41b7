// A TLS connection at the client's end: how it begins, and whom it has reached.

import COpenSSL

extension TLSConnection {
  /// The client's end over a non-blocking socket; `protocols` are offered by ALPN.
  convenience init(
    client end: ClientEnd, _ socket: Int32, role: Role, protocols: [ApplicationProtocol]
  ) throws(OpenSSLError) {
    OpenSSLError.clearQueue()
    guard let ssl = SSL_new(end.context.pointer) else { throw OpenSSLError() }
    let list = protocols.flatMap { [UInt8(truncatingIfNeeded: $0.rawValue.utf8.count)] + Array($0.rawValue.utf8) }
    guard SSL_set_fd(ssl, socket) == 1, weft_set_client(ssl, end.server.indication, list, UInt32(list.count)) == 1,
      Self.expect(end.server, on: ssl)
    else {
      let error = OpenSSLError()
      SSL_free(ssl)
      throw error
    }
    if role == .control { SSL_set_read_ahead(ssl, 1) } else { end.sessions.resume(on: ssl) }
    SSL_set_connect_state(ssl)
    self.init(owning: ssl, role: role, end: .client(end))
  }

  private static func expect(_ server: TLSServerName, on ssl: OpaquePointer) -> Bool {
    switch server {
    case .dns(let name): return weft_expect_server(ssl, name, name.utf8.count, nil, 0) == 1
    case .address(let address):
      let octets = address.octets
      return weft_expect_server(ssl, nil, 0, octets, octets.count) == 1
    }
  }

  /// The client's end of a data connection of this control connection: it resumes its session, or shows the same certificate.
  func clientData(of end: ClientEnd, over socket: Int32) throws(OpenSSLError) -> TLSConnection {
    let data = ClientEnd(
      end.context, server: end.server, sessions: end.sessions, controlFingerprint: serverCertificate?.fingerprint ?? "")
    // A server that knows nothing of ALPN on its control connection is not bothered with it here.
    let protocols: [ApplicationProtocol] = applicationProtocol == nil ? [] : [.ftpData, .ftp]
    let connection = try TLSConnection(client: data, socket, role: .data, protocols: protocols)
    // A session is resumed in its own version only: a newer one that the server would speak here, too, would begin another.
    SSL_ctrl(connection.ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(SSL_version(ssl)), nil)
    return connection
  }

  /// What only a client's end has; nil at the server's end.
  var clientEnd: ClientEnd? {
    if case .client(let end) = end { return end }
    return nil
  }

  /// Whether the next data connection can resume by something the server has not seen yet. Without it a client can have the server send
  /// a fresh ticket by any command, such as NOOP: weftpd sends one with the reply of PASV and its kin.
  public var hasUnusedSession: Bool { clientEnd?.sessions.hasUnused ?? false }

  /// The certificate the server showed, on a resumed connection that of the session; nil before the handshake and at the server's end.
  public var serverCertificate: ServerCertificate? {
    guard clientEnd != nil, let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
    defer { X509_free(certificate) }
    return ServerCertificate(certificate)
  }
}
