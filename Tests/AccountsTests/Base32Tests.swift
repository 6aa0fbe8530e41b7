// Base32 against the vectors of RFC 4648, section 10, and what must be refused.

import Testing

@testable import Accounts

@Suite struct Base32Tests {
  private static let vectors = [
    ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
    ("foobar", "MZXW6YTBOI"),
  ]

  @Test(arguments: vectors) func vectorsOfTheStandard(_ vector: (plain: String, text: String)) {
    #expect(Base32.encode(bytes(vector.plain)) == vector.text)
    #expect(Base32.decode(vector.text) == bytes(vector.plain))
    #expect(Base32.decode(vector.text.lowercased()) == bytes(vector.plain))
    let padding = String(repeating: "=", count: (8 - vector.text.utf8.count % 8) % 8)
    #expect(Base32.decode(vector.text + padding) == bytes(vector.plain))
  }

  @Test func everyByteSurvives() {
    let all = Array(UInt8.min...UInt8.max)
    for start in 0..<40 { #expect(Base32.decode(Base32.encode(all[start...])) == Array(all[start...])) }
  }

  @Test(arguments: ["A", "MZX", "MZXW6Y", "MZXW1YTB", "MZ XQ", "MZXR", "=MZXQ", "ÄÖ"])
  func whatIsNoBase32(_ text: String) { #expect(Base32.decode(text) == nil) }
}
