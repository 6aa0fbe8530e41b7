// Tests that a thread that turns is found alive, one that hangs is not, and late answers count for nothing.

import Dispatch
import LinuxSystem
import Testing

@testable import Reactor

@Suite(.timeLimit(.minutes(5))) struct PulseTests {
  @Test func anAnswerInTimeIsEnough() {
    let pulse = Pulse()
    #expect(pulse.check(within: .seconds(10)) { DispatchQueue.global().async { pulse.answer() } })
    #expect(pulse.check(within: .seconds(10)) { pulse.answer() })
  }

  @Test func noAnswerIsFoundOut() {
    let pulse = Pulse()
    #expect(!pulse.check(within: .milliseconds(1)) {})
  }

  @Test func aLateAnswerDoesNotCountForTheNextQuestion() {
    let pulse = Pulse()
    #expect(!pulse.check(within: .zero) {})
    pulse.answer()
    #expect(!pulse.check(within: .milliseconds(1)) {})
    pulse.answer()
    #expect(pulse.check(within: .seconds(10)) { pulse.answer() })
  }

  @Test func aReactorThatHangsIsFoundOutAndOneThatGoesOnIsBelievedAgain() throws {
    let reactor = try Reactor()
    for _ in 0..<50 { #expect(reactor.isTurning(within: .seconds(10))) }
    let parking = Parking(reactor)
    let hangs = DispatchSemaphore(value: 0)
    let release = DispatchSemaphore(value: 0)
    // A waiter is resumed on the reactor's own thread.
    parking.call(when: -1, [], until: .now) { _ in
      hangs.signal()
      release.wait()
    }
    hangs.wait()
    #expect(!reactor.isTurning(within: .milliseconds(20)))
    release.signal()
    #expect(reactor.isTurning(within: .seconds(10)))
    parking.retire()
  }
}
