// Waits for long work on files, while the control connection still answers ABOR, STAT and NOOP.

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension Session {
  /// How long work may wait for its turn, in nanoseconds.
  private static let turnLimit: Int64 = 60_000_000_000
  /// How long work may go on when the client has closed its side, in nanoseconds: what is nearly done is still told to a client that has
  /// only finished sending; nobody waits for the rest.
  private static let closedLimit: Int64 = 50_000_000

  /// Runs `body` in `pool` and waits for it. ABOR, the end of the session and that of the server stop it; it has ended when this returns
  /// or throws. RFC 959, section 4.1.1: a control connection that closes unexpectedly is an ABOR and a QUIT.
  ///
  /// - Parameters:
  ///   - concurrency: how much may run in the pool at once.
  ///   - total: what its progress counts up to, for STAT.
  /// - Throws: what `body` throws; ``FTPError/busy(_:)`` when its turn does not come; ``FTPError/broken(_:)`` after ABOR.
  func offload<Value: Sendable>(
    _ command: Command, _ path: VirtualPath, to pool: WorkerPool, concurrency: Int, total: UInt64? = nil,
    _ body: @escaping FileJob<Value>.Body
  ) async throws(FTPError) -> Value {
    let job = FileJob(meter: activity.meter, body)
    let parking = self.parking
    let progress = TransferProgress(verb: command.verb, direction: .fileWork, path: path, total: total)
    activity.begin(progress.facts(isPrivate: false))
    transfer = progress
    defer {
      transfer = nil
      activity.end()
      lastCommand = .now
    }
    let ticket = pool.submit(for: workOwner, concurrency: concurrency) { turn in
      job.run(turn)
      parking.wake()
    }
    guard let ticket else { throw .busy("Too many such operations are running. Try again later.") }
    let deadline = MonotonicTime.now.advanced(by: Self.turnLimit)
    var closed = MonotonicTime.never
    do throws(FTPError) {
      while job.result == nil { try await waitForWork(job.progress, deadline, closed: &closed) }
    } catch {
      job.progress.stop()
      // What has begun undoes what it has done: the reply comes after that.
      if !pool.withdraw(ticket) { while job.result == nil { _ = await parking.sleep(until: .never) } }
      // It was complete before it could be stopped, so report success.
      if case .success(let value)? = job.result { return value }
      throw error
    }
    switch job.result {
    case .success(let value): return value
    case .failure(let error): throw error
    case nil: throw .controlConnectionLost
    }
  }

  /// Waits until the work or the control connection has something to say, and answers the latter.
  ///
  /// - Parameter closed: when the work has to end because the client has closed its side.
  private func waitForWork(
    _ progress: WorkProgress, _ deadline: MonotonicTime, closed: inout MonotonicTime
  ) async throws(FTPError) {
    if control.reader.hasBufferedBytes {
      try serve { () throws(TransferBreak) in try answerDuringTransfer(isPipelined: true) }
    }
    if inputEnded, closed == .never { closed = MonotonicTime.now.advanced(by: Self.closedLimit) }
    // A client that has sent more than is read meanwhile may still hang up.
    let reading: Readiness = inputEnded ? [] : listensToControl ? .readable : .hangUp
    let interest: Readiness = [reading, control.hasOutput ? .writable : []]
    let limit = min(progress.hasStarted ? .never : deadline, closed)
    switch await parking.wait(interest.isEmpty ? -1 : control.number, interest, until: limit) {
    case .ready:
      try serve { () throws(TransferBreak) in try serveControlConnection() }
      if reading == .hangUp, Poll.wait(control.number, .hangUp, milliseconds: 0) { inputEnded = true }
    case .deadline:
      if closed <= .now {
        // What else it has sent is left undone, too.
        isEnding = true
        throw .stopped(removed: nil)
      }
      if !progress.hasStarted { throw .busy("The server is busy with other files. Try again later.") }
    case .called:
      if isToldToStop { throw .broken(.ending) }
    }
  }

  private func serve(_ body: () throws(TransferBreak) -> Void) throws(FTPError) {
    do { try body() } catch { throw FTPError(error) }
  }
}
