// Adds up the files that a thread removes, for the session that waits for it.

import Quotas
import Synchronization

/// What has been removed until now.
final class RemovedFiles: Sendable {
  private let sum = Mutex(QuotaUsage())

  func count(_ size: UInt64) { sum.withLock { $0 += QuotaUsage(fileOf: size) } }

  var usage: QuotaUsage { sum.withLock { $0 } }
}
