// What connects a passive listener with the table of ports: by it the table asks for the port back.

import Synchronization

/// One lending of a passive port. The holder looks at it; anybody may revoke it.
final class PortLease: Sendable {
  private let revoked = Atomic<Bool>(false)
  private let wake: @Sendable () -> Void

  /// - Parameter wake: has the holder look.
  init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

  var isRevoked: Bool { revoked.load(ordering: .relaxed) }

  /// Asks the holder to close the port.
  func revoke() {
    revoked.store(true, ordering: .relaxed)
    wake()
  }
}
