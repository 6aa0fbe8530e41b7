// What is known of a TLS connection once its handshake is done.

import COpenSSL

extension TLSConnection {
  /// Whether it resumed the TLS session of its control connection. Only a peer that holds that one's secrets can.
  public var isResumed: Bool { SSL_session_reused(ssl) == 1 }

  /// The protocol ALPN settled on; nil when the client offered none or the server does not know ALPN.
  public var applicationProtocol: ApplicationProtocol? {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(ssl, &name, &count)
    guard let name, count > 0 else { return nil }
    return ApplicationProtocol(
      rawValue: String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self))
  }

  /// The name the client asked for (SNI), in lower case; nil when it asked for none.
  public var serverName: String? {
    SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0).lowercased() }
  }

  /// For logs and STAT: `TLSv1.3 TLS_AES_256_GCM_SHA384`.
  public var summary: String {
    let version = SSL_get_version(ssl).map { String(cString: $0) } ?? "TLS"
    let cipher =
      SSL_get_current_cipher(ssl).flatMap { SSL_CIPHER_get_name($0) }.map { String(cString: $0) } ?? "no cipher"
    return "\(version) \(cipher)"
  }

  /// Whether bytes lie in here that the socket will not tell of; they may be less than a record.
  public var hasPendingBytes: Bool { SSL_has_pending(ssl) == 1 }

  /// The certificate the peer showed; nil when it showed none.
  public var peerCertificate: PeerCertificate? {
    guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
    defer { X509_free(certificate) }
    return PeerCertificate(certificate, isVerified: SSL_get_verify_result(ssl) == Int(X509_V_OK))
  }
}
