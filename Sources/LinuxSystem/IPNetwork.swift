// Networks of IP addresses, as CIDR notation writes them (RFC 4632, section 3.1; RFC 4291, section 2.3).

/// An IPv4 or IPv6 network: an address, and how many of its bits all members share.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
  /// The network's own address: all bits behind the prefix are 0.
  public let address: IPAddress
  /// 0 to 32, or 0 to 128.
  public let prefix: Int

  /// Reads `192.0.2.0/24`, `2001:db8::/32`, or a lone address, which is a network of one.
  ///
  /// - Returns: nil also where bits behind the prefix are set: either the address or the prefix is not what was meant.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
    let width = address.family == .ipv4 ? 32 : 128
    var prefix = width
    if parts.count == 2 {
      guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let bits = Int(parts[1]), bits <= width
      else { return nil }
      prefix = bits
    }
    let shift = UInt64(width - prefix)
    let isNetwork =
      shift <= 64
      ? address.low & ~(UInt64.max << shift) == 0
      : address.low == 0 && address.high & ~(UInt64.max << (shift - 64)) == 0
    guard isNetwork else { return nil }
    self.address = address
    self.prefix = prefix
  }

  /// The network of `prefix` bits that `address` is in; a prefix beyond the family's width is the address itself.
  public init(_ address: IPAddress, prefix: Int) {
    let width = address.family == .ipv4 ? 32 : 128
    let bits = min(max(0, prefix), width)
    let shift = UInt64(width - bits)
    let high = shift >= 128 ? 0 : shift > 64 ? address.high & (UInt64.max << (shift - 64)) : address.high
    let low = shift >= 64 ? 0 : address.low & (UInt64.max << shift)
    self.address = address.family == .ipv4 ? IPAddress(ipv4: UInt32(truncatingIfNeeded: low)) : .unmapped(high, low)
    self.prefix = bits
  }

  /// Whether it is one address.
  public var isSingle: Bool { prefix == (address.family == .ipv4 ? 32 : 128) }

  /// Whether `other` is in it. The zone of a link-local address does not count.
  public func contains(_ other: IPAddress) -> Bool {
    guard other.family == address.family else { return false }
    let shift = UInt64((address.family == .ipv4 ? 32 : 128) - prefix)
    if shift >= 64 { return (other.high ^ address.high) >> (shift - 64) == 0 }
    return other.high == address.high && (other.low ^ address.low) >> shift == 0
  }

  public var description: String { "\(address)/\(prefix)" }
}
