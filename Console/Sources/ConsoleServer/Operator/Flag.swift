// A flag that one thread clears and another looks at.

import Synchronization

final class Flag: Sendable {
  private let value = Atomic<Bool>(true)

  var isSet: Bool { value.load(ordering: .acquiring) }

  func clear() { value.store(false, ordering: .releasing) }
}
