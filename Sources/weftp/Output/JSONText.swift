// Objects of JSON (RFC 8259) in one line each, for programs that read what weftp says.

/// A value of JSON.
enum JSONText {
  case string(String)
  /// Bytes that should be text: what is not UTF-8 is told in hexadecimal.
  case name([UInt8])
  case number(UInt64)
  case signed(Int64)
  case bool(Bool)
  case list([JSONText])
  case object([(String, JSONText?)])

  /// The value in one line.
  var text: String {
    switch self {
    case .string(let text): return JSONText.quoted(text)
    case .name(let bytes):
      if let text = String(validating: bytes, as: UTF8.self) { return JSONText.quoted(text) }
      return "{\"hex\":\"\(Output.hexadecimal(bytes))\"}"
    case .number(let number): return "\(number)"
    case .signed(let number): return "\(number)"
    case .bool(let value): return value ? "true" : "false"
    case .list(let values): return "[" + values.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      let known = members.compactMap { name, value in value.map { "\(JSONText.quoted(name)):\($0.text)" } }
      return "{" + known.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      default:
        guard scalar.value >= 0x20, !(0x7F...0x9F ~= scalar.value) else {
          let digits = String(scalar.value, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
          continue
        }
        out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
