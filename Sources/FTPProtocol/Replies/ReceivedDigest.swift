// Digests of files as servers tell them: the reply to HASH, and those to XCRC, XMD5 and their kin.

/// The reply to HASH, `213 SHA-256 0-49 hexadecimal name` (draft-bryan-ftpext-hash §3.2).
public struct ReceivedDigest: Sendable, Hashable {
  /// The name of the algorithm in upper case, `SHA-256`.
  public let algorithm: String
  /// The first octet that went into the digest, counted from 0.
  public let first: UInt64
  /// The last one. Servers write `0-0` for a file of one octet and for an empty one, and not all of them count the last octet in.
  public let last: UInt64
  /// The bytes of the digest.
  public let digest: [UInt8]
  /// The name as the server repeats it.
  public let pathname: [UInt8]

  /// Reads a reply to HASH.
  ///
  /// - Returns: nil for another code or another form.
  public init?(_ reply: ReceivedReply) {
    guard reply.code == 213 else { return nil }
    let words = reply.text.split(separator: 0x20, maxSplits: 3, omittingEmptySubsequences: false)
    guard words.count == 4, let digest = Hexadecimal.bytes(words[2]) else { return nil }
    let range = words[1].split(separator: 0x2D, omittingEmptySubsequences: false)
    guard !words[0].isEmpty, range.count == 2, let first = DecimalNumber.read(range[0]),
      let last = DecimalNumber.read(range[1])
    else { return nil }
    algorithm = String(decoding: words[0], as: UTF8.self).uppercased()
    self.first = first
    self.last = last
    self.digest = digest
    pathname = Array(words[3])
  }
}

extension ReceivedReply {
  /// The digest in the reply to XCRC, XMD5, XSHA1, XSHA256 or XSHA512. No document defines these commands.
  ///
  /// Servers answer with the digest alone, or with the file's name before it: what counts is the last word of the right length.
  ///
  /// - Parameter byteCount: the length of the algorithm's digest: 4 for XCRC, 16 for XMD5, 20 for XSHA1, 32 and 64 for the others.
  /// - Returns: nil unless the reply is a 2yz and holds such a word.
  public func legacyDigest(byteCount: Int) -> [UInt8]? {
    guard kind == .completion else { return nil }
    for line in lines.reversed() {
      for word in line.split(separator: 0x20).reversed() where word.count / 2 == byteCount {
        if let digest = Hexadecimal.bytes(word) { return digest }
      }
    }
    return nil
  }
}
