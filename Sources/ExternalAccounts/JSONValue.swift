// JSON (RFC 8259) as an authority writes it: read strictly, with bounds, from bytes that are not trusted; and written.

/// A value of JSON.
enum JSONValue: Equatable {
  case null
  case bool(Bool)
  /// As it is written: a number may be longer than any type holds.
  case number(String)
  case string(String)
  case list([JSONValue])
  case object([String: JSONValue])

  /// A text is read as one value; nothing but white space may follow.
  ///
  /// - Throws: what is wrong, and at which byte. It repeats nothing of the text.
  init(_ text: [UInt8]) throws(JSONError) {
    guard String(validating: text, as: UTF8.self) != nil else { throw JSONError("it is not UTF-8") }
    var reader = JSONReader(text)
    self = try reader.value(depth: 0)
    reader.skipSpace()
    if !reader.isAtEnd { throw reader.error("something follows the value") }
  }

  /// The value in one line. Members of an object are in the order of their names.
  var text: String {
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .number(let digits): return digits
    case .string(let text): return Self.quoted(text)
    case .list(let values): return "[" + values.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      let pairs = members.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\($0.value.text)" }
      return "{" + pairs.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      default:
        guard scalar.value < 0x20 || scalar.value == 0x7F else {
          out.unicodeScalars.append(scalar)
          continue
        }
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      }
    }
    return out + "\""
  }
}

/// Why a text is no JSON.
struct JSONError: Error, Equatable {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Reads one text from its beginning.
private struct JSONReader {
  private let text: [UInt8]
  private var place = 0
  /// Deeper values are refused: each level costs stack.
  private static let depthLimit = 32

  init(_ text: [UInt8]) { self.text = text }

  var isAtEnd: Bool { place == text.count }

  func error(_ reason: String) -> JSONError { JSONError("\(reason), at byte \(place)") }

  mutating func skipSpace() {
    while place < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[place]) { place += 1 }
  }

  mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    if depth > Self.depthLimit { throw error("it is nested too deeply") }
    skipSpace()
    guard place < text.count else { throw error("it ends too early") }
    switch text[place] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let bytes = Array("\(word)".utf8)
    guard text[place...].starts(with: bytes) else { throw error("there is no value") }
    place += bytes.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    place += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard place < text.count, text[place] == UInt8(ascii: "\"") else { throw error("a name is missing") }
      let name = try string()
      skipSpace()
      guard take(":") else { throw error("a colon is missing") }
      // Readers differ in which of two they take.
      guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
        throw error("a name stands twice in an object")
      }
      skipSpace()
      if take(",") { continue }
      guard take("}") else { throw error("a comma or } is missing") }
      return .object(members)
    }
  }

  private mutating func list(depth: Int) throws(JSONError) -> JSONValue {
    place += 1
    var values: [JSONValue] = []
    skipSpace()
    if take("]") { return .list(values) }
    while true {
      values.append(try value(depth: depth + 1))
      skipSpace()
      if take(",") { continue }
      guard take("]") else { throw error("a comma or ] is missing") }
      return .list(values)
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard place < text.count, text[place] == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = place
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return .number(String(decoding: text[start..<place], as: UTF8.self))
  }

  private mutating func digits() throws(JSONError) {
    let start = place
    while place < text.count, (0x30...0x39).contains(text[place]) { place += 1 }
    if place == start { throw error("there is no value") }
  }

  private mutating func string() throws(JSONError) -> String {
    place += 1
    var bytes: [UInt8] = []
    while place < text.count {
      let byte = text[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(&bytes)
      case ..<0x20: throw error("a control character stands in a string")
      default: bytes.append(byte)
      }
    }
    throw error("a string does not end")
  }

  private mutating func escape(_ bytes: inout [UInt8]) throws(JSONError) {
    guard place < text.count else { throw error("a string does not end") }
    let byte = text[place]
    place += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard take("\\"), take("u") else { throw error("half a surrogate pair") }
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
      bytes += Array(String(Character(scalar)).utf8)
    default: throw error("an unknown escape")
    }
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    guard place + 4 <= text.count else { throw error("a string does not end") }
    var code: UInt32 = 0
    for byte in text[place..<place + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw error("an unknown escape") }
      code = code << 4 | UInt32(digit)
    }
    place += 4
    return code
  }
}
