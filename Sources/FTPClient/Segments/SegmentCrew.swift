// The connections that share the work on one file: each opens its session, takes part after part, and tries again by itself.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import Synchronization

/// Works off a list with several sessions. A server that admits fewer of them than were asked for is no failure.
struct SegmentCrew: Sendable {
  /// Moves a part. It throws when it could not move all; what has moved, the claim says.
  typealias Work = @Sendable (ClientSession, SegmentClaim, _ slot: Int) async throws(ClientError) -> Void

  let first: ClientSession
  let pool: SessionPool?
  let options: SegmentOptions
  let progress: SegmentProgress
  /// Told what is tried again, and why.
  let note: @Sendable (String) -> Void

  /// What the connections know of each other.
  final class Shared: Sendable {
    struct State {
      /// Connections that work, or try to.
      var live: Int
      var busy: [Int: ClientSession] = [:]
      var last: ClientError?
      /// The server has said that it admits no more sessions.
      var isFull = false
    }

    let state: Mutex<State>
    let feed: AsyncStream<Int>.Continuation

    init(live: Int, _ feed: AsyncStream<Int>.Continuation) {
      state = Mutex(State(live: live))
      self.feed = feed
    }
  }

  /// Works until all is there.
  ///
  /// - Throws: what keeps it from being done: an error that nobody can mend, or the last one of the last connection.
  func run(_ list: SegmentList, _ work: @escaping Work) async throws(ClientError) {
    if list.isWhole { return }
    let (slots, feed) = AsyncStream.makeStream(of: Int.self)
    let most = pool == nil ? 1 : limit
    let count = min(options.first, most)
    let shared = Shared(live: count, feed)
    for slot in 0..<count { feed.yield(slot) }
    await withTaskGroup(of: Void.self) { group in
      if most > count { group.addTask { await self.grow(list, shared, most) } }
      for await slot in slots {
        group.addTask {
          await self.work(slot, list, shared, work)
          let isOver = shared.state.withLock { state in
            state.live -= 1
            return state.live == 0
          }
          if isOver || list.isSettled { shared.feed.finish() }
        }
      }
      // Whoever still moves what others have moved meanwhile has nothing to say any more.
      if !Task.isCancelled {
        for session in shared.state.withLock({ Array($0.busy.values) }) { await session.close() }
      }
      group.cancelAll()
    }
    if list.isWhole { return }
    if Task.isCancelled { throw ClientError(.cancelled, "the task was cancelled") }
    throw list.failure ?? shared.state.withLock { $0.last }
      ?? ClientError(.incomplete, "not all of the file has come")
  }

  /// The most connections: as many as were asked for and as the server has agreed to (OPTS LIMITS).
  private var limit: Int {
    let agreed = Int(clamping: first.options.limits?.agreed.connections ?? 0)
    return agreed > 0 ? min(options.limit, agreed) : options.limit
  }

  // MARK: one connection

  private func work(_ slot: Int, _ list: SegmentList, _ shared: Shared, _ work: Work) async {
    var session = slot == 0 ? first : nil
    var attempts = 0
    while !list.isSettled, !Task.isCancelled {
      do throws(ClientError) {
        if let old = session, await !old.isOpen {
          if old !== first { await pool?.drop(old) }
          session = nil
        }
        let open: ClientSession
        if let session { open = session } else { open = try await newSession() }
        session = open
        guard let claim = list.take() else {
          try? await Task.sleep(for: .milliseconds(20))
          continue
        }
        try await move(claim, slot, open, list, shared, work)
        attempts = 0
        if list.isSettled { shared.feed.finish() }
      } catch {
        guard await goesOn(after: error, &attempts, session: session, list, shared) else { break }
      }
    }
    guard let session, session !== first else { return }
    if await session.isOpen { pool?.giveBack(session) } else { await pool?.drop(session) }
  }

  private func newSession() async throws(ClientError) -> ClientSession {
    guard let pool else { throw ClientError(.connectionLost, "the session is over") }
    return try await pool.take()
  }

  /// Runs `body` with a session that is at rest: the first one, if it is still good.
  func withSession<Value: Sendable>(
    _ body: @Sendable (ClientSession) async throws(ClientError) -> Value
  ) async throws(ClientError) -> Value {
    if await first.isOpen {
      do throws(ClientError) { return try await body(first) } catch {
        // It was over, and nobody had noticed.
        guard pool != nil, error.retry == .newSession else { throw error }
      }
    }
    let session = try await newSession()
    do throws(ClientError) {
      let value = try await body(session)
      pool?.giveBack(session)
      return value
    } catch {
      await pool?.drop(session)
      throw error
    }
  }

  private func move(
    _ claim: SegmentClaim, _ slot: Int, _ session: ClientSession, _ list: SegmentList, _ shared: Shared, _ work: Work
  ) async throws(ClientError) {
    shared.state.withLock { $0.busy[slot] = session }
    defer {
      shared.state.withLock { $0.busy[slot] = nil }
      progress.end(slot)
      list.giveBack(claim)
    }
    try await work(session, claim, slot)
  }

  /// Whether a connection that failed tries again. It waits before that.
  private func goesOn(
    after error: ClientError, _ attempts: inout Int, session: ClientSession?, _ list: SegmentList,
    _ shared: Shared
  ) async -> Bool {
    if list.isSettled || Task.isCancelled { return false }
    let isNew = session == nil
    if Self.isFinal(error), !(isNew && Self.isAdmission(error)) {
      list.fail(error)
      shared.feed.finish()
      return false
    }
    shared.state.withLock { $0.last = error }
    if isNew, Self.isAdmission(error) {
      // The others do it. The last one waits for its turn.
      let isAlone = shared.state.withLock { state in
        state.isFull = true
        return state.live == 1
      }
      if !isAlone {
        note("the server admits no further session: \(error.message)")
        return false
      }
    }
    attempts += 1
    guard attempts <= options.retries else { return false }
    progress.noteRetry()
    let delay = options.delay(attempts)
    note("\(error.message); try \(attempts) of \(options.retries) in \(delay.inNanoseconds / 1_000_000) ms")
    if pool == nil {
      guard let session, await session.isOpen else { return false }
    }
    try? await Task.sleep(for: delay)
    return !Task.isCancelled
  }

  /// Whether the same would fail again, over whichever connection.
  private static func isFinal(_ error: ClientError) -> Bool { error.retry == .never }

  /// Whether a server has refused a further session of somebody it knows.
  static func isAdmission(_ error: ClientError) -> Bool {
    switch error.code {
    case .serviceEnding, .loginRefused, .refusedForNow, .refused: true
    default: false
    }
  }
}
