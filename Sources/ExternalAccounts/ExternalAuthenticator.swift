// Asks the helper about logins, without holding a thread while a program or a web server thinks.

import Accounts
import AuthenticationProtocol
import Glibc
import LinuxSystem
import Synchronization

/// The authority of `accounts.external`, by way of the helper, a process that was started before privileges were given up.
///
/// At most `concurrency` questions are under way at once. Others wait, suspended; addresses take turns, so that many questions from one
/// do not keep the others waiting. If the queue is full, or a quarter of it is of one address, the answer is `.unavailable` at once. A question that takes too long is given up here as well as in the helper.
public final class ExternalAuthenticator: PasswordAuthority {
  private typealias Continuation = CheckedContinuation<Result<[UInt8], HelperFailure>?, Never>

  private struct HelperFailure: Error { let reason: String }

  private struct Question {
    let document: [UInt8]
    let gate: AttemptGate
    let continuation: Continuation
  }

  private struct Asked {
    let continuation: Continuation
    let deadline: MonotonicTime
  }

  private struct State {
    var socket: Int32
    var next: UInt32 = 1
    var asked: [UInt32: Asked] = [:]
    var waiting = LaneQueue<Question>()
    var nextTicket: UInt64 = 0
    var hasReader = false
  }

  private let concurrency: Int
  private let queueLimit: Int
  private let patience: Int64
  private let cache: AnswerCache
  private let state: Mutex<State>

  /// - Parameters:
  ///   - channel: the socket of the helper, which becomes the authenticator's.
  ///   - concurrency: questions at a time.
  ///   - patience: how long one may take; the helper keeps the same time, so a little is added here.
  ///   - cacheTime: for how long an answer that allowed a login holds for the same question; zero: not at all.
  public init(
    channel: Int32, concurrency: Int, queueLimit: Int = 512, patience: Duration, cacheTime: Duration = .zero
  ) {
    self.concurrency = max(1, concurrency)
    self.queueLimit = queueLimit
    self.patience = (patience + .seconds(5)).inNanoseconds
    cache = AnswerCache(time: cacheTime)
    state = Mutex(State(socket: channel))
  }

  deinit { state.withLock { if $0.socket >= 0 { _ = Descriptor(owning: $0.socket) } } }

  /// How many questions wait for their turn.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  public func check(_ login: LoginQuestion, gate: AttemptGate) async -> AuthorityVerdict {
    guard UserEntry.problem(ofName: login.user) == nil, !login.password.contains(0),
      login.password.count <= PasswordHash.passwordLimit, let document = LoginDocument.question(login)
    else {
      gate.countRefusal()
      return .refused
    }
    if let entry = cache.entry(for: document) { return gate.mayStart() ? .allowed(entry) : .overBudget }
    let answer = await withCheckedContinuation { continuation in
      let question = Question(document: document, gate: gate, continuation: continuation)
      admit(question, lane: PasswordVerifier.Lane(login.peer.client))
    }
    switch answer {
    case nil: return .overBudget
    case .failure(let failure)?: return .unavailable(failure.reason)
    case .success(let answer)?:
      do throws(JSONError) {
        let verdict = try LoginDocument.verdict(answer, user: login.user)
        if verdict == .refused { gate.countRefusal() }
        if case .allowed(let entry) = verdict { cache.keep(entry, for: document) }
        return verdict
      } catch {
        return .unavailable("the answer \(error.reason)")
      }
    }
  }

  private func admit(_ question: Question, lane: PasswordVerifier.Lane) {
    let isFull = state.withLock { state in
      if state.waiting.count >= queueLimit || state.waiting.count(in: lane) >= max(1, queueLimit / 4) { return true }
      state.waiting.append(question, ticket: state.nextTicket, lane: lane)
      state.nextTicket &+= 1
      return false
    }
    if isFull {
      return question.continuation.resume(returning: .failure(HelperFailure(reason: "too many logins wait")))
    }
    sendWhatMay()
  }

  /// Sends waiting questions, up to the number that may be under way.
  private func sendWhatMay() {
    var done: [(Continuation, Result<[UInt8], HelperFailure>?)] = []
    state.withLock { state in
      while state.asked.count < concurrency, let question = state.waiting.takeNext() {
        if !question.gate.mayStart() {
          done.append((question.continuation, nil))
        } else if let failure = send(question, &state) {
          done.append((question.continuation, .failure(failure)))
        }
      }
    }
    for (continuation, outcome) in done { continuation.resume(returning: outcome) }
  }

  private static let gone = HelperFailure(
    reason: "the helper has ended, and weftpd has given up what it would take to start another: restart weftpd")

  private func send(_ question: Question, _ state: inout State) -> HelperFailure? {
    guard state.socket >= 0 else { return Self.gone }
    guard startReader(&state) else { return HelperFailure(reason: "there is no thread for answers") }
    let id = state.next
    state.next = id == .max ? 1 : id + 1
    var packet = HelperMessage.question(id: id, question.document).packet
    defer { Secret.wipe(&packet) }
    do throws(SystemError) {
      guard try PacketSocket.send(state.socket, packet) else { return HelperFailure(reason: "the helper is busy") }
    } catch {
      // The reader will notice the end too, and close the socket.
      return Self.gone
    }
    state.asked[id] = Asked(continuation: question.continuation, deadline: MonotonicTime.now.advanced(by: patience))
    return nil
  }

  // MARK: - Answers

  /// Starts the thread that reads the answers, from the first question until the socket closes.
  private func startReader(_ state: inout State) -> Bool {
    if state.hasReader { return true }
    state.hasReader = DirectoryThread.start(named: "weft-external") { self.read() }
    return state.hasReader
  }

  private func read() {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: HelperMessage.limit, alignment: 16)
    defer { buffer.deallocate() }
    let socket = state.withLock { $0.socket }
    while true {
      _ = Poll.wait(socket, .readable, milliseconds: 1000)
      switch try? PacketSocket.receive(socket, into: buffer) {
      case .nothing: giveUpOverdue()
      case .packet(let count):
        guard let message = HelperMessage(UnsafeRawBufferPointer(rebasing: buffer[..<count])), take(message) else {
          return end()
        }
      case .ended, .tooLong, nil: return end()
      }
      sendWhatMay()
    }
  }

  /// Gives an answer to its question; false if the message is not an answer. One that comes too late is dropped.
  private func take(_ message: HelperMessage) -> Bool {
    let (id, outcome): (UInt32, Result<[UInt8], HelperFailure>)
    switch message {
    case .question: return false
    case .answer(let number, let text): (id, outcome) = (number, .success(text))
    case .failure(let number, let text):
      (id, outcome) = (number, .failure(HelperFailure(reason: Account.display(text))))
    }
    state.withLock { $0.asked.removeValue(forKey: id) }?.continuation.resume(returning: outcome)
    return true
  }

  private func giveUpOverdue() {
    let now = MonotonicTime.now
    let overdue = state.withLock { state in
      let overdue = state.asked.filter { $0.value.deadline <= now }
      for id in overdue.keys { state.asked[id] = nil }
      return overdue
    }
    for asked in overdue.values {
      asked.continuation.resume(returning: .failure(HelperFailure(reason: "the helper gave no answer in time")))
    }
  }

  private func end() {
    let (asked, waiting) = state.withLock { state -> ([UInt32: Asked], [Question]) in
      if state.socket >= 0 { _ = Descriptor(owning: state.socket) }
      state.socket = -1
      state.hasReader = false
      defer { state.asked = [:] }
      var waiting: [Question] = []
      while let question = state.waiting.takeNext() { waiting.append(question) }
      return (state.asked, waiting)
    }
    for asked in asked.values { asked.continuation.resume(returning: .failure(Self.gone)) }
    for question in waiting { question.continuation.resume(returning: .failure(Self.gone)) }
  }
}
