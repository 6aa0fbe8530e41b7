// Waiting in a transfer: for the data connection, while the control connection stays open to ABOR, STAT, NOOP and QUIT.

import FTPProtocol
import LinuxSystem
import Reactor

extension Session {
  /// Bytes of commands that may queue up behind a transfer; then the control connection is not read until it ends.
  private static let postponedLimit = 64 * 1024

  /// Bytes of replies a client may leave unread before its commands are left unread too.
  private static let outputLimit = 64 * 1024

  var listensToControl: Bool {
    !inputEnded && postponedBytes < Self.postponedLimit && control.outputCount < Self.outputLimit
  }

  /// Waits until the data socket `number` is ready, answering the control connection meanwhile.
  ///
  /// - Throws: ``FTPError/broken(_:)`` on ABOR, at `deadline` (default: `timeouts.data-stall` from now), or when the server ends.
  func waitForData(_ number: Int32, _ interest: Readiness, deadline: MonotonicTime? = nil) async throws(FTPError) {
    // What came in one piece with the command at hand lies in the reader: the socket will not tell of it.
    if control.reader.hasBufferedBytes { try answerDuringTransfer() }
    let deadline = deadline ?? MonotonicTime.now.advanced(by: configuration.timeouts.dataStall.inNanoseconds)
    while true {
      if context.ending.load(ordering: .relaxed) == .now { throw .broken(.serverEnding) }
      let controlInterest: Readiness = [listensToControl ? .readable : [], control.hasOutput ? .writable : []]
      let controlNumber = controlInterest.isEmpty ? -1 : control.number
      let ready: (first: Bool, second: Bool)
      let lingered = context.lingering {
        Poll.wait(number, interest, controlNumber, controlInterest, milliseconds: 2)
      }
      if let lingered, lingered.first || lingered.second {
        ready = lingered
      } else {
        switch await parking.wait(number, interest, controlNumber, controlInterest, until: deadline) {
        case .ready(let first, let second): ready = (first, second)
        case .deadline: throw .broken(.stalled)
        case .called: ready = (false, false)
        }
      }
      turnStrangersAway()
      if ready.second { try serveControlConnection() }
      if ready.first { return }
      // A client that talks without pause must not keep a dead data connection alive.
      if ready.second, MonotonicTime.now >= deadline { throw .broken(.stalled) }
    }
  }

  /// Keeps the queue of a multipath transfer's listener empty: a full one would keep further paths out.
  private func turnStrangersAway() {
    guard let data, data.isMultipath else { return }
    let count = data.turnStrangersAway()
    if count > 0 {
      context.logger.event(
        .warning, "closed \(count) connection\(count == 1 ? "" : "s") to the port of a running transfer", record())
    }
  }

  /// Bytes that may move without the transfer once having had to wait, before the control connection is looked at.
  private static let controlInterval = 8 * 1024 * 1024

  /// Looks at the control connection now and then in a transfer that never has to wait, so that ABOR is seen there too.
  func watchControl(after moved: Int, _ unwatched: inout Int) throws(FTPError) {
    unwatched += moved
    if unwatched < Self.controlInterval { return }
    unwatched = 0
    turnStrangersAway()
    if context.ending.load(ordering: .relaxed) == .now { throw .broken(.serverEnding) }
    if control.reader.hasBufferedBytes { try answerDuringTransfer() }
    if listensToControl, Poll.wait(control.number, .readable, milliseconds: 0) { try serveControlConnection() }
  }

  /// Reads the control connection in a transfer: answers what may be answered now, keeps the rest for later, in order.
  ///
  /// - Throws: ``FTPError/broken(_:)`` on ABOR; ``FTPError/controlConnectionLost`` when the client is gone.
  func serveControlConnection() throws(FTPError) {
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
  func answerDuringTransfer() throws(FTPError) {
    var isAborted = false
    while let event = control.reader.next() {
      if case .command(let command) = event {
        if command.verb == "ABOR" { isAborted = true }
        // Out of order only what RFC 959 wants during a transfer, and only if nothing waits before it.
        if postponed.isEmpty, let row = CommandTable.row(command.verb), row.traits.contains(.duringTransfer) {
          if case .immediate(let handler) = row.handler {
            do { reply(try handler(self, command)) } catch { reply(FTPError(error).reply) }
            continue
          }
        }
      }
      postpone(event)
    }
    do { _ = try control.flush() } catch { throw .controlConnectionLost }
    if isAborted { throw .broken(.aborted) }
  }
}
