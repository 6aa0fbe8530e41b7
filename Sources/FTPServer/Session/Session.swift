// One control connection's protocol interpreter: reads commands in order, runs them, sends the replies, and ends.

import FTPProtocol
import LinuxSystem
import Logging
import Reactor

/// A session: an actor on a serial queue of its own. It shares nothing mutable with others but ``ServerContext``.
///
/// An idle session is parked in the reactor: it holds no thread and no buffer.
actor Session {
  nonisolated let id: UInt64
  nonisolated let context: ServerContext
  /// The settings and accounts of the moment the client connected.
  nonisolated let snapshot: ServerContext.Snapshot
  nonisolated let parking: Parking
  private nonisolated let executor = QueueExecutor(label: "weftpd.session")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  let control: ControlConnection
  var login = LoginState.greeted
  var directory = VirtualPath.root
  var parameters = TransferParameters()
  var dataPort = PendingDataConnection.none
  var transfer: TransferProgress?
  /// Commands that came in during a transfer and wait for its end.
  var postponed: [CommandReader.Event] = []
  /// The loop ends after the command at hand.
  var isEnding = false
  /// The client has closed its side: what it sent before is still answered.
  var inputEnded = false
  var failedLogins = 0
  var refusedCommands = 0
  private let connected = MonotonicTime.now
  private var lastCommand = MonotonicTime.now

  init(id: UInt64, context: ServerContext, snapshot: ServerContext.Snapshot, control: sending ControlConnection) {
    self.id = id
    self.context = context
    self.snapshot = snapshot
    self.control = control
    parking = Parking(context.reactor)
  }

  nonisolated var configuration: ServerConfiguration { snapshot.configuration }

  // MARK: the loop

  /// Serves the client until one side ends the session.
  func run() async {
    reply(Reply(220, configuration.greeting))
    await serve()
    close()
  }

  private func serve() async {
    while true {
      while let event = nextEvent() {
        lastCommand = .now
        if let slow = handle(event) { await slow(self) }
        if isEnding { return await lastFlush() }
        // Replies of pipelined commands leave together, but not without bound.
        if control.hasOutput, control.outputCount > 64 * 1024, !(await flush()) { return }
      }
      guard await flush() else { return }
      if inputEnded { return }
      guard await awaitInput() else { return await lastFlush() }
    }
  }

  private func nextEvent() -> CommandReader.Event? {
    postponed.isEmpty ? control.reader.next() : postponed.removeFirst()
  }

  /// Sends all that is queued; false when the client is gone or does not read for `timeouts.data-stall`.
  func flush() async -> Bool {
    do {
      while try !control.flush() {
        let deadline = MonotonicTime.now.advanced(by: configuration.timeouts.dataStall.inNanoseconds)
        if await parking.wait(control.number, .writable, until: deadline) == .deadline { return false }
        if context.ending.load(ordering: .relaxed) == .now { return false }
      }
      return true
    } catch {
      return false
    }
  }

  private func lastFlush() async {
    _ = await flush()
    Socket.shutdownWriting(control.number)
    // Unread input would make close(2) a reset, which can overtake the last reply.
    if !inputEnded { _ = control.receive() }
  }

  private func close() {
    discardDataPort()
    parking.retire()
    context.registry.release(id, peer: control.peer.address)
    context.logger.event(.debug, "session ended", record(duration: MonotonicTime.now.since(connected)))
  }

  // MARK: waiting for the client

  /// Waits for input; false when the session is over, with what the client has to be told queued.
  private func awaitInput() async -> Bool {
    if context.ending.load(ordering: .relaxed) != .no { return endForShutdown() }
    // Linger: the next command often comes within a round trip, and a wake through the reactor costs more than that.
    switch context.lingering({ Poll.wait(control.number, .readable, milliseconds: 2) }) {
    case true?: if let goesOn = takeInput() { return goesOn }
    case nil: if let goesOn = takeInput() { return goesOn }
    case false?: break
    }
    control.releaseBuffers()
    while true {
      let deadline = nextDeadline()
      switch await parking.wait(control.number, .readable, until: deadline.time) {
      case .ready: if let goesOn = takeInput() { return goesOn }
      case .called: if context.ending.load(ordering: .relaxed) != .no { return endForShutdown() }
      case .deadline: if !expire(deadline.kind) { return false }
      }
    }
  }

  /// Reads once. Nil: nothing was there; else whether the session goes on.
  private func takeInput() -> Bool? {
    switch control.receive() {
    case .received: return true
    case .nothing: return nil
    case .ended:
      inputEnded = true
      return true
    case .lost: return false
    }
  }

  private func endForShutdown() -> Bool {
    reply(Reply(421, "The server is going down. Try again later."))
    return false
  }

  private enum DeadlineKind { case login, idle, passive }

  private func nextDeadline() -> (time: MonotonicTime, kind: DeadlineKind) {
    let timeouts = configuration.timeouts
    var next = (time: lastCommand.advanced(by: timeouts.idle.inNanoseconds), kind: DeadlineKind.idle)
    if identity == nil {
      let login = connected.advanced(by: timeouts.login.inNanoseconds)
      if login < next.time { next = (login, .login) }
    }
    if case .passive(let listener) = dataPort, listener.expires < next.time { next = (listener.expires, .passive) }
    return next
  }

  /// A deadline has come; true when the session goes on.
  private func expire(_ kind: DeadlineKind) -> Bool {
    switch kind {
    case .passive:
      discardDataPort()
      return true
    case .login:
      reply(
        Reply(421, "No login within \(configuration.timeouts.login.inNanoseconds / 1_000_000_000) seconds: closing."))
    case .idle:
      reply(Reply(421, "Idle for \(configuration.timeouts.idle.inNanoseconds / 1_000_000_000) seconds: closing."))
    }
    context.logger.event(.info, "session timed out", record(result: 421))
    return false
  }

  // MARK: replies, identity, log records

  func reply(_ reply: Reply) { control.queue(reply) }

  var identity: Identity? {
    if case .loggedIn(let identity) = login { return identity }
    return nil
  }

  /// The identity, for handlers behind the table's login gate.
  func requireIdentity() throws(FTPError) -> Identity {
    guard let identity else { throw .notLoggedIn }
    return identity
  }

  func record(
    verb: Verb? = nil, path: [UInt8] = [], bytes: UInt64? = nil, duration: Int64? = nil, result: UInt16? = nil,
    note: String? = nil
  ) -> EventRecord {
    EventRecord(
      session: id, peer: control.peer, user: identity?.account.name ?? [], verb: verb?.description ?? "", path: path,
      bytes: bytes, duration: duration.map { .nanoseconds($0) }, result: result, note: note)
  }
}
