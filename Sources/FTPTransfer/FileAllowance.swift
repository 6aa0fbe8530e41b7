// Says how long the file that a transfer fills may become.

import LinuxSystem

/// A limit on the length of a file, asked for before bytes are written. It belongs to one transfer.
public protocol FileAllowance: AnyObject {
  /// Whether the file may reach up to `end` bytes. It neither suspends nor blocks.
  func reach(_ end: Int64) -> Bool

  /// Bytes that may be written behind `position` before ``ask(for:behind:)`` has to be called. `Int.max` if ``reach(_:)`` always knows.
  func room(behind position: Int64) -> Int

  /// Asks for room for bytes behind `position`, or for some of them.
  ///
  /// - Returns: false while the answer is awaited: call it again, after a wait that the answer may end. Then ``reach(_:)`` knows.
  /// - Throws: if nobody can tell.
  func ask(for bytes: Int64, behind position: Int64) throws(TransferBreak) -> Bool
}

extension FileAllowance {
  public func room(behind position: Int64) -> Int { .max }
  public func ask(for bytes: Int64, behind position: Int64) -> Bool { true }
}

extension DataTransferProcess {
  /// Throws if the file that is filled may not reach so far: then nothing has been written beyond what it may have.
  func require(_ end: Int64) throws(TransferBreak) {
    if let allowance, !allowance.reach(end) { throw .quotaExceeded }
  }

  /// Bytes of the file that may be written behind `position` without a wait.
  func room(behind position: Int64) -> Int { allowance?.room(behind: position) ?? .max }

  /// Waits until some bytes may be written behind `position`, or it is known that none may: then ``require(_:)`` throws when one comes.
  func waitForRoom(
    _ wanted: Int64, behind position: Int64, with attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    guard let allowance else { return }
    while try !allowance.ask(for: wanted, behind: position) {
      try await attendant.pause(until: MonotonicTime.now.advanced(by: 1_000_000_000))
    }
  }
}
