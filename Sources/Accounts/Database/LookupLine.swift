// Questions that wait for the thread that asks a database: who may be asked about, who asks, and what they are answered.

import Synchronization

/// Names that are to be looked up, each with whoever waits for the answer. A thread takes them in batches.
public final class LookupLine: Sendable {
  /// What a waiting task gets.
  public typealias Answer = Result<UserEntry?, AccountDirectoryError>

  /// The questions about one name.
  public struct Question: Sendable {
    public let name: [UInt8]
    private let waiting: [UnsafeContinuation<Answer, Never>]
    /// Whether it was put back once already.
    let isSecond: Bool

    fileprivate init(_ name: [UInt8], _ waiting: [UnsafeContinuation<Answer, Never>], isSecond: Bool = false) {
      self.name = name
      self.waiting = waiting
      self.isSecond = isSecond
    }

    /// Answers all who asked. To be called once.
    public func answer(_ answer: Answer) { for continuation in waiting { continuation.resume(returning: answer) } }

    fileprivate var again: Question { Question(name, waiting, isSecond: true) }
  }

  private struct State {
    var order: [[UInt8]] = []
    var waiting: [[UInt8]: [UnsafeContinuation<Answer, Never>]] = [:]
    var again: [Question] = []
    /// Why questions are not taken now.
    var refusal: AccountDirectoryError?
  }

  private let state = Mutex(State())
  private let wake: @Sendable () -> Void

  /// - Parameter wake: called when there is something to take that was not there before.
  public init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

  /// Asks, and waits without a thread. Several who ask for the same name share a question.
  public func ask(_ name: [UInt8]) async throws(AccountDirectoryError) -> UserEntry? {
    let answer: Answer = await withUnsafeContinuation { continuation in
      let refusal = state.withLock { state -> AccountDirectoryError? in
        if let refusal = state.refusal { return refusal }
        if state.waiting[name] == nil { state.order.append(name) }
        state.waiting[name, default: []].append(continuation)
        return nil
      }
      if let refusal { continuation.resume(returning: .failure(refusal)) } else { wake() }
    }
    return try answer.get()
  }

  /// The next questions, at most `limit` of them, those put back first.
  public func take(_ limit: Int) -> [Question] {
    state.withLock { state in
      let again = state.again.prefix(limit)
      state.again.removeFirst(again.count)
      let names = state.order.prefix(limit - again.count)
      state.order.removeFirst(names.count)
      return again + names.map { Question($0, state.waiting.removeValue(forKey: $0) ?? []) }
    }
  }

  /// Whether somebody waits.
  public var isEmpty: Bool { state.withLock { $0.order.isEmpty && $0.again.isEmpty } }

  /// Puts questions back that could not be asked; those for the second time are answered with `error`.
  public func putBack(_ questions: [Question], _ error: AccountDirectoryError) {
    for question in questions where question.isSecond { question.answer(.failure(error)) }
    let first = questions.filter { !$0.isSecond }.map(\.again)
    state.withLock { $0.again += first }
  }

  /// Answers everybody with `error`, and all who ask from now on, until ``open()``.
  public func close(_ error: AccountDirectoryError) {
    state.withLock { $0.refusal = error }
    for question in take(.max) { question.answer(.failure(error)) }
  }

  /// Takes questions again.
  public func open() { state.withLock { $0.refusal = nil } }
}
