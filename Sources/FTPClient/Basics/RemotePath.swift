// A name on a server as the server has it: bytes, in whatever character set.

/// A path or name on a server.
///
/// It is bytes, because FTP promises nothing of their character set: what a listing told can be asked for again exactly. It means what
/// the server makes of it: absolute if it begins with `/`, otherwise beneath the working directory.
public struct RemotePath: Sendable, Hashable {
  /// The bytes as they go over the wire.
  public let bytes: [UInt8]

  /// A path of these bytes; nothing is checked. What cannot be sent (CR, LF, NUL) is refused when a command is made of it.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// A path in UTF-8.
  public init(_ text: String) { bytes = Array(text.utf8) }

  /// Whether it begins with `/`.
  public var isAbsolute: Bool { bytes.first == 0x2F }

  /// The part behind the last `/` that has something behind it; empty for `/` and for an empty path.
  public var name: [UInt8] {
    let end = bytes.lastIndex { $0 != 0x2F }.map { $0 + 1 } ?? 0
    let start = bytes[..<end].lastIndex(of: 0x2F).map { $0 + 1 } ?? 0
    return Array(bytes[start..<end])
  }

  /// The directory it is in; empty for a name without one, `/` for what is directly beneath that.
  public var parent: RemotePath {
    let end = bytes.lastIndex { $0 != 0x2F }.map { $0 + 1 } ?? 0
    guard let slash = bytes[..<end].lastIndex(of: 0x2F) else { return RemotePath([]) }
    let directory = bytes[..<slash].lastIndex { $0 != 0x2F }.map { bytes[...$0] }
    return RemotePath(directory.map(Array.init) ?? [0x2F])
  }

  /// The path of `name` in this directory; an absolute `name` stays as it is, and so does any in an empty path.
  public func appending(_ name: [UInt8]) -> RemotePath {
    if bytes.isEmpty || name.first == 0x2F { return RemotePath(name) }
    return RemotePath(bytes.last == 0x2F ? bytes + name : bytes + [0x2F] + name)
  }
}

extension RemotePath: ExpressibleByStringLiteral {
  /// A path written in the source, in UTF-8.
  public init(stringLiteral value: String) { self.init(value) }
}

extension RemotePath: CustomStringConvertible {
  /// For a person: what is not UTF-8 and what a terminal would obey is replaced.
  public var description: String { RemotePath.printable(bytes) }

  /// Text without control characters; what is not UTF-8 becomes U+FFFD.
  static func printable(_ bytes: [UInt8]) -> String {
    let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar -> Unicode.Scalar in
      scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value ? "?" : scalar
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
