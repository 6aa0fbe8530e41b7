// Further sessions with one server, opened when there is work for them and kept until all is done.

import Synchronization

/// Sessions beside a first one. A server that admits no more of them is no failure: the work is done by those there are.
public final class SessionPool: Sendable {
  private struct State {
    var idle: [ClientSession] = []
    var count = 0
    /// One that is being opened ahead of its use.
    var coming: SessionArrival?
    /// Nobody takes one any more: what arrives later is closed.
    var isOver = false
    /// The server has refused one: no further ones are tried.
    var isFull = false
  }

  /// How many sessions there may be in all, with the first one; nil: as many as the work is worth, up to ``automaticLimit``.
  public let limit: Int?
  /// The most sessions in all that are opened if nobody says how many.
  public static let automaticLimit = 10
  private let open: @Sendable () async throws(ClientError) -> ClientSession
  private let state = Mutex(State())

  /// - Parameter open: makes a session that is logged in. It should not try for long.
  public init(limit: Int? = nil, open: @escaping @Sendable () async throws(ClientError) -> ClientSession) {
    self.limit = limit
    self.open = open
  }

  /// How many sessions work on `items` pieces, beside the first one.
  ///
  /// - Parameter each: pieces below which a session does not pay for itself.
  func helpers(for items: Int, each: Int) -> Int {
    let most = (limit ?? SessionPool.automaticLimit) - 1
    return max(0, min(most, limit == nil ? items / max(each, 1) : items - 1))
  }

  /// Runs `work` with a session, if one is to be had before `openings` end.
  private func help(
    _ openings: Openings, _ work: @Sendable (ClientSession) async throws(ClientError) -> Void
  ) async {
    guard let session = await borrow(openings) else { return }
    do throws(ClientError) {
      try await work(session)
      state.withLock { $0.idle.append(session) }
    } catch {
      state.withLock { $0.count -= 1 }
      await session.quit()
    }
  }

  /// A session that is at rest, or a new one. ``giveBack(_:)`` or ``drop(_:)`` follows.
  func take() async throws(ClientError) -> ClientSession {
    while let session = state.withLock({ $0.idle.popLast() }) {
      if await session.isOpen { return session }
      state.withLock { $0.count -= 1 }
    }
    let arrival = state.withLock { $0.coming.take() } ?? begin()
    do throws(ClientError) {
      if let session = try await arrival.session() { return session }
    } catch {
      state.withLock { $0.count -= 1 }
      throw error
    }
    throw ClientError(.cancelled, "the task was cancelled")
  }

  /// Begins to open a session that will be taken soon, if there is none: a login takes many round trips.
  func prepare() {
    guard state.withLock({ $0.coming == nil && $0.idle.isEmpty && !$0.isFull && !$0.isOver }) else { return }
    let arrival = begin()
    let isSecond = state.withLock { state in
      if state.coming != nil || state.isOver { return true }
      state.coming = arrival
      return false
    }
    // Somebody else was quicker: this one will be at rest for whoever needs one.
    if isSecond, let session = arrival.takeUnclaimed() { giveBack(session) }
  }

  /// Opens a session. Whoever wanted it may go on without: then it is for the next one, or closed when all is over.
  private func begin() -> SessionArrival {
    state.withLock { $0.count += 1 }
    return SessionArrival(open) { [self] outcome in
      let unwanted: ClientSession? = state.withLock { state in
        guard case .success(let session) = outcome, !state.isOver else {
          state.count -= 1
          return try? outcome.get()
        }
        state.idle.append(session)
        return nil
      }
      await unwanted?.close()
    }
  }

  /// A session is at rest: who needs one next takes it.
  func giveBack(_ session: ClientSession) { state.withLock { $0.idle.append(session) } }

  /// A session is of no use any more.
  func drop(_ session: ClientSession) async {
    state.withLock { $0.count -= 1 }
    await session.close()
  }

  private func borrow(_ openings: Openings) async -> ClientSession? {
    let (idle, isFull) = state.withLock { ($0.idle.popLast(), $0.isFull) }
    if let idle { return idle }
    if isFull { return nil }
    let arrival = begin()
    openings.add(arrival)
    do throws(ClientError) { return try await arrival.session() } catch {
      state.withLock {
        $0.count -= 1
        $0.isFull = true
      }
      return nil
    }
  }

  /// Ends all sessions that are at rest. One that is still being opened is not waited for: it is closed when it is there.
  public func quit() async {
    let (idle, coming) = state.withLock { state in
      let before = (state.idle, state.coming.take())
      state.idle = []
      state.isOver = true
      return before
    }
    let arrived = coming?.takeUnclaimed()
    await withTaskGroup(of: Void.self) { group in
      for session in idle + [arrived].compactMap({ $0 }) { group.addTask { await session.quit() } }
    }
  }

  /// Runs `work` with `first` and with up to `helpers` further sessions at once. What a helper does not finish has to be found by the
  /// others: `work` takes it from a common list.
  ///
  /// - Throws: what `work` throws for `first`; the helpers are then cancelled.
  static func run(
    _ first: ClientSession, _ pool: SessionPool?, helpers: Int,
    _ work: @escaping @Sendable (ClientSession) async throws(ClientError) -> Void
  ) async throws(ClientError) {
    guard let pool, helpers > 0 else { return try await work(first) }
    let openings = Openings()
    let error = await withTaskGroup(of: Void.self) { group -> ClientError? in
      for _ in 0..<helpers { group.addTask { await pool.help(openings, work) } }
      do throws(ClientError) {
        try await work(first)
        // Nothing is left for whoever has no session yet, and a server may let a login wait.
        openings.end()
        return nil
      } catch {
        group.cancelAll()
        return error
      }
    }
    if let error { throw error }
  }

  /// Sessions that the helpers of one piece of work wait for.
  private final class Openings: Sendable {
    private let state = Mutex<(arrivals: [SessionArrival], isOver: Bool)>(([], false))

    func add(_ arrival: SessionArrival) {
      let isOver = state.withLock { state in
        if !state.isOver { state.arrivals.append(arrival) }
        return state.isOver
      }
      if isOver { arrival.leave() }
    }

    func end() {
      let arrivals = state.withLock { state in
        state.isOver = true
        return state.arrivals
      }
      for arrival in arrivals { arrival.leave() }
    }
  }
}
