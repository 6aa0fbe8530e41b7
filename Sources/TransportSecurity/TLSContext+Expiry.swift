// When the certificates of a context expire.

import COpenSSL
import LinuxSystem

extension TLSContext {
  /// When the first certificate of each name expires, in seconds since 1970: of the server's own (an empty name) and of its virtual hosts.
  public var expiries: [(host: String, time: Int64)] {
    let hosts = hosts.sorted { $0.key < $1.key }.compactMap { name, context in context.expires.map { (name, $0) } }
    return (expires.map { [("", $0)] } ?? []) + hosts
  }

  /// The earliest end of the certificates in `context`, one for each kind of key.
  ///
  /// Moves the context's current certificate, so nobody else may use it yet. Source: SSL_CTX_set_current_cert(3), whose macro this is.
  static func expiry(in context: OpaquePointer) -> Int64? {
    var earliest: Int64?
    var found = SSL_CTX_ctrl(context, SSL_CTRL_SET_CURRENT_CERT, Int(SSL_CERT_SET_FIRST), nil) == 1
    while found {
      var days: Int32 = 0
      var seconds: Int32 = 0
      if let certificate = SSL_CTX_get0_certificate(context),
        ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(certificate)) == 1
      {
        let time = WallClock.seconds + Int64(days) * 86_400 + Int64(seconds)
        earliest = min(earliest ?? time, time)
      }
      found = SSL_CTX_ctrl(context, SSL_CTRL_SET_CURRENT_CERT, Int(SSL_CERT_SET_NEXT), nil) == 1
    }
    return earliest
  }
}
