// One control connection's protocol interpreter: reads commands in order, runs them, sends the replies, and ends.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import Logging
import Reactor

/// A session: an actor on a serial queue of its own. It shares nothing mutable with others but ``ServerContext``.
///
/// An idle session is parked in the reactor: it holds no thread and no buffer.
actor Session {
  nonisolated let context: ServerContext
  /// What others may know of this session, and the word that ends it.
  nonisolated let activity: SessionActivity
  /// The settings of the moment the client connected. Who may do what is always asked of the accounts in force: ``accounts``.
  nonisolated let snapshot: ServerContext.Snapshot
  private nonisolated let executor = QueueExecutor(label: "weftpd.session")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  let control: ControlConnection
  var login = LoginState.greeted {
    didSet { activity.note(user: identity?.account.name ?? []) }
  }
  var directory = VirtualPath.root
  var parameters = TransferParameters()
  /// What PBSZ and PROT have settled for data connections.
  var protection = DataProtection()
  /// Where its data connections come from, and those that are open.
  let channels: DataChannelFactory
  /// The transfer that runs.
  var transfer: TransferProgress?
  /// Commands that came in during a transfer and wait for its end.
  private(set) var postponed: [CommandReader.Event] = []
  private(set) var postponedBytes = 0
  /// The loop ends after the command at hand.
  var isEnding = false
  /// The client has closed its side: what it sent before is still answered.
  var inputEnded = false
  /// The connection is broken: nothing can be said any more.
  private var isLost = false
  var extras: SessionExtras?
  var failedLogins = 0
  var refusedCommands = 0
  /// When the greeting was said, or said again by REIN: the start of `timeouts.login`.
  var greeted = MonotonicTime.now
  /// When the client last did something: the start of `timeouts.idle`.
  var lastCommand = MonotonicTime.now

  init(id: UInt64, context: ServerContext, snapshot: ServerContext.Snapshot, control: sending ControlConnection) {
    self.context = context
    self.snapshot = snapshot
    activity = SessionActivity(id: id, peer: control.peer, parking: Parking(context.reactor))
    self.control = control
    channels = DataChannelFactory(control: control, snapshot: snapshot, context: context)
  }

  nonisolated var id: UInt64 { activity.id }
  nonisolated var parking: Parking { activity.parking }
  nonisolated var configuration: ServerConfiguration { snapshot.configuration }

  // MARK: the loop

  /// What the session has to wait for before it can go on.
  private enum Pause {
    /// A command that waits for something: the rest of it.
    case command(Continuation)
    /// Input, until a deadline.
    case input(MonotonicTime)
    /// Room for output.
    case output
    /// Nothing: the session is over.
    case over
  }

  /// Starts or goes on with a session on its own queue.
  ///
  /// Called off that queue: the task runs here up to its first suspension, which is the way to the queue, so there is one hop.
  nonisolated func start(after wake: Wake? = nil) {
    Task.immediate { await self.run(after: wake) }
  }

  /// Serves the client until it pauses or one side ends the session.
  ///
  /// An idle session has no task, whose frames cost kilobytes: this function returns, and the reactor calls ``start(after:)`` again.
  private func run(after wake: Wake?) async {
    // Input is often followed by more; what came of a data connection says nothing of that.
    var lingers = true
    if let wake { lingers = resume(wake) } else if await !greet() { return close() }
    while true {
      switch advance(lingering: lingers) {
      case .command(let rest): await rest(self)
      case .input(let deadline):
        let data = channels.watched(isPrivate: protection.isPrivate && !protection.isTLSClient)
        return parking.call(when: control.number, .readable, data.number, data.interest, until: deadline) { [self] in
          start(after: $0)
        }
      case .output: if await !flush() { return close() }
      case .over: return await end()
      }
    }
  }

  /// Runs commands, sends replies and reads input until there is something to wait for.
  private func advance(lingering lingers: Bool) -> Pause {
    var lingers = lingers
    while !isLost {
      var hasMore = false
      if activity.hasNews { reviewLogin() }
      while !isEnding, !isToEnd, let event = nextEvent() {
        lastCommand = .now
        // Pipelined commands too follow a change from the next one on.
        if activity.hasNews { reviewLogin() }
        lingers = true
        if let rest = handle(event) { return .command(rest) }
        // Replies of pipelined commands leave together, but not without bound.
        if control.outputCount > 64 * 1024 {
          hasMore = true
          break
        }
      }
      do {
        if try !control.flush() { return .output }
      } catch {
        return .over
      }
      if isEnding { return .over }
      if hasMore, !isToEnd { continue }
      if inputEnded { return .over }
      // A client that talks without pause and never logs in.
      if identity == nil, !isToEnd, nextDeadline().time <= .now {
        expire(nextDeadline().kind)
        continue
      }
      if isToEnd {
        reply(farewell)
        isEnding = true
        continue
      }
      // Linger: the next command often comes within a round trip, and a wake through the reactor costs more than that.
      let waited = lingers ? context.lingering { control.receive(lingering: true) } : nil
      if take(waited ?? control.receive()) { continue }
      control.releaseBuffers()
      return .input(nextDeadline().time)
    }
    return .over
  }

  /// Whether the session is to end as soon as no transfer runs.
  private var isToEnd: Bool { context.ending.load(ordering: .relaxed) != .no || activity.isTold }

  /// What the client hears at such an end.
  private var farewell: Reply {
    activity.farewell.map { Reply(421, $0) } ?? Reply(421, "The server is shutting down. Try again later.")
  }

  /// Goes on after waiting for input; whether some has come.
  private func resume(_ wake: Wake) -> Bool {
    switch wake {
    case .ready(let hasInput, let dataIsReady):
      if dataIsReady { inspectData() }
      if hasInput { return take(control.receive()) }
    case .called: if channels.isRevoked { channels.forget() }
    case .deadline: expire(nextDeadline().kind)
    }
    return false
  }

  /// Whether there is something new to look at.
  private func take(_ input: ControlConnection.Input) -> Bool {
    switch input {
    case .received: break
    case .nothing: return false
    case .ended: inputEnded = true
    case .lost: isLost = true
    }
    return true
  }

  private func nextEvent() -> CommandReader.Event? {
    if postponed.isEmpty { return control.reader.next() }
    if postponed.count == 1 { postponedBytes = 0 }
    return postponed.removeFirst()
  }

  /// Keeps an event for after the transfer.
  func postpone(_ event: CommandReader.Event) {
    postponed.append(event)
    if case .command(let command) = event { postponedBytes += command.argument.count }
    postponedBytes += 16
  }

  /// Whether commands wait that came during a transfer.
  var hasPostponed: Bool { !postponed.isEmpty }

  /// Forgets the commands that came during a transfer.
  func dropPostponed() {
    postponed = []
    postponedBytes = 0
  }

  /// Sends all that is queued; false when the client is gone, or stands still for `timeouts.data-stall` as a transfer may not.
  func flush() async -> Bool {
    do {
      if try control.flush() { return true }
      let waiting = control.outputCount
      var pace = Pace(PaceLimits(stall: configuration.timeouts.dataStall))
      repeat {
        let allowance = try pace.allowance(at: UInt64(max(0, waiting - control.outputCount)))
        let start = MonotonicTime.now
        _ = await parking.wait(control.number, .writable, until: start.advanced(by: allowance))
        pace.count(waited: MonotonicTime.now.since(start))
        if isToldToStop { return false }
      } while try !control.flush()
      return true
    } catch {
      return false
    }
  }

  private func end() async {
    if !isLost, await flush() {
      control.endOutput()
      // Unread input would make close(2) a reset, which can overtake the last reply.
      if !inputEnded { _ = control.receive() }
    }
    close()
  }

  private func close() {
    tellOfStrangers()
    channels.closeAll(id)
    parking.retire()
    context.registry.release(id, peer: control.peer.address)
    tellLogout()
    tell(.sessionEnded, .debug, "session ended", record(duration: MonotonicTime.now.since(activity.connected)))
  }

  /// Greets the client; on an implicit listener TLS comes first. False when the connection has come to its end.
  private func greet() async -> Bool {
    if control.rules.isImplicit, await !secureImplicitly() { return false }
    applyDefaultType()
    reply(Reply(220, greeting))
    return true
  }

  // MARK: deadlines

  /// How long the session may be idle.
  var idleLimit: Duration { parameters.fileState?.idle ?? configuration.timeouts.idle }

  private enum DeadlineKind { case login, idle, channels }

  private func nextDeadline() -> (time: MonotonicTime, kind: DeadlineKind) {
    var next = (time: lastCommand.advanced(by: idleLimit.inNanoseconds), kind: DeadlineKind.idle)
    if identity == nil {
      let login = greeted.advanced(by: configuration.timeouts.login.inNanoseconds)
      if login < next.time { next = (login, .login) }
    }
    if channels.expires < next.time { next = (channels.expires, .channels) }
    return next
  }

  private func expire(_ kind: DeadlineKind) {
    switch kind {
    case .channels:
      tellOfStrangers()
      return channels.expire(at: .now)
    case .login: reply(Reply(421, "No login within \(Self.seconds(configuration.timeouts.login)) seconds: closing."))
    case .idle: reply(Reply(421, "Idle for \(Self.seconds(idleLimit)) seconds: closing."))
    }
    tell(.info, "session timed out", record(result: 421))
    isEnding = true
  }

  private static func seconds(_ duration: Duration) -> Int64 { duration.components.seconds }

  // MARK: replies, identity

  func reply(_ reply: Reply) { control.queue(extras?.worded(reply) ?? reply) }

  var identity: Identity? {
    if case .loggedIn(let identity) = login { return identity }
    return nil
  }

  /// The identity, for handlers behind the table's login gate.
  func requireIdentity() throws(FTPError) -> Identity {
    guard let identity else { throw .notLoggedIn }
    return identity
  }
}
