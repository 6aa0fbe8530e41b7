// Tests that no bytes whatever can leave their place in a log line.

import TestSupport
import Testing

@testable import SafeText

@Suite struct SafeLineTests {
  private func written(_ bytes: [UInt8], _ style: SafeLine.Style) -> String {
    var line = SafeLine()
    line.append(bytes, style)
    // Must be valid UTF-8 always.
    return String(validating: line.bytes, as: UTF8.self) ?? "INVALID"
  }

  @Test func harmlessTextIsCopied() {
    for style in [SafeLine.Style.plain, .quoted, .json] {
      #expect(written(Array("a b/ü€😀~".utf8), style) == "a b/ü€😀~")
    }
  }

  @Test func controlsAreEscaped() {
    let bytes: [UInt8] = [0x00, 0x0A, 0x0D, 0x09, 0x1B, 0x7F]
    #expect(written(bytes, .quoted) == #"\x00\n\r\t\x1b\x7f"#)
    #expect(written(bytes, .plain) == #"\x00\n\r\t\x1b\x7f"#)
    #expect(written(bytes, .json) == #"\u0000\n\r\t\u001b\u007f"#)
  }

  @Test func quotesAndBackslashes() {
    #expect(written(Array(#"a"b\c"#.utf8), .quoted) == #"a\"b\\c"#)
    #expect(written(Array(#"a"b\c"#.utf8), .json) == #"a\"b\\c"#)
    #expect(written(Array(#"a"b\c"#.utf8), .plain) == #"a"b\c"#)
  }

  @Test func marksThatDeceiveTheEyeAreEscaped() {
    // CSI as a C1 control, right-to-left override, line separator, a tag character.
    let bytes = Array("\u{9B}\u{202E}\u{2028}\u{E0041}".utf8)
    #expect(written(bytes, .quoted) == #"\u{009b}\u{202e}\u{2028}\u{e0041}"#)
    #expect(written(bytes, .json) == #"\u009b\u202e\u2028\udb40\udc41"#)
  }

  @Test(
    arguments: [
      [0xFF], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
    ] as [[UInt8]])
  func bytesThatAreNoUTF8(_ bytes: [UInt8]) {
    let hex = bytes.map { "\\x" + String($0, radix: 16) }.joined()
    #expect(written(bytes, .quoted) == hex)
    #expect(written(bytes, .json) == hex.replacing("\\", with: "\\\\"))
    #expect(!isUTF8(bytes))
    // What follows a bad byte is not swallowed.
    #expect(written(bytes + Array("\"x".utf8), .quoted).hasSuffix("\\\"x"))
  }

  @Test func whatTheLibraryCallsValidIsValidHereToo() {
    var generator = SplitMix(state: 7)
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...6, using: &generator)).map { _ -> UInt8 in
        // Mostly bytes that take part in long sequences.
        Bool.random(using: &generator)
          ? UInt8.random(in: 0x80...0xFF, using: &generator) : UInt8.random(in: 0...255, using: &generator)
      }
      #expect(isUTF8(bytes) == (String(validating: bytes, as: UTF8.self) != nil))
      for style in [SafeLine.Style.plain, .quoted, .json] {
        let text = written(bytes, style)
        #expect(text != "INVALID")
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
      }
    }
  }

  @Test func numbersAndDurations() {
    var line = SafeLine()
    for number in [0, 7, 10, 4_294_967_296, UInt64.max] {
      line.append(number)
      line.append(" ")
    }
    for duration in [
      Duration.zero, .microseconds(1), .milliseconds(1500), .seconds(86_400), .seconds(-1), .nanoseconds(999),
      .seconds(Int64.max),
    ] {
      line.append(seconds: duration)
      line.append(" ")
    }
    #expect(
      String(decoding: line.bytes, as: UTF8.self)
        == "0 7 10 4294967296 18446744073709551615 "
        + "0.000000 0.000001 1.500000 86400.000000 0.000000 0.000000 9223372036854775807.000000 ")
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (951_782_400_123, "2000-02-29T00:00:00.123Z"),
    (1_709_164_799_999, "2024-02-28T23:59:59.999Z"), (1_709_251_199_000, "2024-02-29T23:59:59.000Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_795_239_558_001, "2026-11-21T05:39:18.001Z"),
    (1_798_761_599_000, "2026-12-31T23:59:59.000Z"), (-5, "1970-01-01T00:00:00.000Z"),
  ])
  func timestamps(_ milliseconds: Int64, _ expected: String) {
    var line = SafeLine()
    line.append(timestamp: milliseconds * 1_000_000)
    #expect(String(decoding: line.bytes, as: UTF8.self) == expected)
  }
}
