// An IP address with a port, and its way to and from the kernel's sockaddr.

import CLinux
import Glibc

/// Where a TCP socket is bound or connected: an address and a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  public let address: IPAddress
  /// Host byte order.
  public let port: UInt16

  public init(_ address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Reads `127.0.0.1:21` or `[::1]:21`.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard let address = IPAddress(String(host)) else { return nil }
    self.init(address, port: port)
  }

  /// `127.0.0.1:21` or `[::1]:21`.
  public var description: String {
    address.family == .ipv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
  }

  /// The sockaddr to hand to the kernel, in `family`: an IPv4 address is mapped when an IPv6 socket has to use it.
  func withSockaddr<Result>(_ family: IPAddress.Family, _ body: (UnsafeRawPointer, UInt32) -> Result) -> Result {
    switch family {
    case .ipv4:
      var raw = sockaddr_in()
      raw.sin_family = sa_family_t(AF_INET)
      raw.sin_port = port.bigEndian
      raw.sin_addr.s_addr = (address.ipv4 ?? 0).bigEndian
      let size = UInt32(MemoryLayout.size(ofValue: raw))
      return withUnsafePointer(to: &raw) { body(UnsafeRawPointer($0), size) }
    case .ipv6:
      var raw = sockaddr_in6()
      raw.sin6_family = sa_family_t(AF_INET6)
      raw.sin6_port = port.bigEndian
      raw.sin6_scope_id = address.scope
      let mapped = address.family == .ipv4
      let high = mapped ? 0 : address.high
      let low = mapped ? (address.isWildcard ? 0 : 0xFFFF << 32 | address.low) : address.low
      withUnsafeMutableBytes(of: &raw.sin6_addr) {
        $0.storeBytes(of: high.bigEndian, as: UInt64.self)
        $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      let size = UInt32(MemoryLayout.size(ofValue: raw))
      return withUnsafePointer(to: &raw) { body(UnsafeRawPointer($0), size) }
    }
  }

  /// Lets the kernel fill in a sockaddr and reads it; nil if the call failed (its error is in `result`) or the family is not IP.
  static func read<Value>(_ body: (UnsafeMutableRawPointer, UnsafeMutablePointer<UInt32>) -> Value) -> (
    result: Value, address: SocketAddress?
  ) {
    var storage = sockaddr_in6()
    var length = UInt32(MemoryLayout<sockaddr_in6>.size)
    let result = withUnsafeMutablePointer(to: &storage) { body(UnsafeMutableRawPointer($0), &length) }
    return (result, SocketAddress(storage))
  }

  /// `raw` may hold a sockaddr_in, which is shorter: the family says which it is.
  init?(_ raw: sockaddr_in6) {
    switch Int32(raw.sin6_family) {
    case AF_INET:
      let ipv4 = withUnsafeBytes(of: raw) { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) }
      self.init(IPAddress(ipv4: UInt32(bigEndian: ipv4)), port: UInt16(bigEndian: raw.sin6_port))
    case AF_INET6:
      let (high, low) = withUnsafeBytes(of: raw.sin6_addr) {
        ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      }
      self.init(
        IPAddress(
          high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), family: .ipv6, scope: raw.sin6_scope_id),
        port: UInt16(bigEndian: raw.sin6_port))
    default: return nil
    }
  }
}
