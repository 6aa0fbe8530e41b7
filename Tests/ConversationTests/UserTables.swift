// The user tables a dialogue asks for with its `user:` lines.

import TestSupport

/// Tables in a directory of their own; everybody's password is `secret`, every home the served directory or one beneath it.
struct UserTables {
  private let directory: TemporaryDirectory?
  private let names: [String]

  /// Writes the tables. A line is `NAME OPTIONS [home=/DIRECTORY] [table=TABLE]`; without `table=` it is the server's own.
  init(_ lines: [String], root: String) throws {
    directory = lines.isEmpty ? nil : try TemporaryDirectory()
    var tables: [String: String] = [:]
    for line in lines {
      var words = line.split(separator: " ").map(String.init)
      func take(_ key: String) -> String? {
        guard let index = words.firstIndex(where: { $0.hasPrefix(key + "=") }) else { return nil }
        return String(words.remove(at: index).dropFirst(key.count + 1))
      }
      let table = take("table") ?? "users"
      let home = root + (take("home") ?? "")
      try require(words.count == 2, "not understood: user: \(line)")
      let options = words[1].replacing("{root}", with: root)
      tables[table, default: ""] += "\(words[0]):\(Self.hash):\(home):\(options)\n"
    }
    names = tables.keys.sorted()
    for (name, content) in tables { try directory?.write(name, bytes(content), mode: 0o600) }
  }

  /// crypt(5) of `secret`.
  private static let hash =
    "$6$dialogue$LhHnpK.QIg5cFa/rm0fOQsY8RQYq0F..haodG5bv1Y" + "kLzCRdne4/rmA1u7U4R8fuv1kXiyl6WxkH6o89TxWVP1"

  /// What starts the server with its own table.
  var arguments: [String] {
    guard let directory, names.contains("users") else { return [] }
    return ["--users", directory.path + "/users"]
  }

  /// `text` with `{tables}` replaced by where the tables are.
  func placed(_ text: String) -> String {
    guard let directory else { return text }
    return text.replacing("{tables}", with: directory.path)
  }
}
