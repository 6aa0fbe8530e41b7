// Writes a table of lines as YAML: the same users with the same options, comments where they stood.

import YAMLDocument

/// A table of lines in the other form.
public struct TableConversion: Sendable {
  /// The YAML table.
  public let bytes: [UInt8]
  /// How many users and lines of comment are in it.
  public let users: Int
  public let comments: Int

  /// Converts the table in `bytes`.
  ///
  /// - Parameter source: the file name for messages.
  /// - Throws: the mistakes of the table, that it is YAML already, or which of its names YAML cannot hold.
  public init(_ bytes: [UInt8], source: String) throws(UserTableError) {
    guard TableForm(of: bytes, source: source) == .lines else {
      throw UserTableError(.invalidEntry, source: source, message: "is a YAML table already.")
    }
    let table = try UserTable.parse(bytes, source: source)
    let foreign = table.entries.filter { String(validating: $0.name, as: UTF8.self) == nil }
    guard foreign.isEmpty else {
      throw UserTableError(
        source: source,
        problems: foreign.map {
          .init(line: $0.line, message: "\(Account.display($0.name)): the name is not UTF-8, as all of a YAML table is")
        })
    }
    var entries = table.entries[...]
    var lines: [String] = []
    var comments = 0
    var isInUsers = false
    func begin() {
      if !isInUsers { lines.append("users:") }
      isInUsers = true
    }
    for (offset, raw) in UserTable.lines(of: bytes).enumerated() {
      if let entry = entries.first, entry.line == offset + 1 {
        entries.removeFirst()
        begin()
        let name = String(decoding: entry.name, as: UTF8.self)
        lines += YAMLPair(name, .mapping(YAMLTableText.pairs(of: entry))).lines(indent: 2)
        continue
      }
      let text = Self.comment(raw)
      if !text.isEmpty { comments += 1 }
      // What stands above the first user, up to the last blank line, is about the file as a whole.
      lines.append(text.isEmpty || !isInUsers ? text : "  \(text)")
    }
    begin()
    self.bytes = Array((Self.moveUsers(above: lines).joined(separator: "\n") + "\n").utf8)
    users = table.entries.count
    self.comments = comments
    let after = try UserTable.parse(self.bytes, source: source + ".yaml")
    let isSame = zip(after.entries, table.entries).allSatisfy {
      $0.name == $1.name && $0.hash == $1.hash && $0.home == $1.home && $0.permissions == $1.permissions
        && $0.ownOptions == $1.ownOptions
    }
    guard isSame, after.entries.count == table.entries.count else {
      throw UserTableError(.invalidEntry, source: source, message: "cannot be written as YAML without a change.")
    }
  }

  /// A line of comment as it may stand in YAML, which is UTF-8 without controls.
  private static func comment(_ raw: ArraySlice<UInt8>) -> String {
    var line = raw
    if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
    let text = Account.display(line.filter { $0 != 0x0D }.map { $0 == 0x09 ? 0x20 : $0 })
    return text.allSatisfy { $0 == " " } ? "" : text
  }

  /// The comment right above the first user is about that user: it goes beneath `users:`.
  private static func moveUsers(above lines: [String]) -> [String] {
    guard let place = lines.firstIndex(of: "users:") else { return lines }
    let start = lines[..<place].lastIndex(of: "").map { $0 + 1 } ?? place
    if start == place { return lines }
    return lines[..<start] + ["users:"] + lines[start..<place].map { "  \($0)" } + lines[(place + 1)...]
  }
}

extension UserTableEditor {
  /// Writes the table of lines as YAML, in its place or, with mode and owner of the old one, to a new file.
  ///
  /// - Parameter target: the path of the new file, which must not be there; nil: the table itself becomes YAML.
  /// - Returns: what was written.
  public func convert(to target: String?) throws(UserTableError) -> TableConversion {
    guard let target else {
      var result: TableConversion?
      try TableFile.withLock(path: path, creating: false) { (file) throws(UserTableError) in
        let conversion = try TableConversion(file.bytes, source: path)
        result = conversion
        return conversion.bytes
      }
      guard let result else { throw invalid("was not read.") }
      return result
    }
    let file = try TableFile.read(path: path)
    let conversion = try TableConversion(file.bytes, source: path)
    try file.create(path: target, with: conversion.bytes)
    return conversion
  }
}
