// The thread that asks a database: a plain one, which may block for as long as it takes.

import Glibc
import LinuxSystem

/// Threads for directories that keep accounts in a database.
public enum DirectoryThread {
  private final class Box {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Runs `body` on a new thread of that name (15 bytes at most, as `top -H` shows it); false if there cannot be one.
  /// Source: pthread_create(3).
  public static func start(named name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    let named = {
      ProcessLimits.nameThread(name)
      body()
    }
    let box = Unmanaged.passRetained(Box(named))
    var thread = pthread_t()
    let created = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    guard created == 0 else {
      box.release()
      return false
    }
    pthread_detach(thread)
    return true
  }
}
