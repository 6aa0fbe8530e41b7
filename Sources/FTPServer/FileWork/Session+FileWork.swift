// Waits for long work on files, while the control connection still answers ABOR, STAT and NOOP.

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension Session {
  /// How long work may wait for its turn, in nanoseconds.
  private static let turnLimit: Int64 = 60_000_000_000

  /// Runs `body` in `pool` and waits for it. ABOR and the end of the server stop it; it has ended when this returns or throws.
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
    activity.begin(progress.facts)
    transfer = progress
    defer {
      transfer = nil
      activity.end()
      lastCommand = .now
    }
    let ticket = pool.submit(concurrency: concurrency) {
      job.run()
      parking.wake()
    }
    guard let ticket else { throw .busy("Too many such operations are running. Try again later.") }
    let deadline = MonotonicTime.now.advanced(by: Self.turnLimit)
    do throws(FTPError) {
      while job.result == nil { try await waitForWork(job.progress, deadline) }
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
  private func waitForWork(_ progress: WorkProgress, _ deadline: MonotonicTime) async throws(FTPError) {
    if control.reader.hasBufferedBytes { try serve { () throws(TransferBreak) in try answerDuringTransfer() } }
    let interest: Readiness = [listensToControl ? .readable : [], control.hasOutput ? .writable : []]
    let limit = progress.hasStarted ? .never : deadline
    switch await parking.wait(interest.isEmpty ? -1 : control.number, interest, until: limit) {
    case .ready:
      try serve { () throws(TransferBreak) in try serveControlConnection() }
    case .deadline:
      if !progress.hasStarted { throw .busy("The server is busy with other files. Try again later.") }
    case .called:
      if isToldToStop { throw .broken(.ending) }
    }
  }

  private func serve(_ body: () throws(TransferBreak) -> Void) throws(FTPError) {
    do { try body() } catch { throw FTPError(error) }
  }
}
