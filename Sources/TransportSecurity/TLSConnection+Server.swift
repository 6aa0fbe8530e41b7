// A TLS connection at the server's end: how it begins, whose certificate it shows, and the tickets it gives.

import COpenSSL

extension TLSConnection {
  /// The server's end over a non-blocking socket.
  ///
  /// - Parameter host: the context of a virtual host, in place of `context`.
  convenience init(
    server context: TLSContext, _ socket: Int32, role: Role, binding: SessionBinding, host: OpaquePointer? = nil,
    namedHost: String? = nil
  ) throws(OpenSSLError) {
    OpenSSLError.clearQueue()
    guard let ssl = SSL_new(host ?? context.pointer) else { throw OpenSSLError() }
    let isOnSocket = role == .control ? weft_set_control_socket(ssl, socket) : SSL_set_fd(ssl, socket)
    guard isOnSocket == 1, weft_tls_bind(ssl, binding.pointer, role == .data ? 1 : 0) == 1 else {
      let error = OpenSSLError()
      SSL_free(ssl)
      throw error
    }
    SSL_set_accept_state(ssl)
    self.init(owning: ssl, role: role, end: .server(context, binding), namedHost: namedHost)
  }

  /// Shows the certificate of the virtual host `name`, if it has one of its own; to be called before the handshake.
  ///
  /// - Returns: whether it has one.
  func present(host name: String) -> Bool {
    guard case .server(let context, _) = end, let host = context.host(name) else { return false }
    return SSL_set_SSL_CTX(ssl, host.pointer) != nil
  }

  /// Has the next ``write(_:)`` send a fresh ticket first, in the same segment (TLS 1.3 only): many clients use each one once.
  public func offerTicket() {
    guard !isOver, role == .control, isEstablished, case .server = end else { return }
    OpenSSLError.clearQueue()
    if weft_hold_ticket(ssl) != 1 { OpenSSLError.clearQueue() }
  }
}
