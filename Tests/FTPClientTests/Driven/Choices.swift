// Bytes that make choices: what a fuzzer, or a kept input, wants a server to do.

import Synchronization

/// Taken from the front by whoever has to choose. Behind the last byte there are zeros, and zero is always the behaviour of a good server:
/// so every run comes to an end.
final class Choices: Sendable {
  private let rest: Mutex<ArraySlice<UInt8>>

  init(_ bytes: ArraySlice<UInt8>) { rest = Mutex(bytes) }

  var isEmpty: Bool { rest.withLock { $0.isEmpty } }

  /// The next byte.
  func next() -> UInt8 { rest.withLock { $0.popFirst() ?? 0 } }

  /// A number below `limit`.
  func below(_ limit: Int) -> Int { Int(next()) % limit }

  /// Whether this is to go wrong: about one time in `times`, never once the bytes are used up.
  func isUnlucky(one times: Int) -> Bool { Int(next()) % times == times - 1 }

  /// A text: its length, then as many bytes, as far as there are any.
  func text(upTo limit: Int) -> [UInt8] {
    rest.withLock { rest in
      let count = min(Int(rest.popFirst() ?? 0) % (limit + 1), rest.count)
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
  }
}
