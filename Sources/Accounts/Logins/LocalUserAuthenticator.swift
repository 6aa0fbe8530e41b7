// Asks weftpd-authd whether a local user's password is right, without holding a thread while PAM works.

import AuthenticationProtocol
import Glibc
import LinuxSystem
import Synchronization

/// The client of weftpd-authd, the only process that uses PAM.
///
/// At most `concurrency` questions are in progress at once. Others wait, suspended, in order of arrival; if the queue is full, the
/// answer is `.unavailable(.tryLater)` at once.
public final class LocalUserAuthenticator: Sendable {
  /// Where weftpd-authd is.
  public enum Place: Sendable, Equatable {
    /// A connected socket, made before privileges were given up. If it closes, no other can be made.
    case connected(Int32)
    /// The path of the socket on which systemd listens for weftpd-authd.
    case path(String)
  }

  /// The answer to a question.
  public enum Outcome: Sendable, Equatable {
    case accepted(LocalUser)
    /// The password is wrong or the user may not log in; the answer does not say which.
    case refused
    /// There is no answer.
    case unavailable(Obstacle)
    /// There is no budget for it; nobody was asked.
    case overBudget
  }

  /// Why there is no answer, for the operator's log.
  public enum Obstacle: Sendable, Equatable {
    /// Too many questions, no answer in time, or PAM itself does not work: weftpd-authd's own log says which.
    case tryLater
    /// weftpd-authd is not listening at its socket. The next question tries again.
    case absent
    /// The weftpd-authd that weftpd started has ended. Without root's rights weftpd cannot start another: weftpd must be restarted.
    case ended
  }

  private struct Question: Sendable {
    let request: LoginRequest
    let gate: AttemptGate
    let continuation: CheckedContinuation<Outcome, Never>
  }

  private struct Asked: Sendable {
    let gate: AttemptGate
    let continuation: CheckedContinuation<Outcome, Never>
    let deadline: MonotonicTime
  }

  private struct State: Sendable {
    /// The socket; -1 while there is none.
    var socket: Int32 = -1
    var next: UInt32 = 1
    var asked: [UInt32: Asked] = [:]
    var waiting: [Question] = []
    var hasReader = false
  }

  private let place: Place
  private let service: String
  private let minimumUser: UInt32
  private let concurrency: Int
  private let queueLimit: Int
  private let patience: Int64
  private let state: Mutex<State>

  /// - Parameters:
  ///   - service: the PAM service.
  ///   - minimumUser: users with a lower id are refused.
  ///   - concurrency: questions at a time; weftpd-authd has its own limit, 16.
  ///   - queueLimit: how many more may wait.
  ///   - patience: how long an answer may take; weftpd-authd gives up after 30 seconds of its own.
  public init(
    _ place: Place, service: String, minimumUser: UInt32, concurrency: Int = 16, queueLimit: Int = 512,
    patience: Duration = .seconds(40)
  ) {
    self.place = place
    self.service = service
    self.minimumUser = max(1, minimumUser)
    self.concurrency = concurrency
    self.queueLimit = queueLimit
    self.patience = patience.inNanoseconds
    var state = State()
    if case .connected(let socket) = place { state.socket = socket }
    self.state = Mutex(state)
  }

  /// Asks whether `password` is right. The answer is checked against `minimumUser` here too, so it can never be root.
  ///
  /// - Parameters:
  ///   - remoteHost: the client's address, for PAM's log.
  ///   - gate: asked when its turn has come, and told if the password was wrong.
  public func check(
    user: [UInt8], password: [UInt8], remoteHost: String, gate: AttemptGate = .open
  ) async -> Outcome {
    // A name or password that does not fit into a message cannot be right.
    guard (1...Message.userLimit).contains(user.count), !user.contains(0), password.count <= Message.passwordLimit,
      !password.contains(0)
    else { return .refused }
    let request = LoginRequest(
      service: service, minimumUser: minimumUser, user: user, password: Secret(password),
      remoteHost: String(decoding: remoteHost.utf8.prefix(64), as: UTF8.self))
    let outcome = await withCheckedContinuation { continuation in
      admit(Question(request: request, gate: gate, continuation: continuation))
    }
    guard case .accepted(let local) = outcome else { return outcome }
    return local.user >= minimumUser ? outcome : .refused
  }

  private func admit(_ question: Question) {
    let isFull = state.withLock { state in
      if state.waiting.count >= queueLimit { return true }
      state.waiting.append(question)
      return false
    }
    if isFull { return question.continuation.resume(returning: .unavailable(.tryLater)) }
    sendWhatMay()
  }

  /// Sends waiting questions, up to the number that may be in progress.
  private func sendWhatMay() {
    var failed: [(Question, Outcome)] = []
    state.withLock { state in
      while state.asked.count < concurrency, !state.waiting.isEmpty {
        let question = state.waiting.removeFirst()
        if !question.gate.mayStart() {
          failed.append((question, .overBudget))
        } else if let obstacle = send(question, &state) {
          failed.append((question, .unavailable(obstacle)))
        }
      }
    }
    for (question, outcome) in failed { question.continuation.resume(returning: outcome) }
  }

  /// The obstacle to report if the other end is closed.
  private var whenGone: Obstacle { if case .connected = place { .ended } else { .absent } }

  /// Sends a question; returns the obstacle if that fails.
  private func send(_ question: Question, _ state: inout State) -> Obstacle? {
    if state.socket < 0, case .path(let path) = place, let socket = try? PacketSocket.connect(to: path) {
      state.socket = socket.release()
    }
    guard state.socket >= 0 else { return whenGone }
    guard startReader(&state) else { return .tryLater }
    let id = state.next
    state.next = id == .max ? 1 : id + 1
    guard var packet = try? Message.request(id: id, question.request).encoded() else { return .tryLater }
    defer { Secret.wipe(&packet) }
    do throws(SystemError) {
      guard try PacketSocket.send(state.socket, packet) else { return .tryLater }
    } catch {
      // The reader will notice the end too, and close the socket.
      return whenGone
    }
    state.asked[id] = Asked(
      gate: question.gate, continuation: question.continuation, deadline: MonotonicTime.now.advanced(by: patience))
    return nil
  }

  // MARK: - Answers

  /// Starts the thread that reads the answers, from the first question until the socket closes.
  private func startReader(_ state: inout State) -> Bool {
    if state.hasReader { return true }
    var thread = pthread_t()
    let created = pthread_create(
      &thread, nil,
      { context in
        ProcessLimits.nameThread("weftpd-authd-in")
        if let context { Unmanaged<LocalUserAuthenticator>.fromOpaque(context).takeRetainedValue().read() }
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    guard created == 0 else {
      Unmanaged.passUnretained(self).release()
      return false
    }
    pthread_detach(thread)
    state.hasReader = true
    return true
  }

  private func read() {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Message.limit, alignment: 16)
    defer { buffer.deallocate() }
    let socket = state.withLock { $0.socket }
    while true {
      _ = Poll.wait(socket, .readable, milliseconds: 1000)
      switch try? PacketSocket.receive(socket, into: buffer) {
      case .nothing: giveUpOverdue()
      case .packet(let count):
        guard let message = try? Message(UnsafeRawBufferPointer(rebasing: buffer[..<count])), take(message) else {
          return end()
        }
      // After an end, an error or a malformed packet, the other end can no longer be trusted.
      case .ended, .tooLong, nil: return end()
      }
      sendWhatMay()
    }
  }

  /// Gives an answer to its question; false if the message is not an answer. An answer that comes too late is dropped.
  private func take(_ message: Message) -> Bool {
    let (id, outcome): (UInt32, Outcome)
    switch message {
    case .accepted(let number, let user): (id, outcome) = (number, .accepted(user))
    case .refused(let number): (id, outcome) = (number, .refused)
    case .tryLater(let number): (id, outcome) = (number, .unavailable(.tryLater))
    case .request: return false
    }
    guard let asked = state.withLock({ $0.asked.removeValue(forKey: id) }) else { return true }
    if outcome == .refused { asked.gate.countRefusal() }
    asked.continuation.resume(returning: outcome)
    return true
  }

  private func giveUpOverdue() {
    let now = MonotonicTime.now
    let overdue = state.withLock { state in
      let overdue = state.asked.filter { $0.value.deadline <= now }
      for id in overdue.keys { state.asked[id] = nil }
      return overdue
    }
    for asked in overdue.values { asked.continuation.resume(returning: .unavailable(.tryLater)) }
  }

  /// Closes the socket: open questions get no answer, and the next question connects again if that is possible.
  private func end() {
    let (asked, waiting) = state.withLock { state in
      if state.socket >= 0 { _ = Descriptor(owning: state.socket) }
      state.socket = -1
      state.hasReader = false
      defer {
        state.asked = [:]
        state.waiting = []
      }
      return (state.asked, state.waiting)
    }
    for asked in asked.values { asked.continuation.resume(returning: .unavailable(whenGone)) }
    for question in waiting { question.continuation.resume(returning: .unavailable(whenGone)) }
  }
}
