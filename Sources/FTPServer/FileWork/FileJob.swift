// One piece of long work on files, as seen by the session that waits for it and the thread that does it.

import FTPTransfer
import LinuxSystem
import Synchronization

/// How far a piece of work is, and whether it shall stop.
final class WorkProgress: Sendable {
  private let meter: TransferMeter
  private let isStopping = Atomic<Bool>(false)
  private let isStarted = Atomic<Bool>(false)
  /// The worker's turn, while there is one.
  private let turn = Mutex<WorkTurn?>(nil)

  /// - Parameter meter: where it is counted; nobody else counts there meanwhile.
  init(meter: TransferMeter = TransferMeter()) { self.meter = meter }

  /// Bytes (or entries) done until now.
  var done: UInt64 { meter.bytes }
  /// Whether its turn has come.
  var hasStarted: Bool { isStarted.load(ordering: .relaxed) }
  /// Whether the work has been told to stop.
  var isTold: Bool { isStopping.load(ordering: .relaxed) }

  /// Asked for by the work between two pieces, every few milliseconds: whether it shall stop. Others may have its worker meanwhile.
  func shouldStop() -> Bool {
    if !isTold { turn.withLock { $0 }?.pass() }
    return isTold
  }

  func count(_ amount: Int) { meter.count(amount) }

  func start(_ turn: WorkTurn?) {
    self.turn.withLock { $0 = turn }
    isStarted.store(true, ordering: .relaxed)
  }

  func stop() { isStopping.store(true, ordering: .relaxed) }

  /// Throws when the work shall stop.
  func checkForStop() throws(FTPError) {
    if shouldStop() { throw .stopped(removed: nil) }
  }
}

/// Work whose result a session waits for.
final class FileJob<Value: Sendable>: Sendable {
  typealias Body = @Sendable (WorkProgress) throws(FTPError) -> Value

  let progress: WorkProgress
  private let body: Body
  private let outcome = Mutex<Result<Value, FTPError>?>(nil)

  init(meter: TransferMeter = TransferMeter(), _ body: @escaping Body) {
    progress = WorkProgress(meter: meter)
    self.body = body
  }

  /// What came of it; nil while it waits or runs.
  var result: Result<Value, FTPError>? { outcome.withLock { $0 } }

  /// Does the work on the calling thread.
  ///
  /// - Parameter turn: the worker's turn; nil where there is no pool.
  func run(_ turn: WorkTurn? = nil) {
    progress.start(turn)
    let result: Result<Value, FTPError>
    do throws(FTPError) {
      try progress.checkForStop()
      result = .success(try body(progress))
    } catch {
      result = .failure(error)
    }
    outcome.withLock { $0 = result }
  }
}

/// An open file that session and worker share.
final class SharedFile: Sendable {
  let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  var number: Int32 { descriptor.number }
}
