// Tests of MODE Z: any bytes in any pieces there and back, what is wrong with a stream, and the bound on what a bomb yields.

import FTPProtocol
import Testing

@Suite struct DeflateCodecTests {
  private static let image = TransferFormat(type: .image, mode: .deflate)
  private static let text = TransferFormat(type: .ascii(.nonPrint), mode: .deflate)

  /// Encodes in pieces of `piece` bytes with `room` bytes of output at a time.
  private func deflated(
    _ bytes: [UInt8], _ format: TransferFormat, piece: Int = 1000, room: Int = 777, stream: DeflateStream? = nil,
    level: Int = 6
  ) throws -> [UInt8] {
    let stream = try stream ?? DeflateStream(.compressing, level: level)
    let inner = format.type == .image ? nil : FileEncoder(format, markerInterval: nil, from: RestartPoint())
    var encoder = DeflateEncoder(inner, over: stream)
    return try drive(&encoder, bytes, piece, room).bytes
  }

  private func inflated(
    _ bytes: [UInt8], _ format: TransferFormat, piece: Int = 1000, room: Int = 777, stream: DeflateStream? = nil
  ) throws -> [UInt8] {
    let stream = try stream ?? DeflateStream(.expanding)
    let inner = format.type == .image ? nil : FileDecoder(format, from: RestartPoint())
    var decoder = DeflateDecoder(inner, over: stream)
    return try drive(&decoder, bytes, piece, room).bytes
  }

  private func drive<Codec: TransferCodec>(
    _ codec: inout Codec, _ input: [UInt8], _ piece: Int, _ room: Int
  ) throws -> (bytes: [UInt8], largest: Int) {
    var output: [UInt8] = []
    var largest = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
    defer { buffer.deallocate() }
    var start = 0
    while start < input.count {
      let end = min(start + piece, input.count)
      var isFull = false
      while start < end || isFull {
        let step = try input[start..<end].withUnsafeBytes { try codec.transform($0, into: buffer) }
        try #require(step.consumed <= end - start && step.produced <= room)
        start += step.consumed
        output += buffer[..<step.produced]
        largest = max(largest, step.produced)
        isFull = step.produced == room
        if step.consumed == 0, step.produced == 0 { break }
      }
      try #require(start == end)
    }
    while true {
      let last = try codec.finish(into: buffer)
      output += buffer[..<last.produced]
      if last.isDone { return (output, largest) }
      try #require(last.produced > 0)
    }
  }

  private func random(_ count: Int, seed: UInt64, alphabet: UInt8 = 255) -> [UInt8] {
    var generator = FixedRandom(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...alphabet, using: &generator) }
  }

  @Test(arguments: [(1, 1), (1, 4096), (4096, 1), (13, 7), (100_000, 70_000)])
  func bytesComeBackWhateverThePieces(_ piece: Int, _ room: Int) throws {
    for (seed, count) in [0, 1, 2, 5000, 66_000].enumerated() {
      if count > 5000, piece == 1 || room == 1 { continue }
      for alphabet: UInt8 in [0, 3, 255] {
        let original = random(count, seed: UInt64(seed), alphabet: alphabet)
        let wire = try deflated(original, Self.image, piece: piece, room: room)
        #expect(try inflated(wire, Self.image, piece: room, room: piece) == original)
      }
    }
  }

  @Test(arguments: [(1, 1), (3, 1000), (1000, 3), (200_000, 200_000)])
  func theCodecOfTheTypeRunsInside(_ piece: Int, _ room: Int) throws {
    var original: [UInt8] = []
    for line in 0..<(piece * room < 10 ? 50 : 3000) { original += bytes("line \(line)\n") }
    let wire = try deflated(original, Self.text, piece: piece, room: room)
    let plain = try inflated(wire, Self.image)
    #expect(plain.count == original.count + original.filter { $0 == 0x0A }.count)
    #expect(try inflated(wire, Self.text, piece: room, room: piece) == original)
  }

  @Test func aStreamServesOneTransferAfterTheOther() throws {
    let (outward, inward) = (try DeflateStream(.compressing), try DeflateStream(.expanding))
    let original = random(100_000, seed: 9, alphabet: 60)
    var sizes: [Int] = []
    for level in [0, 9, 1, 6] {
      outward.reset(level: level)
      inward.reset()
      let wire = try deflated(original, Self.image, stream: outward)
      sizes.append(wire.count)
      #expect(try inflated(wire, Self.image, stream: inward) == original)
    }
    // The level has been taken: none stores, nine is smaller than one.
    #expect(sizes[0] > original.count)
    #expect(sizes[1] < sizes[2])
  }

  @Test func aStreamThatWasBrokenOffCanBeUsedAgain() throws {
    let stream = try DeflateStream(.expanding)
    let wire = try deflated(random(10_000, seed: 1), Self.image)
    #expect(throws: CodingError.self) { try inflated(Array(wire.dropLast(2000)), Self.text, stream: stream) }
    stream.reset()
    #expect(try inflated(wire, Self.image, stream: stream).count == 10_000)
  }

  @Test func whatIsNoStreamIsRefused() throws {
    #expect(throws: CodingError.corruptDeflate(at: 0)) { try inflated(bytes("hello, world"), Self.image) }
    #expect(throws: CodingError.endedEarly(at: 0)) { try inflated([], Self.image) }
    var wire = try deflated(random(1000, seed: 2), Self.image)
    #expect(throws: CodingError.endedEarly(at: UInt64(wire.count - 1))) { try inflated(wire.dropLast(), Self.image) }
    #expect(throws: CodingError.bytesAfterEnd(at: UInt64(wire.count))) { try inflated(wire + [0], Self.image) }
    wire[wire.count - 1] ^= 1
    #expect(throws: CodingError.self) { try inflated(wire, Self.image) }
  }

  @Test func aPresetDictionaryIsRefused() throws {
    // RFC 1950, section 2.2: FDICT is bit 5 of the second byte, which makes the two a multiple of 31.
    #expect(throws: CodingError.self) { try inflated([0x78, 0x20 | 0x1B, 0, 0, 0, 1, 3, 0], Self.image) }
  }

  @Test func everyBitFlippedIsSeenOrHarmless() throws {
    let original = bytes("MODE Z, MODE Z, MODE Z, and once more MODE Z")
    let wire = try deflated(original, Self.image)
    for bit in 0..<(wire.count * 8) {
      var broken = wire
      broken[bit / 8] ^= 1 << UInt8(bit % 8)
      if let result = try? inflated(broken, Self.image) { #expect(result == original) }
    }
  }

  @Test func aBombYieldsNoMoreThanTheRoomGiven() throws {
    let wire = try deflated([UInt8](repeating: 0, count: 10_000_000), Self.image, piece: 1_000_000, room: 100_000)
    #expect(wire.count < 10_000)
    var decoder = DeflateDecoder(nil, over: try DeflateStream(.expanding))
    let result = try drive(&decoder, wire, wire.count, 4096)
    #expect(result.bytes.count == 10_000_000)
    #expect(result.largest <= 4096)
  }
}
