// A session that is being opened by a task of its own, so that whoever waits for it may stop waiting.

import Synchronization

/// One session on its way. One task may wait for it; if that one leaves, or nobody came, the session is handed back when it is there.
final class SessionArrival: Sendable {
  private enum State {
    case coming
    case awaited(CheckedContinuation<ClientSession?, any Error>)
    case here(Result<ClientSession, ClientError>)
    /// Nobody waits any more, or all is done.
    case left
  }

  private let state = Mutex(State.coming)

  /// Begins to open a session.
  ///
  /// - Parameter unclaimed: called with the outcome when nobody waits for it any more.
  init(
    _ open: @escaping @Sendable () async throws(ClientError) -> ClientSession,
    unclaimed: @escaping @Sendable (Result<ClientSession, ClientError>) async -> Void
  ) {
    Task {
      let outcome: Result<ClientSession, ClientError>
      do throws(ClientError) { outcome = .success(try await open()) } catch { outcome = .failure(error) }
      if !self.settle(outcome) { await unclaimed(outcome) }
    }
  }

  /// Waits for the session; nil when the task was cancelled, or ``leave()`` was called, before it was there.
  func session() async throws(ClientError) -> ClientSession? {
    do {
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { wait(with: $0) }
      } onCancel: {
        leave()
      }
    } catch {
      throw (error as? ClientError) ?? ClientError(.cancelled, "the task was cancelled", cause: error)
    }
  }

  private func wait(with continuation: CheckedContinuation<ClientSession?, any Error>) {
    let outcome: Result<ClientSession?, any Error>? = state.withLock { state in
      switch state {
      case .coming, .awaited:
        state = .awaited(continuation)
        return nil
      case .here(let outcome):
        state = .left
        return outcome.map { $0 }.mapError { $0 }
      case .left: return .success(nil)
      }
    }
    if let outcome { continuation.resume(with: outcome) }
  }

  /// Whoever waits goes on without it.
  func leave() {
    let waiter = state.withLock { state -> CheckedContinuation<ClientSession?, any Error>? in
      switch state {
      case .awaited(let waiter):
        state = .left
        return waiter
      case .coming:
        state = .left
        return nil
      case .here, .left: return nil
      }
    }
    waiter?.resume(returning: nil)
  }

  /// The session, if it is there and nobody has taken it. Nobody gets it afterwards, and nobody may wait for it.
  func takeUnclaimed() -> ClientSession? {
    leave()
    return state.withLock { state in
      guard case .here(let outcome) = state else { return nil }
      state = .left
      return try? outcome.get()
    }
  }

  /// Whether somebody gets the outcome, or may still come for it.
  private func settle(_ outcome: Result<ClientSession, ClientError>) -> Bool {
    let waiter: CheckedContinuation<ClientSession?, any Error>?
    let isLeft: Bool
    (waiter, isLeft) = state.withLock { state in
      switch state {
      case .awaited(let waiter):
        state = .left
        return (waiter, false)
      case .coming, .here:
        state = .here(outcome)
        return (nil, false)
      case .left: return (nil, true)
      }
    }
    waiter?.resume(with: outcome.map { $0 }.mapError { $0 })
    return !isLeft
  }
}
