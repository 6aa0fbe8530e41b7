// Tests that transfer buffers have one user at a time and are used again.

import Dispatch
import LinuxSystem
import Testing

@testable import FTPTransfer

@Suite struct BufferPoolTests {
  private struct Failure: Error {}

  @Test func buffersAreLargeAndAligned() {
    BufferPool().with { buffer in
      #expect(buffer.count == BufferPool.size)
      #expect(Int(bitPattern: buffer.baseAddress) % 4096 == 0)
    }
  }

  @Test func oneAfterTheOtherIsTheSame() {
    let pool = BufferPool()
    let first = pool.with { Int(bitPattern: $0.baseAddress) }
    for _ in 0..<10 { #expect(pool.with { Int(bitPattern: $0.baseAddress) } == first) }
  }

  @Test func aFailureGivesTheBufferBack() {
    let pool = BufferPool()
    let first = pool.with { Int(bitPattern: $0.baseAddress) }
    #expect(throws: Failure.self) { try pool.with { (_) throws(Failure) in throw Failure() } }
    #expect(pool.with { Int(bitPattern: $0.baseAddress) } == first)
  }

  @Test func usersAtTheSameTimeHaveDifferentOnes() {
    let pool = BufferPool()
    func nest(_ depth: Int, _ seen: Set<Int>) -> Set<Int> {
      if depth == 0 { return seen }
      return pool.with { nest(depth - 1, seen.union([Int(bitPattern: $0.baseAddress)])) }
    }
    #expect(nest(20, []).count == 20)
    #expect(nest(20, []).count == 20)
  }

  @Test func threadsDoNotMeetInABuffer() {
    let pool = BufferPool()
    DispatchQueue.concurrentPerform(iterations: 400) { iteration in
      let mark = UInt64(iteration)
      let isOwn = pool.with { buffer in
        let words = buffer.bindMemory(to: UInt64.self)
        for index in stride(from: 0, to: words.count, by: 512) { words[index] = mark }
        return stride(from: 0, to: words.count, by: 512).allSatisfy { words[$0] == mark }
      }
      #expect(isOwn)
    }
  }
}
