// IP addresses as values that can be compared, hashed and printed without touching memory.

import CLinux
import Glibc

/// An IPv4 or IPv6 address without a port. An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is kept as IPv4.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address family of the address.
  public enum Family: Sendable {
    case ipv4, ipv6

    /// 0.0.0.0 or ::
    public var wildcard: IPAddress {
      self == .ipv4 ? IPAddress(ipv4: 0) : IPAddress(unmapped: 0, 0, .ipv6, 0)
    }
  }

  let high: UInt64
  let low: UInt64
  public let family: Family
  /// The interface a link-local IPv6 address belongs to, or 0.
  public let scope: UInt32

  /// An IPv4 address in host byte order: 127.0.0.1 is 0x7F000001.
  public init(ipv4: UInt32) {
    self.init(unmapped: 0, UInt64(ipv4), .ipv4, 0)
  }

  init(high: UInt64, low: UInt64, family: Family, scope: UInt32) {
    if family == .ipv6, high == 0, low >> 32 == 0xFFFF {
      self.init(ipv4: UInt32(truncatingIfNeeded: low))
    } else {
      self.init(unmapped: high, low, family, scope)
    }
  }

  private init(unmapped high: UInt64, _ low: UInt64, _ family: Family, _ scope: UInt32) {
    self.high = high
    self.low = low
    self.family = family
    self.scope = scope
  }

  /// An IPv6 address of these bits, without a look at what they are: a network's own address may begin as a mapped one does.
  static func unmapped(_ high: UInt64, _ low: UInt64) -> IPAddress { IPAddress(unmapped: high, low, .ipv6, 0) }

  /// Four octets make an IPv4 address, sixteen an IPv6 address; anything else is nil.
  public init?(octets: [UInt8], scope: UInt32 = 0) {
    switch octets.count {
    case 4: self.init(ipv4: octets.reduce(0) { $0 << 8 | UInt32($1) })
    case 16:
      self.init(
        high: octets[..<8].reduce(0) { $0 << 8 | UInt64($1) }, low: octets[8...].reduce(0) { $0 << 8 | UInt64($1) },
        family: .ipv6, scope: scope)
    default: return nil
    }
  }

  /// Reads `192.0.2.1` or `2001:db8::1` (no brackets, no host names). Source: inet_pton(3).
  public init?(_ text: String) {
    // inet_pton(3) would stop at a NUL and not see what follows.
    if text.utf8.contains(0) { return nil }
    var octets = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &octets) == 1 {
      self.init(octets: Array(octets[..<4]))
    } else if inet_pton(AF_INET6, text, &octets) == 1 {
      self.init(octets: octets)
    } else {
      return nil
    }
  }

  /// The address in network byte order: 4 or 16 octets.
  public var octets: [UInt8] {
    switch family {
    case .ipv4: return (0..<4).map { UInt8(truncatingIfNeeded: low >> (24 - 8 * UInt64($0))) }
    case .ipv6:
      return (0..<16).map {
        let index = UInt64($0)
        return UInt8(truncatingIfNeeded: index < 8 ? high >> (56 - 8 * index) : low >> (120 - 8 * index))
      }
    }
  }

  /// The IPv4 address in host byte order, nil for IPv6.
  public var ipv4: UInt32? { family == .ipv4 ? UInt32(truncatingIfNeeded: low) : nil }

  /// The address that limits and delays count: the address itself, or the /64 of an IPv6 address, which usually has one owner.
  public var client: IPAddress {
    family == .ipv4 ? self : IPAddress(unmapped: high, 0, .ipv6, 0)
  }

  /// The /48 of an IPv6 address, which is what a provider gives to one customer (RFC 6177); nil for IPv4.
  public var site: IPAddress? {
    family == .ipv4 ? nil : IPAddress(unmapped: high & ~0xFFFF, 0, .ipv6, 0)
  }

  /// 0.0.0.0 or ::
  public var isWildcard: Bool { high == 0 && low == 0 }

  /// 127.0.0.0/8 or ::1
  public var isLoopback: Bool { family == .ipv4 ? low >> 24 == 127 : high == 0 && low == 1 }

  /// 224.0.0.0/4, 255.255.255.255 or ff00::/8
  public var isMulticastOrBroadcast: Bool {
    family == .ipv4 ? low >> 28 == 14 || low == 0xFFFF_FFFF : high >> 56 == 0xFF
  }

  public var description: String {
    let octets = self.octets
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let base = buffer.baseAddress,
        inet_ntop(family == .ipv4 ? AF_INET : AF_INET6, octets, base, 64) != nil
      else { return "?" }
      return String(cString: base)
    }
  }
}
