// An internet address and port for the test client: written as text, given to the kernel as a sockaddr.

import Glibc

/// An IPv4 or IPv6 address literal with a port.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  /// The address literal, without brackets.
  public let host: String
  /// The port in host byte order.
  public let port: UInt16

  /// Takes an address literal (`127.0.0.1`, `::1`) and a port.
  public init(_ host: String, _ port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `127.0.0.1:21` or `[::1]:21`; nil for anything else.
  public init?(text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    self.init(host, port)
  }

  public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether the address is an IPv6 one.
  public var isIPv6: Bool { host.contains(":") }

  /// `AF_INET` or `AF_INET6`.
  public var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

  /// Gives the address to `body` as the kernel wants it.
  func withSocketAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) throws -> R) throws -> R {
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      try require(inet_pton(AF_INET6, host, &address.sin6_addr) == 1, "\(host) is not an IPv6 address")
      return try Endpoint.withPointer(to: address, body)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    try require(inet_pton(AF_INET, host, &address.sin_addr) == 1, "\(host) is not an IPv4 address")
    return try Endpoint.withPointer(to: address, body)
  }

  private static func withPointer<Address, R>(
    to address: Address, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> R
  ) rethrows -> R {
    try withUnsafePointer(to: address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try body($0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  /// The local address of a socket.
  static func local(of descriptor: Int32) -> Endpoint? { read { getsockname(descriptor, $0, $1) } }

  /// The address a socket is connected to.
  public static func peer(of descriptor: Int32) -> Endpoint? { read { getpeername(descriptor, $0, $1) } }

  private static func read(_ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32)
    -> Endpoint?
  {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &length) }
    }
    guard status == 0 else { return nil }
    return Endpoint(storage)
  }

  private init?(_ storage: sockaddr_storage) {
    var text = [CChar](repeating: 0, count: 64)
    let port: UInt16
    if Int32(storage.ss_family) == AF_INET6 {
      var address = withUnsafePointer(to: storage) {
        $0.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { $0.pointee }
      }
      guard inet_ntop(AF_INET6, &address.sin6_addr, &text, socklen_t(text.count)) != nil else { return nil }
      port = UInt16(bigEndian: address.sin6_port)
    } else {
      var address = withUnsafePointer(to: storage) {
        $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee }
      }
      guard inet_ntop(AF_INET, &address.sin_addr, &text, socklen_t(text.count)) != nil else { return nil }
      port = UInt16(bigEndian: address.sin_port)
    }
    self.init(latin1(text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }), port)
  }
}
