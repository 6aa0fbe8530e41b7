// The network interfaces of this namespace with their addresses, as far as path advice needs them.

import Glibc
import LinuxSystem

/// A network interface that is up.
public struct NetworkInterface: Sendable, Hashable {
  public let name: String
  public let index: Int32
  public let isLoopback: Bool
  /// Its addresses, without link-local IPv6 and IPv4 ones.
  public var addresses: [IPAddress]

  public init(name: String, index: Int32, isLoopback: Bool, addresses: [IPAddress]) {
    self.name = name
    self.index = index
    self.isLoopback = isLoopback
    self.addresses = addresses
  }

  /// Whether the name looks like that of a bridge, a tunnel or the host end of a container, which do not lead to clients.
  public var looksInternal: Bool {
    let prefixes = [
      "docker", "br-", "veth", "virbr", "vnet", "cni", "flannel", "cali", "lxc", "lxdbr", "podman", "tun", "tap", "wg",
      "tailscale", "zt",
    ]
    return isLoopback || prefixes.contains { name.hasPrefix($0) }
  }

  /// All interfaces that are up, in the order of their index. Source: getifaddrs(3).
  public static func current() -> [NetworkInterface] {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return [] }
    defer { freeifaddrs(first) }
    var found: [String: NetworkInterface] = [:]
    var next = first
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard entry.ifa_flags & UInt32(IFF_UP) != 0 else { continue }
      let name = String(cString: entry.ifa_name)
      if found[name] == nil {
        let index = Int32(truncatingIfNeeded: if_nametoindex(entry.ifa_name))
        let isLoopback = entry.ifa_flags & UInt32(IFF_LOOPBACK) != 0
        found[name] = NetworkInterface(name: name, index: index, isLoopback: isLoopback, addresses: [])
      }
      guard let raw = entry.ifa_addr, let address = address(raw), !isLinkLocal(address) else { continue }
      found[name]?.addresses.append(address)
    }
    return found.values.sorted { $0.index < $1.index }
  }

  private static func address(_ raw: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
    let size =
      switch Int32(raw.pointee.sa_family) {
      case AF_INET: MemoryLayout<sockaddr_in>.size
      case AF_INET6: MemoryLayout<sockaddr_in6>.size
      default: 0
      }
    return KernelBytes(UnsafeRawBufferPointer(start: raw, count: size)).socketAddress(0)?.address
  }

  private static func isLinkLocal(_ address: IPAddress) -> Bool {
    let octets = address.octets
    return address.family == .ipv4
      ? octets[0] == 169 && octets[1] == 254 : octets[0] == 0xFE && octets[1] & 0xC0 == 0x80
  }
}
