// The YAML file, read so that every value and every mistake keeps its line.

import Configuration
import Yams

/// A settings file as a snapshot for swift-configuration.
///
/// Its own snapshot type and not the library's `YAMLSnapshot`, because that keeps no lines, knows no unknown keys and
/// stops at the first mistake. Keys may be nested (`passive:` / `ports:`) or written out (`passive.ports:`).
struct SettingsFile: FileConfigSnapshot {
  /// The path to name in messages.
  struct ParsingOptions: FileParsingOptions {
    var path: String

    static var `default`: ParsingOptions { ParsingOptions(path: "settings") }
  }

  /// What stands at a key.
  struct Entry: Sendable, Equatable {
    var items: [String]
    var isList: Bool
    var line: Int
  }

  let providerName: String
  let path: String
  private(set) var entries: [String: Entry] = [:]
  private(set) var problems: [SettingsProblem] = []

  /// Never throws: what is wrong is in ``problems``, all of it.
  init(data: RawSpan, providerName: String, parsingOptions: ParsingOptions) {
    self.init(bytes: data.withUnsafeBytes { Array($0) }, path: parsingOptions.path, providerName: providerName)
  }

  init(bytes: [UInt8], path: String, providerName: String = "file") {
    self.path = path
    self.providerName = providerName
    guard let text = String(validating: bytes, as: UTF8.self) else {
      report(line: 1 + lineOfInvalidUTF8(bytes), "", "is not UTF-8 text")
      return
    }
    if let root = parse(text) { walk(root, prefix: "") }
  }

  func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
    let name = key.components.joined(separator: ".")
    guard let entry = entries[name] else { return LookupResult(encodedKey: name, value: nil) }
    switch type {
    case .stringArray:
      return LookupResult(encodedKey: name, value: ConfigValue(.stringArray(entry.items), isSecret: false))
    default:
      // The table knows the types; a value is text until its row has read it.
      let text = entry.items.joined(separator: ",")
      return LookupResult(encodedKey: name, value: ConfigValue(.string(text), isSecret: false))
    }
  }

  var description: String { "\(providerName)[\(entries.count) values]" }
  var debugDescription: String { description }

  // MARK: - Syntax

  /// The root node; nil when the file is empty or is no YAML.
  private mutating func parse(_ text: String) -> Node? {
    var text = text
    // Yams stops at a duplicate key. Blanking the second one lets the rest be checked, too.
    for _ in 0..<64 {
      do {
        return try Parser(yaml: text, resolver: .default, constructor: .default).singleRoot()
      } catch YamlError.duplicatedKeysInMapping(let names, let context) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let first = context.mark.line
        guard let name = names.first, let again = blankRepetition(of: name, after: first, in: &lines) else {
          report(line: first, names.first ?? "", "duplicate key")
          return nil
        }
        report(line: again, fullKey(name, at: first, in: lines), "duplicate key, first set on line \(first)")
        text = lines.joined(separator: "\n")
      } catch let error as YamlError {
        reportSyntax(error)
        return nil
      } catch {
        report(line: 0, "", "\(error)")
        return nil
      }
    }
    return nil
  }

  /// Finds the next `name:` with the same indentation below line `first`, blanks it and what belongs to it, and returns its line.
  private func blankRepetition(of name: String, after first: Int, in lines: inout [String]) -> Int? {
    func indentation(_ line: String) -> Int { line.prefix { $0 == " " }.count }
    func isKey(_ line: String) -> Bool {
      let text = line.drop { $0 == " " }
      return ["\(name):", "\"\(name)\":", "'\(name)':"].contains { text.hasPrefix($0) }
    }
    guard first >= 1, first <= lines.count else { return nil }
    let depth = indentation(lines[first - 1])
    let below = lines.indices.dropFirst(first)
    guard let index = below.first(where: { isKey(lines[$0]) && indentation(lines[$0]) == depth }) else { return nil }
    lines[index] = ""
    for below in lines.indices.dropFirst(index + 1) {
      let isBlank = lines[below].allSatisfy { $0 == " " }
      guard isBlank || indentation(lines[below]) > depth else { break }
      lines[below] = ""
    }
    return index + 1
  }

  /// `ports` on a line below `passive:` is `passive.ports`.
  private func fullKey(_ name: String, at line: Int, in lines: [String]) -> String {
    func indentation(_ line: String) -> Int { line.prefix { $0 == " " }.count }
    let depth = indentation(lines[line - 1])
    let above = lines[..<(line - 1)].last { !$0.isEmpty && indentation($0) < depth && !$0.hasPrefix("#") }
    guard depth > 0, let above, let colon = above.firstIndex(of: ":") else { return name }
    return above[..<colon].drop { $0 == " " } + "." + name
  }

  private mutating func reportSyntax(_ error: YamlError) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let lead = context.map { "\($0.text) (line \($0.mark.line)): " } ?? ""
      report(line: mark.line, "", "is not valid YAML: \(lead)\(problem), column \(mark.column)")
    case .reader(let problem, _, _, _):
      report(line: 0, "", "is not valid YAML: \(problem)")
    default:
      report(line: 0, "", "is not valid YAML")
    }
  }

  // MARK: - Keys

  private mutating func walk(_ node: Node, prefix: String) {
    guard let mapping = node.mapping else {
      if !Self.isNothing(node) { report(line: node.mark?.line ?? 1, "", "expected settings, as KEY: VALUE") }
      return
    }
    for (keyNode, value) in mapping {
      let line = keyNode.mark?.line ?? 0
      guard let name = keyNode.scalar?.string else {
        report(line: line, "", "a key must be a plain word")
        continue
      }
      let key = prefix + name
      if let row = SettingsTable.row(key) {
        take(value, row: row, line: line)
      } else if SettingsTable.sections.contains(key) || Self.isHost(key, value) {
        // A section whose settings are all commented out is fine.
        if Self.isNothing(value) { continue }
        if value.mapping == nil {
          let inside = SettingsTable.rows.filter { $0.section == key }.map(\.key).joined(separator: ", ")
          report(line: line, key, "is a section; expected settings under it: \(inside)")
        } else {
          walk(value, prefix: key + ".")
        }
      } else {
        let ofHost = SettingsTable.hostName(inKey: key).map(SettingsTable.hostRows) ?? []
        let known = (SettingsTable.rows + ofHost).map(\.key) + SettingsTable.sections
        problems.append(.unknown(.file(path: path, line: line), key: key, among: known))
      }
    }
  }

  /// `hosts.NAME` with settings beneath it, or with nothing.
  private static func isHost(_ key: String, _ value: Node) -> Bool {
    SettingsTable.hostName(ofSection: key) != nil && (value.mapping != nil || isNothing(value))
  }

  private mutating func take(_ value: Node, row: Setting, line: Int) {
    if let earlier = entries[row.key] {
      report(line: line, row.key, "duplicate key, first set on line \(earlier.line)")
      return
    }
    if Self.isNothing(value) {
      report(line: line, row.key, "has no value; expected \(row.expected)")
    } else if let scalar = value.scalar {
      let items = row.isList ? splitList(scalar.string) : [scalar.string]
      entries[row.key] = Entry(items: items, isList: false, line: line)
    } else if let sequence = value.sequence, row.isList {
      let items = sequence.compactMap { $0.scalar?.string }
      guard items.count == sequence.count else {
        report(line: line, row.key, "is a list with nested values; expected \(row.expected)")
        return
      }
      entries[row.key] = Entry(items: items, isList: true, line: line)
    } else {
      report(line: line, row.key, "is a \(value.sequence == nil ? "section" : "list"); expected \(row.expected)")
    }
  }

  /// `key:` with nothing after it, `~` or `null`.
  private static func isNothing(_ node: Node) -> Bool {
    guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
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
