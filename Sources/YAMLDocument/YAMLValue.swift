// Writes values as YAML: quotes where they are needed and only there, short lists in one line, the rest indented.

/// A value that is to be written.
public enum YAMLValue: Sendable, Equatable {
  case scalar(String)
  case sequence([YAMLValue])
  /// With `isFlow` in one line, `{a: 1, b: 2}`, wherever it stands.
  case mapping([YAMLPair], isFlow: Bool = false)

  /// `[a, b]`, or `a` itself where it is alone.
  public static func list(_ items: [String]) -> YAMLValue {
    items.count == 1 ? .scalar(items[0]) : .sequence(items.map { .scalar($0) })
  }

  /// As one line: `[a, {b: c}]`.
  public var flow: String {
    switch self {
    case .scalar(let text): return YAMLValue.scalarText(text, inFlow: true)
    case .sequence(let items): return "[" + items.map(\.flow).joined(separator: ", ") + "]"
    case .mapping(let pairs, _): return "{" + pairs.map(\.flow).joined(separator: ", ") + "}"
    }
  }

  /// Longer lists are written one item a line.
  private static let lineWidth = 100

  /// True if the value stands in the line of its key.
  fileprivate var isInline: Bool {
    switch self {
    case .scalar: true
    case .sequence(let items):
      items.isEmpty
        || items.allSatisfy { if case .scalar = $0 { true } else { false } } && flow.utf8.count <= Self.lineWidth
    case .mapping(let pairs, let isFlow): isFlow || pairs.isEmpty
    }
  }

  /// What stands behind `key:` in its line, with a blank in front; empty for what begins in the next line.
  fileprivate var inlineText: String {
    switch self {
    case .scalar(let text): " " + YAMLValue.scalarText(text, inFlow: false)
    case _ where isInline: " " + flow
    default: ""
    }
  }

  /// The lines beneath the key, indented by `indent` blanks.
  fileprivate func lines(indent: Int) -> [String] {
    if isInline { return [] }
    switch self {
    case .scalar: return []
    case .sequence(let items):
      return items.map { item in
        let blanks = String(repeating: " ", count: indent)
        switch item {
        case .scalar(let text): return "\(blanks)- \(YAMLValue.scalarText(text, inFlow: false))"
        case .mapping(let pairs, false) where pairs.count == 1 && pairs[0].value.isInline:
          return "\(blanks)- \(pairs[0].firstLine)"
        default: return "\(blanks)- \(item.flow)"
        }
      }
    case .mapping(let pairs, _): return pairs.flatMap { $0.lines(indent: indent) }
    }
  }

  /// `text` as a scalar that is read as this text again, by YAML 1.1 and 1.2.
  public static func scalarText(_ text: String, inFlow: Bool) -> String {
    if isPlain(text, inFlow: inFlow) { return text }
    let isPrintable = text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate: false
      default: true
      }
    }
    if isPrintable { return "'" + text.replacing("'", with: "''") + "'" }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
          let digits = String(scalar.value, radix: 16)
          quoted += "\\U" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
        default: quoted.unicodeScalars.append(scalar)
        }
      }
    }
    return quoted + "\""
  }

  /// Whether `text` may stand without quotes. What could be taken for something else by one reader or another may not; words and
  /// numbers may, because here all values are texts.
  private static func isPlain(_ text: String, inFlow: Bool) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, !YAMLNode.namesOfNothing.contains(text) else { return false }
    func isWord(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }
    guard isWord(first) || "/$.+".utf8.contains(first), last != UInt8(ascii: " "), last != UInt8(ascii: ":") else {
      return false
    }
    if text == "..." || text == "<<" { return false }
    let punctuation = inFlow ? "/$.+-=;@%~^()".utf8 : "/$.+-=;@%~^(),:!*?".utf8
    var before = first
    for byte in bytes {
      switch byte {
      case UInt8(ascii: " "): if before == UInt8(ascii: ":") { return false }
      case _ where isWord(byte) || punctuation.contains(byte): break
      default: return false
      }
      before = byte
    }
    return true
  }
}

/// A key with its value, to be written.
public struct YAMLPair: Sendable, Equatable {
  public let key: String
  public let value: YAMLValue

  public init(_ key: String, _ value: YAMLValue) {
    self.key = key
    self.value = value
  }

  /// `key: value` as it stands in a `{…}`.
  public var flow: String { "\(YAMLValue.scalarText(key, inFlow: true)): \(value.flow)" }

  /// The lines of the pair, the first indented by `indent` blanks.
  public func lines(indent: Int) -> [String] {
    [String(repeating: " ", count: indent) + firstLine] + value.lines(indent: indent + 2)
  }

  fileprivate var firstLine: String { "\(YAMLValue.scalarText(key, inFlow: false)):\(value.inlineText)" }
}
