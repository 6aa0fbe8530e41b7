// Asks weftpd-authd whether a password is a local user's, without holding a thread while PAM thinks.

import AuthenticationProtocol
import Glibc
import LinuxSystem
import Synchronization

/// The way to weftpd-authd, the only process that knows PAM.
///
/// At most `concurrency` questions are on their way at once. Others wait in order of arrival, suspended; when the line is full the
/// answer is `.unavailable(.tryLater)` at once.
public final class LocalUserAuthenticator: Sendable {
  /// Where weftpd-authd is.
  public enum Place: Sendable, Equatable {
    /// A connected socket, made before privileges were given up. When it ends there is no other.
    case connected(Int32)
    /// The socket systemd listens on for it.
    case path(String)
  }

  /// What became of a question.
  public enum Outcome: Sendable, Equatable {
    case accepted(LocalUser)
    /// The password is wrong, or the user may not log in: which of them is not told.
    case refused
    /// Nobody could tell.
    case unavailable(Obstacle)
  }

  /// Why nobody could tell; the operator may want to know.
  public enum Obstacle: Sendable, Equatable {
    /// Too much to do, no answer in time, or PAM itself does not work: weftpd-authd's own log says which.
    case tryLater
    /// Nobody takes questions where weftpd-authd should be listening. The next question tries again.
    case absent
    /// The weftpd-authd that weftpd started has ended, and without root's rights there is no other: weftpd has to be started anew.
    case ended
  }

  private struct Question: Sendable {
    let request: LoginRequest
    let continuation: CheckedContinuation<Outcome, Never>
  }

  private struct Asked: Sendable {
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
  ///   - concurrency: questions at a time; weftpd-authd has its own bound, 16.
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

  /// Asks. The answer is checked against `minimumUser` here too: root never comes out of it.
  ///
  /// - Parameter remoteHost: the client's address, for PAM's log.
  public func check(user: [UInt8], password: [UInt8], remoteHost: String) async -> Outcome {
    // What no message can carry is nobody's name or password.
    guard (1...Message.userLimit).contains(user.count), !user.contains(0), password.count <= Message.passwordLimit,
      !password.contains(0)
    else { return .refused }
    let request = LoginRequest(
      service: service, minimumUser: minimumUser, user: user, password: Secret(password),
      remoteHost: String(decoding: remoteHost.utf8.prefix(64), as: UTF8.self))
    let outcome = await withCheckedContinuation { continuation in
      admit(Question(request: request, continuation: continuation))
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

  /// Sends questions as long as there is room for more on their way.
  private func sendWhatMay() {
    var failed: [(Question, Obstacle)] = []
    state.withLock { state in
      while state.asked.count < concurrency, !state.waiting.isEmpty {
        let question = state.waiting.removeFirst()
        if let obstacle = send(question, &state) { failed.append((question, obstacle)) }
      }
    }
    for (question, obstacle) in failed { question.continuation.resume(returning: .unavailable(obstacle)) }
  }

  /// What it means that there is nobody at the other end.
  private var whenGone: Obstacle { if case .connected = place { .ended } else { .absent } }

  /// Sends a question; says what is in the way, if anything is.
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
      // The reader is about to find the end, too, and closes the socket.
      return whenGone
    }
    state.asked[id] = Asked(
      continuation: question.continuation, deadline: MonotonicTime.now.advanced(by: patience))
    return nil
  }

  // MARK: - Answers

  /// One thread reads the answers, from the first question to the end of the socket.
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
      // An end, an error, and anything odd are all the same: there is nobody to trust at the other end.
      case .ended, .tooLong, nil: return end()
      }
      sendWhatMay()
    }
  }

  /// Hands an answer to who asked; false for what is no answer. One that came too late is nobody's.
  private func take(_ message: Message) -> Bool {
    let (id, outcome): (UInt32, Outcome)
    switch message {
    case .accepted(let number, let user): (id, outcome) = (number, .accepted(user))
    case .refused(let number): (id, outcome) = (number, .refused)
    case .tryLater(let number): (id, outcome) = (number, .unavailable(.tryLater))
    case .request: return false
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
    for asked in overdue.values { asked.continuation.resume(returning: .unavailable(.tryLater)) }
  }

  /// The socket is of no use any more: nobody who asked gets an answer. The next question connects anew where that is possible.
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
