// Wakes a thread that waits for descriptors.

import CLinux
import Glibc

/// A descriptor that becomes readable when it is rung. Source: eventfd(2).
public final class Bell: Sendable {
  private let descriptor: Descriptor

  public init() throws(SystemError) { descriptor = Descriptor(owning: try check(weft_eventfd(), "eventfd")) }

  public var number: Int32 { descriptor.number }

  /// From any thread; never blocks.
  public func ring() {
    var one: UInt64 = 1
    _ = weft_write(number, &one, 8)
  }

  /// Takes all rings so far.
  public func hush() {
    var count: UInt64 = 0
    _ = weft_read(number, &count, 8)
  }
}
