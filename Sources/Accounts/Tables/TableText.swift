// The text of a user table while it is edited: one line changes, every other byte stays.

/// The lines of a table under edit, and the table they say.
struct TableText {
  private var lines: [[UInt8]?]
  let table: UserTable
  private let endsInCRLF: Bool

  init(_ bytes: [UInt8], source: String) throws(UserTableError) {
    table = try UserTable.parse(bytes, source: source)
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
