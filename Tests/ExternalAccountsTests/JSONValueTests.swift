// JSONValue: what RFC 8259 allows, what it does not, and that what is written is read back.

import Testing

@testable import ExternalAccounts

/// Bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct JSONValueTests {
  private func read(_ text: String) throws -> JSONValue { try JSONValue(bytes(text)) }

  @Test func values() throws {
    #expect(try read(" null ") == .null)
    #expect(try read("true") == .bool(true))
    #expect(try read("[]") == .list([]))
    #expect(try read("{}") == .object([:]))
    #expect(try read("-0.5e+10") == .number("-0.5e+10"))
    #expect(
      try read(#"{"a":[1,{"b":null}], "c" : "x"}"#)
        == .object(["a": .list([.number("1"), .object(["b": .null])]), "c": .string("x")]))
    #expect(try read(#""\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00ä""#) == .string("\"\\/\u{8}\u{c}\n\r\tä😀ä"))
  }

  @Test(arguments: [
    "", " ", "nul", "tru", "01", "1.", ".5", "1e", "+1", "-", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
    "\"\\udc00\"",
    "\"\\ud800\\u0041\"", "\"a\nb\"", "[1,]", "[1 2]", "[", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
    "{'a':1}",
    "{\"a\":1 \"b\":2}", "true false", "{} x", "NaN", "// c\n1", "{\"a\":1,\"a\":2}",
  ])
  func refused(_ text: String) { #expect(throws: JSONError.self) { try read(text) } }

  @Test func bytesThatAreNoText() {
    #expect(throws: JSONError.self) { try JSONValue([0x22, 0xFF, 0x22]) }
    #expect(throws: JSONError.self) { try JSONValue([0x22, 0xED, 0xA0, 0x80, 0x22]) }
    #expect(throws: JSONError.self) { try JSONValue([0]) }
  }

  @Test func depthIsBounded() {
    #expect(throws: JSONError.self) { try read(String(repeating: "[", count: 100_000)) }
    let deep = String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
    #expect(throws: Never.self) { try read(deep) }
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let value = JSONValue.object([
      "text": .string("\"\\\n\u{0}\u{1b}\u{7f}ä😀"), "list": .list([.number("1"), .bool(false), .null]),
    ])
    #expect(try JSONValue(bytes(value.text)) == value)
    #expect(!value.text.utf8.contains { $0 < 0x20 || $0 == 0x7F })
  }
}
