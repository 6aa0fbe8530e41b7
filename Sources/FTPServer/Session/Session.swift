// One control connection's protocol interpreter: reads commands in order, runs them, sends the replies, and ends.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import Logging
import Reactor

/// A session: an actor that runs in turns on the shared workers. It shares nothing mutable with others but ``ServerContext``.
///
/// An idle session is parked in the reactor: it holds no thread and no buffer.
actor Session: Parked {
  nonisolated let context: ServerContext
  /// What others may know of this session, and the word that ends it.
  nonisolated let activity: SessionActivity
  /// The settings of the moment the client connected. Who may do what is always asked of the accounts in force: ``accounts``.
  nonisolated let snapshot: ServerContext.Snapshot
  nonisolated let executor: SessionExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  let control: ControlConnection
  var login = LoginState.greeted {
    didSet {
      activity.note(user: identity?.account.name ?? [])
      applyQuotas()
      applyRates()
      claimant = nil
    }
  }
  /// In whose name it asks for passive ports, once it has.
  var claimant: PortClaimant?
  var directory = VirtualPath.root
  var parameters = TransferParameters()
  /// What PBSZ and PROT have settled for data connections.
  var protection = DataProtection()
  /// Where its data connections come from, and those that are open.
  let channels: DataChannelFactory
  /// The limits on its bandwidth; nil: none.
  var rates: SessionRates?
  /// What it may store and move; nil: as much as there is room for.
  var quotas: SessionQuotas?
  /// The transfer that runs.
  var transfer: TransferProgress?
  /// The transfer has lingered for its data connection: waiting comes next.
  var hasLingered = false
  /// Commands that came in during a transfer and wait for its end.
  private(set) var postponed: [CommandReader.Event] = []
  private(set) var postponedBytes = 0
  private var isGreeted = false
  /// What the task that begins is to await first.
  private var pause: Pause?
  /// The loop ends after the command at hand.
  var isEnding = false
  /// The client has closed its side: what it sent before is still answered.
  var inputEnded = false
  /// The connection is broken: nothing can be said any more.
  private var isLost = false
  var extras: SessionExtras?
  var failedLogins = 0
  var refusedCommands = 0
  /// The commands that have come until now: with the session's number that of the request at hand.
  var requests: UInt32 = 0
  /// The code of the reply that was queued last.
  private(set) var lastReply: UInt16 = 0
  /// When the greeting was said, or said again by REIN: the start of `timeouts.login`.
  var greeted = MonotonicTime.now
  /// When the client last did something: the start of `timeouts.idle`.
  var lastCommand = MonotonicTime.now {
    didSet { activity.note(active: lastCommand) }
  }

  init(id: UInt64, context: ServerContext, snapshot: ServerContext.Snapshot, control: sending ControlConnection) {
    self.context = context
    executor = SessionExecutor(context.reactor)
    self.snapshot = snapshot
    activity = SessionActivity(
      id: id, peer: control.peer, isMultipath: control.isMultipath,
      parking: Parking(context.reactor, home: control.number))
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
    /// Its next turn: others come first.
    case turn
    /// Nothing: the session is over.
    case over
  }

  /// Begins the session, on one of the workers.
  nonisolated func start() { executor.run(self) }

  nonisolated func resume(after wake: Wake?) { assumeIsolated { $0.goOn(after: wake) } }

  /// Serves the client until it pauses. A task is made only for what has to be awaited.
  ///
  /// An idle session has no task, whose frames cost kilobytes: this function returns, and is called again when there is something new.
  private func goOn(after wake: Wake?) {
    if isGreeted {
      // Input is often followed by more; what came of a data connection says nothing of that.
      let pause = advance(lingering: wake.map { resume($0) } ?? true)
      if park(pause) { return }
      self.pause = pause
    }
    // The preference keeps the task on this executor also when it has waited.
    Task(executorPreference: executor) { await self.serve() }
  }

  /// Serves the client, with a task, until it is to park without one, or the session is over.
  private func serve() async {
    if !isGreeted {
      isGreeted = true
      if await !greet() { return close() }
    }
    while true {
      let next = pause ?? advance(lingering: true)
      pause = nil
      if park(next) { return }
      switch next {
      case .command(let rest):
        await rest(self)
        // Whoever waits does not wait for more than one transfer.
        if executor.othersWait { return executor.run(self) }
      case .output: if await !flush() { return close() }
      case .over: return await end()
      case .input, .turn: return
      }
    }
  }

  /// Waits without a task, if that is what `pause` asks for; false if not.
  private func park(_ pause: Pause) -> Bool {
    switch pause {
    case .input(let deadline):
      let data = channels.watched(isPrivate: protection.isPrivate && !protection.isTLSClient)
      parking.call(self, when: control.number, .readable, data.number, data.interest, until: deadline)
    case .turn: executor.run(self)
    case .command, .output, .over: return false
    }
    return true
  }

  /// Runs commands, sends replies and reads input until there is something to wait for.
  private func advance(lingering lingers: Bool) -> Pause {
    var lingers = lingers
    while !isLost {
      var hasMore = false
      var isTurnOver = false
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
        if executor.isTurnOver() {
          isTurnOver = true
          break
        }
      }
      do {
        if try !control.flush() { return .output }
      } catch {
        return .over
      }
      if isEnding { return .over }
      if isTurnOver { return .turn }
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
      if !lingers {
        if take(control.receive()) { continue }
        // Linger: the next command often comes within a round trip, and a wake through the reactor costs more than that.
      } else if let waited = executor.lingering({ control.receive(lingering: true) }) {
        if take(waited) { continue }
        // In a crowd the answer has only just gone, and the next command is not there yet: epoll tells as well as a call more.
      } else if control.tls != nil, take(control.receive()) {
        continue
      }
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
    activity.tellPaths(nil)
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

  // MARK: replies, identity

  func reply(_ reply: Reply) {
    lastReply = reply.code
    control.queue(extras?.worded(reply, activity) ?? reply)
  }

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
