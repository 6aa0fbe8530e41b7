// What the tests of parking share: one reactor, waiting until something is parked there, deadlines from now.

import LinuxSystem
import Testing

@testable import Reactor

/// One reactor for all: its thread lives as long as the process.
private let sharedReactor = Result { try Reactor() }

/// A parking place of a test's own at the shared reactor.
func place() throws -> (reactor: Reactor, parking: Parking) {
  let reactor = try sharedReactor.get()
  return (reactor, Parking(reactor))
}

/// Comes back when `parking` is waiting at `reactor`.
func untilParked(_ parking: Parking, on reactor: Reactor) async {
  let deadline = MonotonicTime.after(milliseconds: 20_000)
  while !parking.isParkedNow(reactor) {
    guard MonotonicTime.now < deadline else {
      Issue.record("it did not park")
      return
    }
    await Task.yield()
  }
}

extension MonotonicTime {
  /// So many milliseconds from now.
  static func after(milliseconds: Int64) -> MonotonicTime { now.advanced(by: milliseconds * 1_000_000) }
}

extension Parking {
  func isParkedNow(_ reactor: Reactor) -> Bool { reactor.state.withLock { _ in isParked } }
}

extension Reactor {
  /// How many deadlines the reactor remembers.
  var pendingDeadlines: Int {
    var heap = state.withLock { $0.deadlines }
    var count = 0
    while heap.popDue(at: .max) != nil { count += 1 }
    return count
  }
}
