// PasswordVerifier: right and wrong passwords, equal work for users who do not exist, bounded concurrency.

import Dispatch
import Synchronization
import Testing

@testable import Accounts

@Suite struct PasswordVerifierTests {
  @Test(arguments: Sample.all)
  func realHashes(hash: String) async {
    let verifier = PasswordVerifier()
    #expect(await verifier.verify(Sample.password, hash: hash))
    #expect(await !verifier.verify(bytes("wrong"), hash: hash))
  }

  @Test func theEmptyPassword() async {
    let verifier = PasswordVerifier()
    #expect(await !verifier.verify([], hash: Sample.yescrypt))
    #expect(await !verifier.verify([], hash: ""))
    #expect(await !verifier.verify([], hash: nil))
  }

  @Test(arguments: ["", "*", "!", "*0", "*1", "!$1$a$b", "x", "$nonsense$", "secret"])
  func hashesNothingVerifies(hash: String) async {
    let verifier = PasswordVerifier()
    for password in ["", "*", "!", "x", "secret", hash] {
      #expect(await !verifier.verify(bytes(password), hash: hash))
    }
  }

  @Test func unusablePasswords() async {
    let verifier = PasswordVerifier()
    #expect(await !verifier.verify(Sample.password + [0], hash: Sample.yescrypt))
    #expect(await !verifier.verify([UInt8](repeating: 0x61, count: 1 << 20), hash: Sample.yescrypt))
  }

  // MARK: - Equal work

  /// Runs one check and returns the settings that were hashed with.
  private func work(_ password: [UInt8], _ hash: String?) async -> [String] {
    let log = Log()
    let verifier = PasswordVerifier(concurrency: 1, queueLimit: 1) { password, setting in
      log.settings.withLock { $0.append(setting) }
      return Crypt.hash(password, setting: setting)
    }
    _ = await verifier.check(password, hash: hash)
    return log.settings.withLock(\.self)
  }

  private final class Log: Sendable {
    let settings = Mutex<[String]>([])
  }

  @Test func anUnknownUserCostsWhatAWrongPasswordCosts() async throws {
    let known = try PasswordHash.make(Sample.password)
    #expect(await work(bytes("wrong"), known) == [known])
    #expect(await work(bytes("wrong"), nil) == [PasswordVerifier.decoy])
    // Same kind and cost: all but the salt.
    #expect(known.split(separator: "$")[..<2] == PasswordVerifier.decoy.split(separator: "$")[..<2])
    #expect(await work(Sample.password, known) == [known])
  }

  @Test func lockedUsersAndUnusablePasswordsCostTheSame() async {
    let long = [UInt8](repeating: 0x61, count: 1 << 20)
    for (password, hash) in [(bytes("a"), "*"), (bytes("a"), ""), (long, Sample.yescrypt), ([0], Sample.yescrypt)] {
      #expect(await work(password, hash) == [PasswordVerifier.decoy])
    }
    #expect(await work(long, nil) == [PasswordVerifier.decoy])
  }

  @Test func aCheapHashDoesNotTellThatTheUserExists() async {
    #expect(await work(bytes("wrong"), Sample.md5) == [Sample.md5, PasswordVerifier.decoy])
    #expect(await work(Sample.password, Sample.md5) == [Sample.md5])
  }

  @Test func aHashOfMicrosecondsNeedsNoThreadIfThePasswordIsRight() async throws {
    for setting in ["$3$", "ab"] {
      let hash = try #require(Crypt.hash(Sample.password, setting: setting))
      // A thread of the verifier's own runs no task.
      let isInTask = Mutex<[Bool]>([])
      let verifier = PasswordVerifier(concurrency: 1, queueLimit: 1) { password, setting in
        isInTask.withLock { $0.append(withUnsafeCurrentTask { $0 != nil }) }
        return Crypt.hash(password, setting: setting)
      }
      #expect(await verifier.check(Sample.password, hash: hash) == .verified)
      #expect(await verifier.check(bytes("wrong"), hash: hash) == .rejected)
      #expect(isInTask.withLock(\.self) == [true, true, false])
      // A wrong one costs what that of a user costs who does not exist, once, and counts before the next begins.
      #expect(await work(bytes("wrong"), hash) == [hash, PasswordVerifier.decoy])
      #expect(await work(Sample.password, hash) == [hash])
      let refusals = Atomic<Int>(0)
      let gate = AttemptGate(mayStart: { true }, countRefusal: { refusals.add(1, ordering: .relaxed) })
      #expect(await verifier.check(bytes("wrong"), hash: hash, gate: gate) == .rejected)
      #expect(refusals.load(ordering: .relaxed) == 1)
      #expect(await verifier.check(Sample.password, hash: hash, gate: AttemptGate(mayStart: { false })) == .overBudget)
    }
  }

  @Test func theDecoyIsReallyHashed() throws {
    let hash = try #require(Crypt.hash(bytes("a"), setting: PasswordVerifier.decoy))
    #expect(hash != PasswordVerifier.decoy)
    #expect(PasswordHash.kind(of: hash) == .yescrypt)
  }

  // MARK: - Bounded concurrency

  /// A computation that waits for permits, and counts how many run at once.
  private final class Gate: Sendable {
    let permits = DispatchSemaphore(value: 0)
    let started = AsyncStream.makeStream(of: String.self)
    let running = Atomic(0)
    let most = Atomic(0)

    func compute(_ password: [UInt8], _ setting: String) -> String? {
      let now = running.add(1, ordering: .sequentiallyConsistent).newValue
      most.max(now, ordering: .sequentiallyConsistent)
      started.continuation.yield(String(decoding: password, as: UTF8.self))
      permits.wait()
      running.subtract(1, ordering: .sequentiallyConsistent)
      return setting
    }

    func open() { for _ in 0..<1000 { permits.signal() } }
  }

  private func makeVerifier(_ gate: Gate, concurrency: Int, queueLimit: Int) -> PasswordVerifier {
    PasswordVerifier(concurrency: concurrency, queueLimit: queueLimit) { gate.compute($0, $1) }
  }

  /// Gives other tasks a turn until so many wait.
  private func untilWaiting(_ count: Int, _ verifier: PasswordVerifier) async {
    while verifier.waitingCount < count { await Task.yield() }
  }

  @Test(arguments: [1, 3])
  func neverMoreAtOnce(concurrency: Int) async {
    let gate = Gate()
    let verifier = makeVerifier(gate, concurrency: concurrency, queueLimit: 100)
    await withTaskGroup(of: PasswordVerifier.Outcome.self) { group in
      for _ in 0..<50 { group.addTask { await verifier.check(bytes("p"), hash: Sample.md5) } }
      await untilWaiting(50 - concurrency, verifier)
      // Those that do not wait have been handed to threads, which may take a while to come to it.
      while gate.running.load(ordering: .sequentiallyConsistent) < concurrency { await Task.yield() }
      gate.open()
      for await outcome in group { #expect(outcome == .verified) }
    }
    #expect(gate.most.load(ordering: .sequentiallyConsistent) == concurrency)
    #expect(verifier.waitingCount == 0)
  }

  @Test func firstComeFirstServed() async {
    let gate = Gate()
    let verifier = makeVerifier(gate, concurrency: 1, queueLimit: 100)
    var started = gate.started.stream.makeAsyncIterator()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { _ = await verifier.check(bytes("0"), hash: Sample.md5) }
      #expect(await started.next() == "0")
      for number in 1...9 {
        group.addTask { _ = await verifier.check(bytes("\(number)"), hash: Sample.md5) }
        await untilWaiting(number, verifier)
      }
      gate.open()
      for number in 1...9 { #expect(await started.next() == "\(number)") }
    }
  }

  /// Has one check run, then `waiting` come in that order, then lets all run; returns the order in which they began.
  private func order(_ waiting: [(password: String, lane: PasswordVerifier.Lane)]) async -> [String] {
    let gate = Gate()
    let verifier = makeVerifier(gate, concurrency: 1, queueLimit: 100)
    var started = gate.started.stream.makeAsyncIterator()
    var order: [String] = []
    await withTaskGroup(of: Void.self) { group in
      group.addTask { _ = await verifier.check(bytes("first"), hash: Sample.md5) }
      _ = await started.next()
      for (index, job) in waiting.enumerated() {
        group.addTask { _ = await verifier.check(bytes(job.password), hash: Sample.md5, lane: job.lane) }
        await untilWaiting(index + 1, verifier)
      }
      gate.open()
      for _ in waiting { order.append(await started.next() ?? "") }
    }
    return order
  }

  @Test func lanesTakeTurns() async {
    let flood = (0..<5).map { ("f\($0)", PasswordVerifier.Lane("flood")) }
    let order = await order(flood + [("a", PasswordVerifier.Lane("a")), ("b", PasswordVerifier.Lane("b"))])
    #expect(order == ["f0", "a", "b", "f1", "f2", "f3", "f4"])
  }

  @Test func theKnownHaveEverySecondTurn() async {
    let flood = (0..<3).map { ("f\($0)", PasswordVerifier.Lane("\($0)")) }
    let known = (0..<2).map { ("k\($0)", PasswordVerifier.Lane("k\($0)", isPreferred: true)) }
    #expect(await order(flood + known) == ["k0", "f0", "k1", "f1", "f2"])
  }

  private final class Flag: Sendable {
    let isUp = Atomic(true)
  }

  @Test func nothingIsComputedWithoutBudget() async {
    let gate = Gate()
    let verifier = makeVerifier(gate, concurrency: 1, queueLimit: 100)
    #expect(await verifier.check(bytes("p"), hash: Sample.md5, gate: AttemptGate(mayStart: { false })) == .overBudget)
    // It is asked when its turn has come, not when it began to wait.
    let flag = Flag()
    await withTaskGroup(of: PasswordVerifier.Outcome.self) { group in
      var started = gate.started.stream.makeAsyncIterator()
      group.addTask { await verifier.check(bytes("first"), hash: Sample.md5) }
      _ = await started.next()
      group.addTask {
        await verifier.check(
          bytes("p"), hash: Sample.md5,
          gate: AttemptGate(mayStart: { flag.isUp.load(ordering: .sequentiallyConsistent) }))
      }
      await untilWaiting(1, verifier)
      flag.isUp.store(false, ordering: .sequentiallyConsistent)
      gate.open()
      var outcomes: [PasswordVerifier.Outcome] = []
      for await outcome in group { outcomes.append(outcome) }
      #expect(Set(outcomes.map { "\($0)" }) == ["verified", "overBudget"])
    }
  }

  @Test func aFullLineAnswersAtOnce() async {
    let gate = Gate()
    let verifier = makeVerifier(gate, concurrency: 1, queueLimit: 2)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<3 { group.addTask { _ = await verifier.check(bytes("p"), hash: Sample.md5) } }
      await untilWaiting(2, verifier)
      #expect(await verifier.check(bytes("p"), hash: Sample.md5) == .busy)
      #expect(await !verifier.verify(bytes("p"), hash: Sample.md5))
      gate.open()
    }
    #expect(await verifier.check(bytes("p"), hash: Sample.md5) == .verified)
  }

  @Test func waitingCanBeCancelled() async {
    let gate = Gate()
    let verifier = makeVerifier(gate, concurrency: 1, queueLimit: 10)
    var started = gate.started.stream.makeAsyncIterator()
    let first = Task { await verifier.check(bytes("first"), hash: Sample.md5) }
    #expect(await started.next() == "first")
    let second = Task { await verifier.check(bytes("second"), hash: Sample.md5) }
    await untilWaiting(1, verifier)
    let third = Task { await verifier.check(bytes("third"), hash: Sample.md5) }
    await untilWaiting(2, verifier)
    second.cancel()
    #expect(await second.value == .cancelled)  // while the first still runs
    #expect(verifier.waitingCount == 1)
    gate.open()
    #expect(await first.value == .verified)
    #expect(await started.next() == "third")
    #expect(await third.value == .verified)
  }

  @Test func aCancelledTaskNeverStarts() async {
    let gate = Gate()
    let verifier = makeVerifier(gate, concurrency: 1, queueLimit: 10)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await verifier.check(bytes("p"), hash: Sample.md5)
    }
    #expect(await task.value == .cancelled)
    #expect(gate.most.load(ordering: .sequentiallyConsistent) == 0)
  }
}
