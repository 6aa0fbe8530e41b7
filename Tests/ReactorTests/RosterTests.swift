// Tests of the rules by which workers are called, rest, linger, wait for sockets and are replaced, without any thread.

import Testing

@testable import Reactor

@Suite struct RosterTests {
  private let reactor: Reactor

  init() throws { reactor = try place().reactor }

  private func session() -> SessionExecutor { SessionExecutor(reactor) }

  private func roster(parallelism: Int = 2, limit: Int = 8) -> Roster {
    Roster(parallelism: parallelism, limit: limit, lingerLimit: parallelism)
  }

  /// A worker that was called, has come and does `step`.
  private func join(_ roster: inout Roster) -> (Worker, Roster.Step) {
    let worker = Worker()
    roster.add(worker)
    return (worker, roster.next(worker))
  }

  /// Runs the session that `step` says, to its end.
  private func finish(_ step: Roster.Step) -> Bool {
    guard case .run(let session) = step else { return false }
    session.release()
    return true
  }

  @Test func theFirstWorkerWaitsForSocketsAndTheNextRests() {
    var roster = roster()
    #expect(roster.call(1).fresh == 1)
    guard case .poll(isWaiting: true) = join(&roster).1 else { return #expect(Bool(false)) }
    #expect(roster.call(1).fresh == 1)
    guard case .rest = join(&roster).1 else { return #expect(Bool(false)) }
    #expect(roster.active == 0)
    #expect(roster.total == 2)
  }

  @Test func noMoreAreCalledThanWorkAtOnce() {
    var roster = roster()
    let calls = (0..<10).map { _ in roster.admit(session()) }
    #expect(calls.map(\.fresh).reduce(0, +) == 2)
    #expect(roster.line.count == 10)
    let first = join(&roster).1
    #expect(finish(first))
    while let left = roster.line.popFirst() { left.release() }
  }

  @Test func theLineIsServedInOrder() {
    var roster = roster(parallelism: 1)
    let sessions = (0..<3).map { _ in session() }
    for session in sessions { _ = roster.admit(session) }
    var (worker, step) = join(&roster)
    for (index, session) in sessions.enumerated() {
      guard case .run(let next) = step else { return #expect(Bool(false)) }
      #expect(next.takeUnretainedValue() === session)
      // The first is not done yet, and stands behind all others.
      step = roster.next(worker, unfinished: index == 0 ? next : nil)
      if index > 0 { next.release() }
    }
    guard case .run(let last) = step else { return #expect(Bool(false)) }
    #expect(last.takeUnretainedValue() === sessions[0])
    last.release()
    worker = Worker()
  }

  @Test func aLineThatNeverEndsDoesNotKeepTheSocketsUnseen() {
    var roster = roster(parallelism: 1)
    _ = roster.admit(session())
    var (worker, step) = join(&roster)
    var turns = 0
    while case .run(let session) = step, turns < 1000 {
      turns += 1
      step = roster.next(worker, unfinished: session)
    }
    guard case .poll(isWaiting: false) = step else { return #expect(Bool(false)) }
    #expect(turns < 1000)
    var none = RunQueue()
    _ = roster.polled(worker, &none)
    #expect(finish(roster.next(worker)))
    worker = Worker()
  }

  @Test func whoeverComesFromTheSocketsCallsOthersForTheRestOfTheBatch() {
    var roster = roster(parallelism: 3)
    _ = roster.call(1)
    let (worker, _) = join(&roster)
    var batch = RunQueue()
    for _ in 0..<2 { batch.append(session()) }
    #expect(roster.polled(worker, &batch).fresh == 1)
    #expect(batch.isEmpty)
    for _ in 0..<2 { #expect(finish(roster.next(worker))) }
  }

  @Test func nobodyLingersWhileAnybodyWaits() {
    var roster = roster()
    _ = roster.admit(session())
    let (worker, step) = join(&roster)
    _ = roster.admit(session())
    #expect(roster.beginLingering(worker) == nil)
    #expect(finish(roster.next(worker)))
    // Somebody has to look at the sockets meanwhile: whoever lingers calls one.
    let call = roster.beginLingering(worker)
    #expect(call != nil)
    #expect(roster.lingering == 1)
    roster.endLingering(worker)
    #expect(roster.lingering == 0)
    #expect(finish(step))
  }

  @Test func aStuckWorkerIsReplacedAndItsComingBackMakesNobodyTooMany() {
    var roster = roster(parallelism: 1)
    _ = roster.admit(session())
    let (slow, step) = join(&roster)
    #expect(finish(step))
    #expect(roster.admit(session()).fresh == 0)
    // Only the second look tells that it has not moved.
    #expect(roster.relieve().fresh == 0)
    #expect(roster.relieve().fresh == 1)
    #expect(slow.duty == .stuck)
    let (_, other) = join(&roster)
    #expect(finish(other))
    guard case .rest = roster.next(slow) else { return #expect(Bool(false)) }
    #expect(roster.active == 1)
  }

  @Test func thereAreNeverMoreThreadsThanTheLimit() {
    var roster = roster(parallelism: 2, limit: 5)
    var fresh = 0
    for _ in 0..<50 {
      fresh += roster.admit(session()).fresh
      // Each of them is stuck in its turn.
      while roster.workers.count < fresh { #expect(finish(join(&roster).1)) }
    }
    // One look tells nothing yet, and a second one that they are stuck.
    for _ in 0..<3 {
      fresh += roster.relieve().fresh
      while roster.workers.count < fresh { #expect(finish(join(&roster).1)) }
    }
    #expect(fresh == 4)
    for _ in 0..<4 {
      fresh += roster.relieve().fresh
      while roster.workers.count < fresh { #expect(finish(join(&roster).1)) }
    }
    #expect(fresh == 5)
    #expect(roster.total == 5)
    // When they hang for long, each gets one more in its place; but not without end.
    for _ in 0..<2000 {
      _ = roster.admit(session())
      fresh += roster.relieve().fresh
      // One of them may be sent to the sockets.
      while roster.workers.count < fresh { _ = finish(join(&roster).1) }
    }
    #expect((6...64).contains(fresh))
    #expect(roster.total == fresh)
    while let left = roster.line.popFirst() { left.release() }
  }
}
