// Tests of parking without a task: a function is called for each reason to wake.

import LinuxSystem
import Testing
import UnitSupport

@testable import Reactor

@Suite(.timeLimit(.minutes(5))) struct ParkingCallTests {
  let parking: Parking

  init() throws { parking = try place().parking }

  /// The wake that a function handed to `call` gets.
  private func called(
    _ number: Int32, until: MonotonicTime, meanwhile: @Sendable () -> Void = {}
  ) async -> Wake {
    await withCheckedContinuation { continuation in
      parking.call(when: number, .readable, until: until) { continuation.resume(returning: $0) }
      meanwhile()
    }
  }

  @Test func aFunctionIsCalledForEachReason() async throws {
    let pipe = try Pipe()
    let parking = self.parking
    let deadline = MonotonicTime.after(milliseconds: 5)
    #expect(await called(pipe.readNumber, until: deadline) == .deadline)
    #expect(MonotonicTime.now >= deadline)
    #expect(await called(pipe.readNumber, until: .never) { parking.wake() } == .called)
    #expect(await called(pipe.readNumber, until: .never) { pipe.write() } == .ready(first: true, second: false))
    #expect(await called(pipe.readNumber, until: .never) == .ready(first: true, second: false))
    parking.wake()
    #expect(await called(pipe.readNumber, until: .never) == .called)
    parking.retire()
  }

  @Test func functionsAndTasksTakeTurns() async throws {
    let pipe = try Pipe()
    for round in 0..<200 {
      pipe.write()
      let wake =
        round % 2 == 0
        ? await called(pipe.readNumber, until: .never)
        : await parking.wait(pipe.readNumber, .readable, until: .never)
      #expect(wake == .ready(first: true, second: false))
      pipe.drain()
    }
    parking.retire()
  }
}
