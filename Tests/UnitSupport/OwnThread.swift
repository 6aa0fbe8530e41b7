// A thread for what must not wait for Swift's own: the tasks of the test may need all of those.

import Glibc

/// A thread that runs a body once. `join` has to be called exactly once.
public final class OwnThread: @unchecked Sendable {
  // Sendable: written before `init` returns, and only read afterwards.
  private var thread = pthread_t()

  /// Starts the thread.
  public init(_ body: @escaping @Sendable () -> Void) {
    let created = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Box>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
    precondition(created == 0)
  }

  private final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Waits for its end.
  public func join() { pthread_join(thread, nil) }
}
