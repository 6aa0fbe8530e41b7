// Values as PostgreSQL reads them from text.

/// Texts that stand for more than themselves.
package enum PostgresText {
  /// An array literal. Source: PostgreSQL, "Array Input and Output Syntax".
  package static func array(_ texts: [String]) -> String {
    let quoted = texts.map { text in
      var bytes: [UInt8] = [UInt8(ascii: "\"")]
      for byte in text.utf8 {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
        bytes.append(byte)
      }
      bytes.append(UInt8(ascii: "\""))
      return String(decoding: bytes, as: UTF8.self)
    }
    return "{" + quoted.joined(separator: ",") + "}"
  }

  /// An array of numbers.
  package static func array(_ numbers: [Int64]) -> String {
    "{" + numbers.map { "\($0)" }.joined(separator: ",") + "}"
  }
}
