// The YAML file, read so that every value and every mistake keeps its line.

import YAMLDocument

/// What a settings file says, and all that is wrong with it.
///
/// Keys may be nested (`passive:` / `ports:`) or written out (`passive.ports:`).
struct SettingsFile {
  /// What stands at a key.
  struct Entry: Sendable, Equatable {
    var items: [String]
    var isList: Bool
    var line: Int
  }

  let path: String
  private(set) var entries: [String: Entry] = [:]
  private(set) var problems: [SettingsProblem] = []

  /// Never throws: what is wrong is in ``problems``, all of it.
  ///
  /// - Parameter path: the path to name in messages.
  init(bytes: [UInt8], path: String) {
    self.path = path
    guard String(validating: bytes, as: UTF8.self) != nil else {
      report(line: 1 + lineOfInvalidUTF8(bytes), "", "is not UTF-8 text")
      return
    }
    do throws(YAMLError) {
      if let root = try YAMLNode.document(in: bytes) { walk(root, prefix: "") }
    } catch {
      report(line: error.line, "", "is not valid YAML: \(error.reason)")
    }
  }

  // MARK: - Keys

  private mutating func walk(_ node: YAMLNode, prefix: String) {
    guard case .mapping(let pairs) = node.content else {
      if !node.isNothing { report(line: node.line, "", "expected settings, as KEY: VALUE") }
      return
    }
    var firstLines: [String: Int] = [:]
    for (keyNode, value) in pairs {
      let line = keyNode.line
      guard let name = keyNode.text else {
        report(line: line, "", "a key must be a plain word")
        continue
      }
      let key = prefix + name
      if let first = firstLines[name] {
        report(line: line, key, "duplicate key, first set on line \(first)")
        continue
      }
      firstLines[name] = line
      if let row = SettingsTable.row(key) {
        take(value, row: row, line: line)
      } else if SettingsTable.sections.contains(key) || Self.isHost(key, value) {
        // A section whose settings are all commented out is fine.
        if value.isNothing { continue }
        if case .mapping = value.content {
          walk(value, prefix: key + ".")
        } else {
          let inside = SettingsTable.rows.filter { $0.section == key }.map(\.key).joined(separator: ", ")
          report(line: line, key, "is a section; expected settings under it: \(inside)")
        }
      } else {
        let ofHost = SettingsTable.hostName(inKey: key).map(SettingsTable.hostRows) ?? []
        let known = (SettingsTable.rows + ofHost).map(\.key) + SettingsTable.sections
        problems.append(.unknown(.file(path: path, line: line), key: key, among: known))
      }
    }
  }

  /// `hosts.NAME` with settings beneath it, or with nothing.
  private static func isHost(_ key: String, _ value: YAMLNode) -> Bool {
    guard SettingsTable.hostName(ofSection: key) != nil else { return false }
    if case .mapping = value.content { return true }
    return value.isNothing
  }

  private mutating func take(_ value: YAMLNode, row: Setting, line: Int) {
    if let earlier = entries[row.key] {
      report(line: line, row.key, "duplicate key, first set on line \(earlier.line)")
      return
    }
    switch value.content {
    case .scalar where value.isNothing: report(line: line, row.key, "has no value; expected \(row.expected)")
    case .scalar(let text, _):
      entries[row.key] = Entry(items: row.isList ? splitList(text) : [text], isList: false, line: line)
    case .sequence(let nodes) where row.isList:
      let items = nodes.compactMap(\.text)
      guard items.count == nodes.count else {
        report(line: line, row.key, "is a list with nested values; expected \(row.expected)")
        return
      }
      entries[row.key] = Entry(items: items, isList: true, line: line)
    case .sequence: report(line: line, row.key, "is a list; expected \(row.expected)")
    case .mapping: report(line: line, row.key, "is a section; expected \(row.expected)")
    }
  }

  private mutating func report(line: Int, _ key: String, _ message: String) {
    problems.append(SettingsProblem(.file(path: path, line: line), key: key, message))
  }
}

/// The items of a list written as one text: `127.0.0.1:21, [::1]:21`.
func splitList(_ text: String) -> [String] {
  text.split(separator: ",").map { item in
    String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

private func lineOfInvalidUTF8(_ bytes: [UInt8]) -> Int {
  // U+FFFD marks the place; a file that holds one on purpose is valid and never gets here.
  let repaired = String(decoding: bytes, as: UTF8.self)
  return repaired.prefix { $0 != "\u{FFFD}" }.utf8.filter { $0 == 0x0A }.count
}
