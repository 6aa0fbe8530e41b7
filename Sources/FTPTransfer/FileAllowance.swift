// Says how long the file that a transfer fills may become.

/// A limit on the length of a file, asked for before bytes are written. It belongs to one transfer.
public protocol FileAllowance: AnyObject {
  /// Whether the file may reach up to `end` bytes. It neither suspends nor blocks.
  func reach(_ end: Int64) -> Bool
}

extension DataTransferProcess {
  /// Throws if the file that is filled may not reach so far: then nothing has been written beyond what it may have.
  func require(_ end: Int64) throws(TransferBreak) {
    if let allowance, !allowance.reach(end) { throw .quotaExceeded }
  }
}
