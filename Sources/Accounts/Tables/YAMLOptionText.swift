// The value of an option in YAML and as one text: sequences and mappings become what the text form writes with `;`, and back.

import YAMLDocument

/// What is wrong with a value in a YAML table.
struct YAMLValueError: Error {
  let line: Int
  let message: String
}

enum YAMLOptionText {
  /// The text of the option `attribute` whose value is `node`.
  static func text(of node: YAMLNode, _ attribute: UserAttribute) throws(YAMLValueError) -> String {
    switch (node.content, attribute.form) {
    case (.scalar(let text, _), let form):
      if node.isNothing { throw fail(node, "has no value; expected \(attribute.expected)") }
      // A text of several lines ends in a line break, which is no part of what it says.
      let text = form == .paragraph && text.hasSuffix("\n") ? String(text.dropLast()) : text
      return try plain(text, node, allowsLines: form == .paragraph)
    case (.sequence(let items), .list), (.sequence(let items), .rules), (.sequence(let items), .pairs):
      if items.isEmpty { throw fail(node, "is an empty list; leave it out") }
      var texts: [String] = []
      for item in items { texts += try itemTexts(item, attribute) }
      return texts.joined(separator: ";")
    case (.mapping(let pairs), .rules), (.mapping(let pairs), .pairs):
      if pairs.isEmpty { throw fail(node, "is empty; leave it out") }
      return try pairTexts(pairs, attribute).joined(separator: ";")
    case (.sequence, _): throw fail(node, "is a list; expected \(attribute.expected)")
    case (.mapping, _): throw fail(node, "is a mapping; expected \(attribute.expected)")
    }
  }

  private static func itemTexts(_ item: YAMLNode, _ attribute: UserAttribute) throws(YAMLValueError) -> [String] {
    switch item.content {
    case .scalar(let text, _): return [try part(text, item)]
    case .mapping(let pairs): return try pairTexts(pairs, attribute)
    case .sequence: throw fail(item, "has a list in its list; expected \(attribute.expected)")
    }
  }

  private static func pairTexts(
    _ pairs: [(key: YAMLNode, value: YAMLNode)], _ attribute: UserAttribute
  ) throws(YAMLValueError) -> [String] {
    var texts: [String] = []
    for (key, value) in pairs {
      guard let name = key.text else { throw fail(key, "has a key that is no text") }
      texts.append("\(try part(name, key))=\(try pairValue(value, attribute))")
    }
    return texts
  }

  private static func pairValue(_ node: YAMLNode, _ attribute: UserAttribute) throws(YAMLValueError) -> String {
    switch (node.content, attribute.form) {
    case (.scalar(let text, _), _): return try part(text, node)
    case (.sequence(let items), .rules):
      var names: [String] = []
      for item in items {
        guard let name = item.text else { throw fail(item, "has a list in its list; expected \(attribute.expected)") }
        names.append(try part(name, item))
      }
      return names.isEmpty ? "none" : names.joined(separator: "+")
    case (.mapping, .pairs(.directory)):
      let parts = try details(node, keys: ["path", "access"])
      guard let path = parts["path"] else { throw fail(node, "lacks path: where the directory lies") }
      return parts["access"].map { "\(path)=\($0)" } ?? path
    case (.mapping, .pairs(.quota)):
      let parts = try details(node, keys: ["size", "files"])
      return (parts["size"] ?? "none") + (parts["files"].map { "/\($0)" } ?? "")
    default: throw fail(node, "has a value that cannot be; expected \(attribute.expected)")
    }
  }

  private static func details(_ node: YAMLNode, keys: [String]) throws(YAMLValueError) -> [String: String] {
    var parts: [String: String] = [:]
    for (key, value) in node.pairs ?? [] {
      guard let name = key.text, keys.contains(name) else {
        throw fail(key, unknownKey(key.text ?? "", among: keys))
      }
      guard let text = value.text, parts[name] == nil else {
        throw fail(value, "has '\(name)' twice, or not as a text")
      }
      parts[name] = try part(text, value)
    }
    return parts
  }

  /// A text that is a part of others: it must not look like the end of one.
  private static func part(_ text: String, _ node: YAMLNode) throws(YAMLValueError) -> String {
    if text.contains(";") { throw fail(node, "has an item with ';' in it, which separates items") }
    if text.isEmpty { throw fail(node, "has an empty item") }
    return try plain(text, node, allowsLines: false)
  }

  private static func plain(
    _ text: String, _ node: YAMLNode, allowsLines: Bool
  ) throws(YAMLValueError) -> String {
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || allowsLines && $0 == 0x0A }
    guard isPlain else { throw fail(node, "contains a control character") }
    return text
  }

  private static func fail(_ node: YAMLNode, _ message: String) -> YAMLValueError {
    YAMLValueError(line: node.line, message: message)
  }

  /// `unknown key 'qouta'; did you mean quota?`
  static func unknownKey(_ key: String, among known: [String]) -> String {
    let hint = nearestName(to: key, among: known).map { "; did you mean \($0)?" } ?? ""
    return "unknown key '\(Account.display(key.utf8))'\(hint)"
  }

  // MARK: - Writing

  /// The option `attribute` with the text `text` as YAML: read again, it is the same text.
  static func value(_ text: String, _ attribute: UserAttribute) -> YAMLValue {
    let items = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
    switch attribute.form {
    case .text, .paragraph: return .scalar(text)
    case .list: return items.contains("") ? .scalar(text) : .list(items)
    case .rules:
      let pairs = items.compactMap { split($0, at: $0.lastIndex(of: "=")) }
      guard pairs.count == items.count else { return .scalar(text) }
      return .sequence(
        pairs.map { pattern, names in
          let names = names.split(separator: "+").map(String.init)
          return .mapping([YAMLPair(pattern, .list(names))])
        })
    case .pairs(let details):
      let pairs = items.compactMap { split($0, at: details == .quota ? $0.lastIndex(of: "=") : $0.firstIndex(of: "=")) }
      guard pairs.count == items.count else { return .scalar(text) }
      return .mapping(pairs.map { YAMLPair($0, detailed($1, details)) })
    }
  }

  private static func detailed(_ value: String, _ details: UserAttribute.Form.Details) -> YAMLValue {
    guard details == .directory, let (path, access) = split(value, at: value.lastIndex(of: "=")) else {
      return .scalar(value)
    }
    return .mapping([YAMLPair("path", .scalar(path)), YAMLPair("access", .scalar(access))], isFlow: true)
  }

  private static func split(_ text: String, at sign: String.Index?) -> (String, String)? {
    guard let sign, sign != text.startIndex, text.index(after: sign) != text.endIndex else { return nil }
    return (String(text[..<sign]), String(text[text.index(after: sign)...]))
  }
}
