// A directory of accounts that answers when a test says so, or not at all.

import Accounts
import LinuxSystem
import Synchronization

@testable import FTPServer

/// Every question waits until the test has answered for its name; what was answered before is answered at once, but never without
/// suspending.
final class ScriptedDirectory: AccountDirectory {
  typealias Answer = Result<UserEntry?, AccountDirectoryError>

  private struct State: Sendable {
    var answers: [[UInt8]: Answer] = [:]
    var waiting: [[UInt8]: [CheckedContinuation<Answer, Never>]] = [:]
    var asked: [[UInt8]] = []
    var cancelled: [[UInt8]] = []
    var observers: [AsyncStream<Void>.Continuation] = []
  }

  private let state = Mutex(State())
  /// Whether a question that is cancelled ends at once.
  private let heedsCancellation: Bool

  init(heedsCancellation: Bool = true) { self.heedsCancellation = heedsCancellation }

  let challengeShare = ChallengeShare(users: 0, withSecondFactor: 0, key: [])

  /// The names that were asked for, in order.
  var asked: [[UInt8]] { state.withLock { $0.asked } }

  /// Answers all questions for `name`, those to come as well.
  func answer(_ name: String, _ answer: Answer) {
    let waiting = state.withLock { state in
      state.answers[Array(name.utf8)] = answer
      return state.waiting.removeValue(forKey: Array(name.utf8)) ?? []
    }
    for continuation in waiting { continuation.resume(returning: answer) }
  }

  func entry(named name: [UInt8]) async throws(AccountDirectoryError) -> UserEntry? {
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let known = state.withLock { state -> Answer? in
          state.asked.append(name)
          if let answer = state.answers[name] { return answer }
          if state.cancelled.contains(name), heedsCancellation { return .failure(Self.wasCancelled) }
          state.waiting[name, default: []].append(continuation)
          return nil
        }
        changed()
        if let known { continuation.resume(returning: known) }
      }
    } onCancel: {
      let waiting = state.withLock { state in
        state.cancelled.append(name)
        return heedsCancellation ? state.waiting.removeValue(forKey: name) ?? [] : []
      }
      changed()
      for continuation in waiting { continuation.resume(returning: .failure(Self.wasCancelled)) }
    }
    return try answer.get()
  }

  private static let wasCancelled = AccountDirectoryError("cancelled")

  /// Waits until `name` has been asked for.
  func waitUntilAsked(_ name: String) async { await wait { $0.asked.contains(Array(name.utf8)) } }

  /// Waits until a question for `name` was cancelled.
  func waitUntilCancelled(_ name: String) async { await wait { $0.cancelled.contains(Array(name.utf8)) } }

  private func wait(until isTrue: (State) -> Bool) async {
    let (changes, continuation) = AsyncStream<Void>.makeStream()
    if state.withLock({ state in
      state.observers.append(continuation)
      return isTrue(state)
    }) {
      return
    }
    for await _ in changes where state.withLock({ isTrue($0) }) { return }
  }

  private func changed() {
    for observer in state.withLock({ $0.observers }) { observer.yield() }
  }
}
