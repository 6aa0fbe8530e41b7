// Tests of ASCIIEncoder and ASCIIDecoder: both ways, through buffers of every size.

import FTPProtocol
import Testing

@Suite struct ASCIICodecTests {
  static func encode(_ input: [UInt8], pieces: Int = .max, room: Int = 64) -> [UInt8] {
    var encoder = ASCIIEncoder()
    return drive(input, pieces, room) { encoder.transform($0, into: $1) }
  }

  static func decode(_ input: [UInt8], pieces: Int = .max, room: Int = 64) -> [UInt8] {
    var decoder = ASCIIDecoder()
    var out = drive(input, pieces, room) { decoder.transform($0, into: $1) }
    var last: [UInt8] = [0]
    if last.withUnsafeMutableBytes({ decoder.finish(into: $0) }) == 1 { out += last }
    return out
  }

  /// Hands `input` over in pieces and collects what comes out of a buffer of `room` bytes.
  private static func drive(
    _ input: [UInt8], _ pieces: Int, _ room: Int,
    _ transform: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> (consumed: Int, produced: Int)
  ) -> [UInt8] {
    var out: [UInt8] = []
    var buffer = [UInt8](repeating: 0xEE, count: room + 8)
    var start = 0
    var idleRounds = 0
    while start < input.count, idleRounds < 2 {
      let piece = Array(input[start..<min(input.count, start + min(pieces, input.count))])
      let step = piece.withUnsafeBytes { source in
        buffer.withUnsafeMutableBytes { transform(source, UnsafeMutableRawBufferPointer(rebasing: $0[..<room])) }
      }
      out += buffer[..<step.produced]
      start += step.consumed
      idleRounds = step == (0, 0) ? idleRounds + 1 : 0
    }
    #expect(start == input.count, "no progress")
    #expect(buffer[room...].allSatisfy { $0 == 0xEE }, "wrote behind the buffer")
    return out
  }

  @Test(arguments: [
    ("", ""), ("a", "a"), ("\n", "\r\n"), ("a\nb\n", "a\r\nb\r\n"), ("\r\n", "\r\n"), ("\r", "\r"), ("\n\n", "\r\n\r\n"),
    ("\r\n\n", "\r\n\r\n"), ("\r\r\n", "\r\r\n"), ("a\rb\n", "a\rb\r\n"),
  ])
  func encodes(input: String, expected: String) {
    for room in 2...5 {
      for pieces in 1...4 { #expect(Self.encode(bytes(input), pieces: pieces, room: room) == bytes(expected)) }
    }
  }

  @Test(arguments: [
    ("", ""), ("a", "a"), ("\r\n", "\n"), ("a\r\nb\r\n", "a\nb\n"), ("\n", "\n"), ("\r", "\r"), ("\r\r\n", "\r\n"),
    ("a\rb", "a\rb"), ("\r\r", "\r\r"), ("\r\n\r", "\n\r"), ("\r\0", "\r\0"),
  ])
  func decodes(input: String, expected: String) {
    for room in 1...5 {
      for pieces in 1...4 { #expect(Self.decode(bytes(input), pieces: pieces, room: room) == bytes(expected)) }
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
      #expect(Self.encode(input, pieces: pieces, room: room) == Self.plainlyEncoded(input))
      #expect(Self.decode(input, pieces: pieces, room: room) == Self.plainlyDecoded(input))
      #expect(Self.decode(Self.encode(input)) == Self.plainlyDecoded(input))
    }
  }

  static func plainlyEncoded(_ input: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for byte in input {
      if byte == 0x0A, out.last != 0x0D { out.append(0x0D) }
      out.append(byte)
    }
    return out
  }

  static func plainlyDecoded(_ input: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for (offset, byte) in input.enumerated() {
      if byte == 0x0D, offset + 1 < input.count, input[offset + 1] == 0x0A { continue }
      out.append(byte)
    }
    return out
  }
}
