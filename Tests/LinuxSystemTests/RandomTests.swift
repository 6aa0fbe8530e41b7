// Tests that random numbers look random and never come twice from the buffer.

import Testing

@testable import LinuxSystem

@Suite struct RandomTests {
  @Test func givesAsManyBytesAsAsked() {
    for count in [0, 1, 7, 256, 257, 100_000] { #expect(Random.bytes(count).count == count) }
    #expect(Random.bytes(32) != Random.bytes(32))
  }

  @Test func theEndOfALongRunIsFilledToo() {
    // getrandom(2) may return less than asked for from 257 bytes on.
    let bytes = Random.bytes(1 << 20)
    #expect(Set(bytes.suffix(4096)).count > 200)
  }

  /// One buffer is 256 bytes, 32 numbers: none of 10,000 comes twice, within a buffer or over its edge.
  @Test func noNumberComesTwice() {
    var random = BufferedRandom()
    let numbers = (0..<10_000).map { _ in random.next() }
    #expect(Set(numbers).count == numbers.count)
  }

  @Test func everyBitIsSetAboutHalfTheTime() {
    var random = BufferedRandom()
    var counts = [Int](repeating: 0, count: 64)
    for _ in 0..<4096 {
      let number = random.next()
      for bit in 0..<64 where number >> UInt64(bit) & 1 == 1 { counts[bit] += 1 }
    }
    // Twelve standard deviations: wrong once in 10^30 runs.
    for count in counts { #expect((1664...2432).contains(count)) }
  }

  @Test func twoGeneratorsDiffer() {
    var one = BufferedRandom()
    var other = BufferedRandom()
    #expect(one.next() != other.next())
  }
}
