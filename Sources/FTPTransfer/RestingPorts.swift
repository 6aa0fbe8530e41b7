// The passive ports that served or were announced lately, and rest: whoever has learnt of them must not find the next client there.

/// Ports in the order they were closed.
struct RestingPorts {
  /// A ring: from ``first`` on, ``count`` ports.
  private var ring = [UInt16](repeating: 0, count: limit)
  private var first = 0
  private(set) var count = 0
  private var members = PortSet()
  /// More do not rest, however wide the range.
  static let limit = 1024

  /// How many of `size` ports rest: enough to be of use, few enough that the next one is still hard to guess.
  static func share(of size: Int) -> Int { min(size / 4, limit) }

  func contains(_ port: UInt16) -> Bool { members.contains(port) }

  /// The port was closed just now.
  mutating func add(_ port: UInt16) {
    if members.contains(port) { forget(port) }
    trim(to: Self.limit - 1)
    ring[(first + count) % Self.limit] = port
    count += 1
    members.insert(port)
  }

  /// Lets those go that have rested longest, until no more than `most` are left.
  mutating func trim(to most: Int) {
    while count > most {
      members.remove(ring[first])
      first = (first + 1) % Self.limit
      count -= 1
    }
  }

  /// Takes a port out of the middle, which happens in narrow ranges only.
  private mutating func forget(_ port: UInt16) {
    let others = (0..<count).map { ring[(first + $0) % Self.limit] }.filter { $0 != port }
    ring.replaceSubrange(..<others.count, with: others)
    (first, count) = (0, others.count)
    members.remove(port)
  }
}
