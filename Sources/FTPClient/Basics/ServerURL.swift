// URLs of FTP servers and of what is on them (RFC 1738, section 3.2), with the schemes in use for TLS.

/// Where a server is, who logs in, and what is meant on it.
public struct ServerURL: Sendable, Hashable {
  /// How the scheme wants the connection protected.
  public enum Scheme: String, Sendable, Hashable, CaseIterable {
    /// TLS if the server offers it.
    case ftp
    /// TLS by AUTH TLS (RFC 4217), or no connection.
    case ftpes
    /// TLS from the first byte, at port 990.
    case ftps
  }

  public var scheme: Scheme
  /// A name or an address, without brackets.
  public var host: String
  /// nil: 21, for `ftps` 990.
  public var port: UInt16?
  /// nil: anonymous.
  public var user: [UInt8]?
  public var password: [UInt8]?
  /// Beneath the directory of the login, unless it begins with `/` (written `//path` or `/%2Fpath`).
  public var path: RemotePath
  /// What `;type=` says: `a`, `i` or `d`.
  public var type: Character?

  /// A server without a path.
  public init(_ scheme: Scheme = .ftp, host: String, port: UInt16? = nil, user: [UInt8]? = nil) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.user = user
    path = RemotePath([])
  }

  /// Reads a URL.
  ///
  /// - Returns: nil for what is none: another scheme, no host, a port that is no number from 1 to 65535, `%` without two hexadecimal
  ///   digits, and for a CR, LF or NUL anywhere, which would be commands of their own.
  public init?(_ text: String) {
    guard let colon = text.range(of: "://") else { return nil }
    guard let scheme = Scheme(rawValue: text[..<colon.lowerBound].lowercased()) else { return nil }
    let rest = text[colon.upperBound...]
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var authority = rest[..<slash]
    self.init(scheme, host: "")
    if let at = authority.lastIndex(of: "@") {
      guard readUser(authority[..<at]) else { return nil }
      authority = authority[authority.index(after: at)...]
    }
    guard readHost(authority), readPath(rest[slash...].dropFirst()) else { return nil }
    let texts = [user ?? [], password ?? [], path.bytes, Array(host.utf8)]
    guard texts.allSatisfy({ !$0.contains { [0, 0x0A, 0x0D].contains($0) } }) else { return nil }
  }

  /// The port that is meant.
  public var effectivePort: UInt16 { port ?? (scheme == .ftps ? 990 : 21) }

  private mutating func readUser(_ text: Substring) -> Bool {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, let decoded = ServerURL.unescaped(name.utf8) else { return false }
    user = decoded
    guard parts.count == 2 else { return true }
    guard let secret = ServerURL.unescaped(parts[1].utf8) else { return false }
    password = secret
    return true
  }

  private mutating func readHost(_ text: Substring) -> Bool {
    var rest = text
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { return false }
      host = String(text[text.index(after: text.startIndex)..<end])
      rest = text[text.index(after: end)...]
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      host = String(text[..<colon])
      rest = text[colon...]
    }
    if host.isEmpty { return false }
    if rest.isEmpty || rest == ":" { return true }
    guard rest.first == ":", let number = UInt16(rest.dropFirst()), number > 0 else { return false }
    port = number
    return true
  }

  private mutating func readPath(_ text: Substring) -> Bool {
    var text = text
    if let type = text.range(of: ";type=", isLast: true) {
      let letter = text[type.upperBound...].lowercased()
      guard letter == "a" || letter == "i" || letter == "d" else { return false }
      self.type = letter.first
      text = text[..<type.lowerBound]
    }
    guard let bytes = ServerURL.unescaped(text.utf8) else { return false }
    path = RemotePath(bytes)
    return true
  }

  /// Bytes with `%XX` undone; nil where a `%` has no two digits behind it.
  static func unescaped(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = Array(text)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}

extension ServerURL: CustomStringConvertible {
  /// The URL without its password, which is nobody's business in a log.
  public var description: String {
    let name = user.map { ServerURL.escaped($0, keepsSlash: false) + "@" } ?? ""
    let place = host.contains(":") ? "[\(host)]" : host
    let number = port.map { ":\($0)" } ?? ""
    return "\(scheme.rawValue)://\(name)\(place)\(number)/\(ServerURL.escaped(path.bytes, keepsSlash: true))"
  }

  private static func escaped(_ bytes: [UInt8], keepsSlash: Bool) -> String {
    var text = ""
    for byte in bytes {
      let isPlain =
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
        || (byte == 0x2F && keepsSlash)
      if isPlain {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
    return text
  }
}

extension StringProtocol {
  /// Where `word` stands, the first or the last time; Foundation is not wanted for this.
  fileprivate func range(of word: String, isLast: Bool = false) -> Range<Index>? {
    var found: Range<Index>?
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(word) {
        found = start..<index(start, offsetBy: word.count)
        if !isLast { return found }
      }
      start = index(after: start)
    }
    return found
  }
}
