// Pipes for moving uploads in the kernel, lent for as long as bytes are at hand.

import LinuxSystem
import Synchronization

/// Empty pipes, kept for reuse up to a bound.
final class PipePool: Sendable {
  /// A pipe that splice(2) moves bytes through. It is empty whenever it lies in the pool.
  final class Pipe: Sendable {
    let reading: Int32
    let writing: Int32
    /// Bytes it holds.
    let capacity: Int

    init() throws(SystemError) {
      // The kernel grants an unprivileged user less when many are open; any size works.
      (reading, writing, capacity) = try File.pipe(capacity: 1024 * 1024)
    }

    deinit {
      _ = Descriptor(owning: reading)
      _ = Descriptor(owning: writing)
    }
  }

  private static let keep = 8
  private let free = Mutex<[Pipe]>([])

  func lend() throws(SystemError) -> Pipe {
    if let pipe = free.withLock({ $0.popLast() }) { return pipe }
    return try Pipe()
  }

  /// Takes back a pipe that is empty; one that is not has to be dropped instead.
  func giveBack(_ pipe: Pipe) {
    free.withLock { if $0.count < Self.keep { $0.append(pipe) } }
  }
}
