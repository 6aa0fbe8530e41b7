// Further sessions with one server, opened when there is work for them and kept until all is done.

import Synchronization

/// Sessions beside a first one. A server that admits no more of them is no failure: the work is done by those there are.
public final class SessionPool: Sendable {
  private struct State {
    var idle: [ClientSession] = []
    var count = 0
    /// One that is being opened ahead of its use.
    var coming: Task<ClientSession, any Error>?
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

  /// Runs `work` with a session, if one is to be had.
  func help(_ work: @Sendable (ClientSession) async throws(ClientError) -> Void) async {
    guard let session = await borrow() else { return }
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
    if let coming = state.withLock({ $0.coming.take() }) { return try await arrival(coming) }
    state.withLock { $0.count += 1 }
    do throws(ClientError) { return try await open() } catch {
      state.withLock { $0.count -= 1 }
      throw error
    }
  }

  /// Begins to open a session that will be taken soon, if there is none: a login takes many round trips.
  func prepare() {
    let open = open
    state.withLock { state in
      guard state.coming == nil, state.idle.isEmpty, !state.isFull else { return }
      state.count += 1
      state.coming = Task { try await open() }
    }
  }

  private func arrival(_ coming: Task<ClientSession, any Error>) async throws(ClientError) -> ClientSession {
    do {
      return try await withTaskCancellationHandler {
        try await coming.value
      } onCancel: {
        coming.cancel()
      }
    } catch {
      state.withLock { $0.count -= 1 }
      throw (error as? ClientError) ?? ClientError(.cancelled, "the task was cancelled", cause: error)
    }
  }

  /// A session is at rest: who needs one next takes it.
  func giveBack(_ session: ClientSession) { state.withLock { $0.idle.append(session) } }

  /// A session is of no use any more.
  func drop(_ session: ClientSession) async {
    state.withLock { $0.count -= 1 }
    await session.close()
  }

  private func borrow() async -> ClientSession? {
    enum Turn {
      case take(ClientSession)
      case open, none
    }
    let turn = state.withLock { state -> Turn in
      if let session = state.idle.popLast() { return .take(session) }
      if state.isFull { return .none }
      state.count += 1
      return .open
    }
    switch turn {
    case .take(let session): return session
    case .none: return nil
    case .open:
      do throws(ClientError) { return try await open() } catch {
        state.withLock {
          $0.count -= 1
          $0.isFull = true
        }
        return nil
      }
    }
  }

  /// Ends all sessions that are at rest.
  public func quit() async {
    let (idle, coming) = state.withLock { state in
      let before = (state.idle, state.coming.take())
      state.idle = []
      return before
    }
    coming?.cancel()
    await withTaskGroup(of: Void.self) { group in
      if let coming { group.addTask { await (try? coming.value)?.quit() } }
      for session in idle { group.addTask { await session.quit() } }
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
    let error = await withTaskGroup(of: Void.self) { group -> ClientError? in
      for _ in 0..<helpers { group.addTask { await pool.help(work) } }
      do throws(ClientError) {
        try await work(first)
        return nil
      } catch {
        group.cancelAll()
        return error
      }
    }
    if let error { throw error }
  }
}
