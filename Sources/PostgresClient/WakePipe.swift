// Wakes the thread that waits for the database, from any other thread.

import Glibc
import LinuxSystem

/// A pipe that is rung from outside and heard beside a socket.
package final class WakePipe: Sendable {
  private let read: Int32
  private let write: Int32

  package init() throws(SystemError) { (read, write, _) = try File.pipe(capacity: 4096) }

  deinit {
    close(read)
    close(write)
  }

  /// Wakes the waiting thread. A full pipe has rung already.
  package func ring() {
    var byte: UInt8 = 1
    _ = Glibc.write(write, &byte, 1)
  }

  /// Waits until it was rung or `socket` (-1: none) can be read, `milliseconds` at most; below 0: for as long as it takes.
  package func wait(with socket: Int32, milliseconds: Int32) {
    _ = Poll.wait(read, .readable, socket, .readable, milliseconds: milliseconds)
  }

  /// Takes in all rings.
  package func silence() {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while Glibc.read(read, buffer.baseAddress, buffer.count) > 0 {}
    }
  }
}
