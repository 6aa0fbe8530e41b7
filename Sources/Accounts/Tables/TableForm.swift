// Which form a table has: lines with colons, or YAML.

/// The two forms of a user table.
public enum TableForm: Sendable, Equatable {
  /// `NAME:HASH:HOME:OPTIONS`, one user a line.
  case lines
  /// A document with `users:` and `groups:`.
  case yaml

  /// The form of the table `bytes` in the file `source`.
  ///
  /// The contents decide: the first line that is not blank and no comment. A line with `---`, or `users:` or `groups:` with a blank or
  /// nothing behind it, is none that a table of lines can have, and four fields with a path among them are nothing that a document
  /// begins with. Only where the contents do not tell (an empty file, or a broken one) does the name: `.yaml` and `.yml` are YAML.
  public init(of bytes: [UInt8], source: String) {
    let isNamed = source.hasSuffix(".yaml") || source.hasSuffix(".yml")
    guard let line = Self.firstLine(bytes) else {
      self = isNamed ? .yaml : .lines
      return
    }
    if Self.beginsDocument(line) {
      self = .yaml
    } else if isNamed {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      self = fields.count == 4 && fields[2].first == UInt8(ascii: "/") ? .lines : .yaml
    } else {
      self = .lines
    }
  }

  private static func beginsDocument(_ line: ArraySlice<UInt8>) -> Bool {
    if line.starts(with: "---".utf8) || line.starts(with: "%YAML".utf8) {
      return !line.contains(UInt8(ascii: ":")) || line.starts(with: "--- ".utf8)
    }
    for key in ["users:", "groups:"] where line.starts(with: key.utf8) {
      let rest = line.dropFirst(key.utf8.count)
      return rest.isEmpty || rest.first == UInt8(ascii: " ") || rest.first == UInt8(ascii: "\t")
    }
    return false
  }

  private static func firstLine(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var rest = bytes[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    while !rest.isEmpty {
      var line = rest.prefix { $0 != UInt8(ascii: "\n") }
      rest = rest.dropFirst(line.count + 1)
      while let last = line.last, [0x0D, 0x20, 0x09].contains(last) { line = line.dropLast() }
      if !line.isEmpty, line.first != UInt8(ascii: "#"),
        line.first(where: { $0 != 0x20 && $0 != 0x09 }) != UInt8(ascii: "#")
      {
        return line
      }
    }
    return nil
  }
}
