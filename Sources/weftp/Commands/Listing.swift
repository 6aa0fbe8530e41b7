// How entries of a listing are shown: names alone, in columns with what is known of them, or as JSON.

import FTPClient
import FTPProtocol

enum Listing {
  /// Shows entries.
  static func show(_ entries: [ListedEntry], long: Bool, human: Bool = false, json: Bool) {
    if json { return Output.line(JSONText.list(entries.map(object)).text) }
    guard long else {
      for entry in entries { Output.line("", name: entry.name) }
      return
    }
    let sizes = entries.map { $0.kind == .file ? $0.size.map { human ? Output.amount($0) : "\($0)" } ?? "-" : "-" }
    let width = sizes.map(\.count).max() ?? 0
    for (entry, size) in zip(entries, sizes) {
      let padding = String(repeating: " ", count: width - size.count)
      let time = entry.modified.map { Output.time($0.seconds) } ?? "-               "
      Output.line("\(mode(entry))  \(padding)\(size)  \(time)  ", name: entry.name)
    }
  }

  /// `drwxr-xr-x`; `?` where nothing is known.
  static func mode(_ entry: ListedEntry) -> String {
    let letter =
      switch entry.kind {
      case .file: "-"
      case .directory: "d"
      case .symlink: "l"
      case .unknown: "?"
      default: "s"
      }
    guard let mode = entry.mode else { return letter + "?????????" }
    let bits = (0..<9).map { index in
      mode & (0o400 >> index) == 0 ? "-" : ["r", "w", "x"][index % 3]
    }
    return letter + bits.joined()
  }

  static func object(_ entry: ListedEntry) -> JSONText {
    .object([
      ("name", .name(entry.name)), ("type", .string(kind(entry.kind))), ("size", entry.size.map { .number($0) }),
      ("modified", entry.modified.map { .signed($0.seconds) }), ("mode", entry.mode.map { .number(UInt64($0)) }),
      ("unique", entry.unique.map { .name($0) }), ("target", entry.linkTarget.map { .name($0) }),
    ])
  }

  static func kind(_ kind: FileFacts.Kind) -> String {
    switch kind {
    case .file: "file"
    case .directory: "directory"
    case .symlink: "link"
    case .unknown: "unknown"
    default: "special"
    }
  }

  /// Sorts by name, or by what is asked for.
  static func sorted(_ entries: [ListedEntry], byTime: Bool, reversed: Bool) -> [ListedEntry] {
    let order = entries.sorted { one, other in
      if byTime, let first = one.modified?.seconds, let second = other.modified?.seconds, first != second {
        return first > second
      }
      return one.name.lexicographicallyPrecedes(other.name)
    }
    return reversed ? order.reversed() : order
  }
}
