// The number of the last line that was told.

import Synchronization

final class LastNumber: Sendable {
  private let number = Mutex<UInt64>(0)

  var value: UInt64 {
    get { number.withLock { $0 } }
    set { number.withLock { $0 = newValue } }
  }
}
