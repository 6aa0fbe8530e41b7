// The text of a user table while it is edited, whatever its form: what is named changes, every other byte stays.

/// A table under edit, and the table it said before.
struct TableText {
  private enum Text {
    case lines(LineTableText)
    case yaml(YAMLTableText)
  }

  private var text: Text
  let table: UserTable
  private let source: String

  /// - Throws: the mistakes of a table that cannot be understood, which must not be changed.
  init(_ bytes: [UInt8], source: String) throws(UserTableError) {
    table = try UserTable.parse(bytes, source: source)
    self.source = source
    switch TableForm(of: bytes, source: source) {
    case .lines: text = .lines(LineTableText(bytes))
    case .yaml: text = .yaml(try YAMLTableText(bytes, table: table, source: source))
    }
  }

  var form: TableForm {
    switch text {
    case .lines: .lines
    case .yaml: .yaml
    }
  }

  /// Adds a user behind all others.
  mutating func append(_ entry: UserEntry) {
    switch text {
    case .lines(var lines):
      lines.append(entry)
      text = .lines(lines)
    case .yaml(var yaml):
      yaml.append(entry)
      text = .yaml(yaml)
    }
  }

  /// Writes `new` where `old` stands, which is an entry of ``table``.
  mutating func replace(_ old: UserEntry, with new: UserEntry) throws(UserTableError) {
    switch text {
    case .lines(var lines):
      lines.replace(line: old.line, with: new)
      text = .lines(lines)
    case .yaml(var yaml):
      try yaml.replace(old, with: new)
      text = .yaml(yaml)
    }
  }

  mutating func remove(_ entry: UserEntry) {
    switch text {
    case .lines(var lines):
      lines.remove(line: entry.line)
      text = .lines(lines)
    case .yaml(var yaml):
      yaml.remove(entry)
      text = .yaml(yaml)
    }
  }

  /// Changes the groups of a table that has some.
  mutating func changeGroups(_ change: (inout YAMLTableText) throws(UserTableError) -> Void) throws(UserTableError) {
    guard case .yaml(var yaml) = text else {
      throw UserTableError(
        .invalidEntry, source: source,
        message: "only a YAML table has groups. `weftpd user convert` makes one of this.")
    }
    try change(&yaml)
    text = .yaml(yaml)
  }

  /// The file.
  /// - Throws: that a YAML table is written in a way that cannot be edited without changing something else.
  func bytes() throws(UserTableError) -> [UInt8] {
    switch text {
    case .lines(let lines): lines.bytes
    case .yaml(let yaml): try yaml.bytes()
    }
  }
}

/// The lines of a table with one user per line.
private struct LineTableText {
  private var lines: [[UInt8]?]
  private let endsInCRLF: Bool

  init(_ bytes: [UInt8]) {
    let slices = UserTable.lines(of: bytes)
    endsInCRLF = slices.first?.last == UInt8(ascii: "\r")
    lines = slices.map(Array.init)
  }

  mutating func append(_ entry: UserEntry) { lines.append(entry.serialized + ending) }

  /// `line` counts from 1, as messages do.
  mutating func replace(line: Int, with entry: UserEntry) {
    guard lines.indices.contains(line - 1) else { return }
    lines[line - 1] = entry.serialized + ending
  }

  mutating func remove(line: Int) {
    guard lines.indices.contains(line - 1) else { return }
    lines[line - 1] = nil
  }

  private var ending: [UInt8] { endsInCRLF ? [UInt8(ascii: "\r")] : [] }

  /// The file: every line ends in LF, the last one too.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for line in lines {
      guard let line else { continue }
      bytes += line
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}
