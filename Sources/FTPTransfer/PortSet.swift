// A set of ports as bits: looking one up takes no hash, which each passive port would pay for several times.

/// Any of the 65,536 ports. It takes 8 KiB.
struct PortSet {
  private var bits = [UInt64](repeating: 0, count: 1024)

  func contains(_ port: UInt16) -> Bool { bits[Int(port >> 6)] & Self.bit(port) != 0 }

  mutating func insert(_ port: UInt16) { bits[Int(port >> 6)] |= Self.bit(port) }

  mutating func remove(_ port: UInt16) { bits[Int(port >> 6)] &= ~Self.bit(port) }

  private static func bit(_ port: UInt16) -> UInt64 { 1 << UInt64(port & 63) }
}
