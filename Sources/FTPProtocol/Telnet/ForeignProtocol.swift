// Recognises a client that speaks another protocol to the FTP port, so that it can be hung up on.

/// A protocol that is not FTP, recognised by the first bytes or the first line of a connection.
///
/// A browser can be made to send an HTTP request whose body holds FTP commands; closing at its first line ends that.
public enum ForeignProtocol: Sendable, Hashable {
  case http, smtp, ssh, tls

  /// Judges the first line of a connection, without its line end.
  init?(firstLine line: UnsafeRawBufferPointer) {
    if line.starts(with: Self.sshOpening) {
      self = .ssh
      return
    }
    guard let command = Command(line: line) else { return nil }
    switch command.verb {
    case "EHLO", "HELO":
      self = .smtp
    case "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PRI":
      // A person at a terminal may well type "get a.txt": only what has the shape of a request line counts.
      guard command.argument.first == 0x2F || Self.namesHTTP(command.argument) else { return nil }
      self = .http
    default:
      return nil
    }
  }

  /// The opening of a TLS record that carries a ClientHello (RFC 8446 §5.1): type 22, major version 3.
  static let tlsOpening: (UInt8, UInt8) = (0x16, 0x03)

  /// "SSH-" (RFC 4253 §4.2).
  private static let sshOpening: [UInt8] = [0x53, 0x53, 0x48, 0x2D]

  /// Whether " HTTP/" stands in a request line (RFC 9112 §3).
  private static func namesHTTP(_ argument: [UInt8]) -> Bool {
    argument.containsSequence([0x20, 0x48, 0x54, 0x54, 0x50, 0x2F])
  }
}
