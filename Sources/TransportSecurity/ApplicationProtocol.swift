// Which protocol a client and this server speak inside TLS (ALPN, RFC 7301): only FTP's, so that no other client can be led here.

/// A protocol name of ALPN that this server understands.
public enum ApplicationProtocol: String, Sendable, CaseIterable {
  /// FTP's control connection (IANA's registry of ALPN protocol IDs).
  case ftp = "ftp"
  /// A data connection.
  case ftpData = "ftp-data"
  /// FileZilla's control connection: it leaves out PBSZ and PROT, knows 336, and names ``ftpData`` on data connections.
  case fileZilla = "x-filezilla-ftp"

  /// What a control connection chooses from, the best first.
  public static let forControl: [ApplicationProtocol] = [.fileZilla, .ftp]
  /// What a data connection chooses from, the best first.
  public static let forData: [ApplicationProtocol] = [.ftpData, .ftp, .fileZilla]

  /// Where in the list of a client the best of `wanted` stands.
  ///
  /// The list is walked entry by entry (RFC 7301, section 3.1: each is a length byte and so many bytes): a name within another
  /// entry does not count, nor does a list that ends in the middle of an entry.
  ///
  /// - Returns: the name's place without its length byte; nil when the list holds none of them: the handshake has to end with
  ///   no_application_protocol (ALPACA).
  public static func choose(_ wanted: [ApplicationProtocol], from offered: UnsafeRawBufferPointer) -> Range<Int>? {
    var places: [Range<Int>] = []
    var start = 0
    while start < offered.count {
      let end = start + 1 + Int(offered[start])
      guard end > start + 1, end <= offered.count else { return nil }
      places.append(start + 1..<end)
      start = end
    }
    for name in wanted {
      if let place = places.first(where: { offered[$0].elementsEqual(name.rawValue.utf8) }) { return place }
    }
    return nil
  }
}
