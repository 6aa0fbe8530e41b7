// A session as the attendant of its transfers: it waits for them, and serves the control connection meanwhile.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import Reactor

extension Session: Attendant {
  /// Bytes of commands that may queue up behind a transfer; then the control connection is not read until it ends.
  private static let postponedLimit = 64 * 1024
  /// Bytes of replies a client may leave unread before its commands are left unread too.
  private static let outputLimit = 64 * 1024
  /// Bytes of replies to restart markers that may wait; then nothing is received until the client has read them.
  private static let markerReplies = 16 * 1024

  var listensToControl: Bool {
    !inputEnded && postponedBytes < Self.postponedLimit && control.outputCount < Self.outputLimit
  }

  var paceLimits: PaceLimits {
    PaceLimits(stall: configuration.timeouts.dataStall, minimumRate: configuration.transfer.minimumRate)
  }

  // MARK: waiting

  /// Waits until `number` is ready.
  func wait(
    for number: Int32, _ interest: Readiness, until deadline: MonotonicTime
  ) async throws(TransferBreak) {
    while true {
      // Lingering once is enough, and it has been done if ``isReadySoon(_:_:)`` was asked.
      if hasLingered { hasLingered = false } else if try isReadySoon(number, interest) { return }
      hasLingered = false
      let control = try controlInterest()
      let ready: (first: Bool, second: Bool)
      switch await parking.wait(number, interest, control.number, control.interest, until: deadline) {
      case .ready(let first, let second): ready = (first, second)
      case .deadline: throw .stalled
      case .called:
        if channels.isRevoked { throw .stalled }
        ready = (false, false)
      }
      try attend(to: ready.second)
      if ready.first { return }
      // A client that talks without pause must not keep a dead data connection alive.
      if ready.second, MonotonicTime.now >= deadline { throw .stalled }
    }
  }

  func isReadySoon(_ number: Int32, _ interest: Readiness) throws(TransferBreak) -> Bool {
    // What came in one piece with the command at hand lies in the reader: the socket will not tell of it.
    if control.reader.hasBufferedBytes { try answerDuringTransfer(isPipelined: true) }
    let control = try controlInterest()
    hasLingered = true
    let lingered = executor.lingering {
      Poll.wait(number, interest, control.number, control.interest, milliseconds: 2)
    }
    guard let lingered, lingered.first || lingered.second else { return false }
    try attend(to: lingered.second)
    if lingered.first { hasLingered = false }
    return lingered.first
  }

  /// What is to be waited for on the control connection meanwhile; a descriptor of -1: nothing.
  ///
  /// - Throws: ``TransferBreak/ending`` if the transfer is to be broken off.
  private func controlInterest() throws(TransferBreak) -> (number: Int32, interest: Readiness) {
    if activity.hasNews { reviewLogin() }
    if isToldToStop { throw .ending }
    let interest: Readiness = [listensToControl ? .readable : [], control.hasOutput ? .writable : []]
    return (interest.isEmpty ? -1 : control.number, interest)
  }

  private func attend(to controlIsReady: Bool) throws(TransferBreak) {
    turnStrangersAway()
    if controlIsReady { try serveControlConnection() }
  }

  /// Waits because of a limit on bandwidth. Where the limits have changed meanwhile, the wait ends early.
  func pause(until deadline: MonotonicTime) async throws(TransferBreak) {
    if control.reader.hasBufferedBytes { try answerDuringTransfer(isPipelined: true) }
    while true {
      if activity.hasNews { reviewLogin() }
      if isToldToStop { throw .ending }
      let interest: Readiness = [listensToControl ? .readable : [], control.hasOutput ? .writable : []]
      switch await parking.wait(interest.isEmpty ? -1 : control.number, interest, until: deadline) {
      case .ready: try serveControlConnection()
      case .deadline: return turnStrangersAway()
      case .called:
        if activity.hasNews { reviewLogin() }
        if isToldToStop { throw .ending }
        return
      }
      if MonotonicTime.now >= deadline { return }
    }
  }

  /// Looks at the control connection without waiting, so that ABOR is seen in a transfer that never has to wait.
  func attend() throws(TransferBreak) {
    turnStrangersAway()
    if activity.hasNews { reviewLogin() }
    if isToldToStop { throw .ending }
    if control.reader.hasBufferedBytes { try answerDuringTransfer(isPipelined: true) }
    if listensToControl, Poll.wait(control.number, .readable, milliseconds: 0) { try serveControlConnection() }
    transfer?.upload?.progressed(by: activity.meter.bytes)
  }

  func makeWay() async {
    if executor.othersWait { await executor.makeWay() }
    if let overdue = transfer?.upload?.overdue() { await waitOnDisk(overdue) }
  }

  /// Whether transfers are to be broken off.
  var isToldToStop: Bool { context.ending.load(ordering: .relaxed) == .now || activity.isTold }

  /// Keeps the queue of a multipath transfer's listener empty: a full one would keep further paths out.
  private func turnStrangersAway() {
    guard let data = channels.current, data.isMultipath else { return }
    let count = data.turnStrangersAway()
    if count > 0, let count = context.notices.pass(.latecomers, count: count) {
      tell(.warning, "closed \(count) connection\(count == 1 ? "" : "s") to the port of a running transfer", record())
    }
  }

  // MARK: the control connection meanwhile

  /// Reads the control connection in a transfer: answers what may be answered now, keeps the rest for later, in order.
  ///
  /// - Throws: ``TransferBreak/aborted`` on ABOR; ``TransferBreak/controlConnectionLost`` when the client is gone.
  func serveControlConnection() throws(TransferBreak) {
    do { _ = try control.flush() } catch { throw .controlConnectionLost }
    guard listensToControl else { return }
    switch control.receive() {
    case .nothing: return
    case .lost: throw .controlConnectionLost
    // Half-closed: a client that has said all it wants to say still gets its file.
    case .ended: inputEnded = true
    case .received: break
    }
    try answerDuringTransfer()
  }

  /// Answers or puts off the commands that have come.
  ///
  /// - Parameter isPipelined: they came in one piece with the command at hand.
  func answerDuringTransfer(isPipelined: Bool = false) throws(TransferBreak) {
    var isAborted = false
    while let event = control.reader.next() {
      if case .command(let command) = event {
        if command.verb == "ABOR" { isAborted = true }
        // Behind QUIT nothing is answered but the transfer.
        if isEnding { continue }
        // Out of order only what RFC 959 wants during a transfer, and only if nothing waits before it.
        if postponed.isEmpty, answerNow(decoded(command), isPipelined: isPipelined) { continue }
      }
      if !isEnding { postpone(event) }
    }
    do { _ = try control.flush() } catch { throw .controlConnectionLost }
    if isAborted { throw .aborted }
  }

  // MARK: restart markers and suspect data

  var isBacklogged: Bool { control.outputCount > Self.markerReplies }

  func relieve() async throws(TransferBreak) {
    guard await flush() else { throw .controlConnectionLost }
  }

  /// Answers a restart marker of the client's, if what came before it is kept.
  func receivedMarker(_ mark: [UInt8], at position: Int64, _ point: RestartPoint) {
    guard let upload = transfer?.upload, upload.keep(upTo: position) else { return }
    reply(Reply(110, bytes: Array("MARK ".utf8) + mark + Array(" = ".utf8) + point.text))
  }

  func receivedSuspectData() {
    tell(
      .notice, "the client marked data as suspect",
      record(verb: transfer?.verb, path: transfer?.path.bytes ?? [], bytes: activity.meter.bytes))
  }
}
