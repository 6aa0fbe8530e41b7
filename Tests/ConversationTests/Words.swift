// The small lexer of dialogue files: words, "quoted strings", escapes and repetition.

import Glibc
import TestSupport

/// Lexical rules of dialogue files.
enum Words {
  /// `\r \n \t \0 \e \\ \" \xHH` become bytes; anything else stands for itself.
  static func unescape(_ text: String, keepsBraces: Bool = false) throws -> [UInt8] {
    var out: [UInt8] = []
    let scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      guard scalars[index] == "\\" else {
        out += bytes(String(scalars[index]))
        index += 1
        continue
      }
      try require(index + 1 < scalars.count, "a backslash at the end")
      switch scalars[index + 1] {
      case "r": out.append(0x0D)
      case "n": out.append(0x0A)
      case "t": out.append(0x09)
      case "0": out.append(0x00)
      case "e": out.append(0x1B)
      case "\\": out.append(0x5C)
      case "\"": out.append(0x22)
      case "x":
        let digits = scalars[(index + 2)...].prefix(2).map(String.init).joined()
        guard digits.utf8.count == 2, let byte = UInt8(digits, radix: 16) else {
          throw TestFailure("\\x needs two digits")
        }
        out.append(byte)
        index += 2
      default: throw TestFailure("unknown escape \\\(scalars[index + 1])")
      }
      index += 2
    }
    return out
  }

  /// Blank-separated words; a word may be quoted, and a quoted word may be followed by `*COUNT`. `pattern*COUNT` is
  /// that many bytes of test data.
  static func split(_ text: String) throws -> [[UInt8]] {
    var words: [[UInt8]] = []
    let scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      if scalars[index] == " " {
        index += 1
        continue
      }
      var word = ""
      let isQuoted = scalars[index] == "\""
      if isQuoted {
        index += 1
        while index < scalars.count, scalars[index] != "\"" {
          if scalars[index] == "\\", index + 1 < scalars.count {
            word.unicodeScalars.append(scalars[index])
            index += 1
          }
          word.unicodeScalars.append(scalars[index])
          index += 1
        }
        try require(index < scalars.count, "a quote is not closed")
        index += 1
      }
      var tail = ""
      while index < scalars.count, scalars[index] != " " {
        tail.unicodeScalars.append(scalars[index])
        index += 1
      }
      words.append(try isQuoted ? repeated(unescape(word), tail) : bare(tail))
    }
    return words
  }

  /// All words of a line, joined without blanks: the content of a file or of a data connection.
  static func content(_ text: String) throws -> [UInt8] { try split(text).flatMap { $0 } }

  /// Seconds since 1970 of YYYYMMDDHHMMSS in UTC.
  static func time(_ text: String) throws -> Int {
    let digits = text.utf8.compactMap { Int32($0) - 48 }
    try require(digits.count == 14 && digits.allSatisfy { (0...9).contains($0) }, "not a time: \(text)")
    func number(_ range: Range<Int>) -> Int32 { digits[range].reduce(0) { $0 * 10 + $1 } }
    var parts = tm()
    parts.tm_year = number(0..<4) - 1900
    parts.tm_mon = number(4..<6) - 1
    parts.tm_mday = number(6..<8)
    parts.tm_hour = number(8..<10)
    parts.tm_min = number(10..<12)
    parts.tm_sec = number(12..<14)
    return timegm(&parts)
  }

  private static func repeated(_ word: [UInt8], _ tail: String) throws -> [UInt8] {
    if tail.isEmpty { return word }
    guard tail.hasPrefix("*"), let count = Int(tail.dropFirst()) else { throw TestFailure("not understood: \(tail)") }
    var out: [UInt8] = []
    out.reserveCapacity(word.count * count)
    var piece = word  // the word once, twice, four times, …: a loop over bytes is slow in a debug build
    var left = count
    while left > 0 {
      if left & 1 == 1 { out += piece }
      left >>= 1
      if left > 0 { piece += piece }
    }
    return out
  }

  private static func bare(_ word: String) throws -> [UInt8] {
    if word.hasPrefix("pattern*"), let count = Int(word.dropFirst(8)) { return pattern(count) }
    return try unescape(word)
  }
}
