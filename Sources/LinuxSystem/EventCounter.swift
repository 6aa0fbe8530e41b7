// A counter that threads wake each other by.

import CLinux

extension File {
  /// A non-blocking eventfd. Source: eventfd(2).
  public static func eventCounter() throws(SystemError) -> Descriptor {
    Descriptor(owning: try check(weft_eventfd(), "eventfd"))
  }

  /// Makes an eventfd readable.
  public static func signal(_ counter: Int32) {
    var one: UInt64 = 1
    _ = weft_write(counter, &one, 8)
  }

  /// Takes what has been signalled.
  public static func takeSignals(_ counter: Int32) {
    var count: UInt64 = 0
    _ = weft_read(counter, &count, 8)
  }
}
