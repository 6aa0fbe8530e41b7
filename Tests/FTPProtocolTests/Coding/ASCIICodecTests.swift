// Tests of ASCIIEncoder and ASCIIDecoder: both ways, through buffers of every size.

import Testing

@Suite struct ASCIICodecTests {
  @Test(arguments: [
    ("", ""), ("a", "a"), ("\n", "\r\n"), ("a\nb\n", "a\r\nb\r\n"), ("\r\n", "\r\n"), ("\r", "\r"),
    ("\n\n", "\r\n\r\n"),
    ("\r\n\n", "\r\n\r\n"), ("\r\r\n", "\r\r\n"), ("a\rb\n", "a\rb\r\n"),
  ])
  func encodes(input: String, expected: String) {
    for room in 2...5 {
      for pieces in 1...4 { #expect(SmallBuffers.encode(bytes(input), pieces: pieces, room: room) == bytes(expected)) }
    }
  }

  @Test(arguments: [
    ("", ""), ("a", "a"), ("\r\n", "\n"), ("a\r\nb\r\n", "a\nb\n"), ("\n", "\n"), ("\r", "\r"), ("\r\r\n", "\r\n"),
    ("a\rb", "a\rb"), ("\r\r", "\r\r"), ("\r\n\r", "\n\r"), ("\r\0", "\r\0"),
  ])
  func decodes(input: String, expected: String) {
    for room in 1...5 {
      for pieces in 1...4 { #expect(SmallBuffers.decode(bytes(input), pieces: pieces, room: room) == bytes(expected)) }
    }
  }

  @Test func bothAgreeWithThePlainDefinition() {
    var random = FixedRandom(seed: 9)
    for _ in 0..<400 {
      let rarity = Int.random(in: 1...60, using: &random)
      let input = (0..<Int.random(in: 0...300, using: &random)).map { _ -> UInt8 in
        switch Int.random(in: 0...rarity, using: &random) {
        case 0: 0x0A
        case 1: 0x0D
        default: UInt8.random(in: 0...255, using: &random)
        }
      }
      let pieces = Int.random(in: 1...100, using: &random)
      let room = Int.random(in: 2...100, using: &random)
      #expect(SmallBuffers.encode(input, pieces: pieces, room: room) == PlainASCII.encoded(input))
      #expect(SmallBuffers.decode(input, pieces: pieces, room: room) == PlainASCII.decoded(input))
    }
  }

  /// Blocks of 32 bytes are looked at as one: every place of a line's end in and between them.
  @Test(arguments: ["\r\n", "\r", "\r\r\n", "\r\n\r\n", "\r\nx\r"]) func atEveryPlace(_ end: String) {
    for place in 0...70 {
      let input = [UInt8](repeating: 0x78, count: place) + bytes(end) + [UInt8](repeating: 0x79, count: 70 - place)
      for (pieces, room) in [(1, 100), (1, 33), (2, 100), (3, 64)] {
        #expect(SmallBuffers.decode(input, pieces: pieces, room: room) == PlainASCII.decoded(input))
      }
    }
  }
}
