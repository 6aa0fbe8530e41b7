// The passive ports that served or were announced lately, and rest: whoever has learnt of them must not find the next client there.

/// Ports in the order they were closed.
struct RestingPorts {
  private var order: [UInt16] = []
  private var members: Set<UInt16> = []
  /// More do not rest, however wide the range.
  private static let limit = 1024

  /// How many of `size` ports rest: enough to be of use, few enough that the next one is still hard to guess.
  static func share(of size: Int) -> Int { min(size / 4, limit) }

  func contains(_ port: UInt16) -> Bool { members.contains(port) }

  /// The port was closed just now.
  mutating func add(_ port: UInt16) {
    if !members.insert(port).inserted { order.removeAll { $0 == port } }
    order.append(port)
    trim(to: Self.limit)
  }

  /// Lets those go that have rested longest, until no more than `count` are left.
  mutating func trim(to count: Int) {
    guard order.count > count else { return }
    for port in order.prefix(order.count - count) { members.remove(port) }
    order.removeFirst(order.count - count)
  }
}
