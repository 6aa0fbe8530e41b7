// A clock that tests set, and addresses.

import Bans
import LinuxSystem
import Synchronization
import TestSupport

/// Wall clock and running time, which move only when a test says so.
final class TestClock: Sendable {
  private let state = Mutex(Int64(1_800_000_000))

  var seconds: Int64 { state.withLock { $0 } }

  func advance(by seconds: Int64) { state.withLock { $0 += seconds } }

  /// A book that goes by this clock.
  func book(_ rules: BanRules, store: (any BanStore)? = nil) throws -> BanBook {
    try BanBook(rules, store: store, now: { self.seconds }, elapsed: { .seconds(self.seconds) })
  }
}

func address(_ text: String) throws -> IPAddress {
  guard let address = IPAddress(text) else { throw TestFailure("no address: \(text)") }
  return address
}

func network(_ text: String) throws -> IPNetwork {
  guard let network = IPNetwork(text) else { throw TestFailure("no network: \(text)") }
  return network
}

func subject(_ text: String) throws -> BanSubject {
  guard let subject = BanSubject(text) else { throw TestFailure("no subject: \(text)") }
  return subject
}
