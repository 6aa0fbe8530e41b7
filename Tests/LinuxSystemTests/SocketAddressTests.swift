// Tests of the way of an address with a port into the kernel's sockaddr and back, and of its text.

import Glibc
import Testing

@testable import LinuxSystem

@Suite struct SocketAddressTests {
  @Test func texts() throws {
    #expect(SocketAddress(try #require(IPAddress("127.0.0.1")), port: 21).description == "127.0.0.1:21")
    #expect(SocketAddress(try #require(IPAddress("::1")), port: 65535).description == "[::1]:65535")
    #expect(SocketAddress(try #require(IPAddress("::ffff:1.2.3.4")), port: 0).description == "1.2.3.4:0")
  }

  private func throughKernelForm(_ address: SocketAddress, _ family: IPAddress.Family) -> SocketAddress? {
    address.withSockaddr(family) { raw, length in
      var storage = sockaddr_in6()
      withUnsafeMutableBytes(of: &storage) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: raw, count: Int(length)))
      }
      return SocketAddress(storage)
    }
  }

  @Test(arguments: ["0.0.0.0", "127.0.0.1", "192.0.2.129", "255.255.255.255"], [0, 21, 0x1234, 65535] as [UInt16])
  func ipv4ComesBackInBothForms(_ text: String, _ port: UInt16) throws {
    let address = SocketAddress(try #require(IPAddress(text)), port: port)
    #expect(throughKernelForm(address, .ipv4) == address)
    // The IPv4 wildcard on an IPv6 socket is the wildcard of both.
    let wildcard = SocketAddress(try #require(IPAddress("::")), port: port)
    #expect(throughKernelForm(address, .ipv6) == (address.address.isWildcard ? wildcard : address))
  }

  @Test(arguments: ["::", "::1", "2001:db8:1:2:3:4:5:6", "ff02::1"], [0, 21, 0x1234, 65535] as [UInt16])
  func ipv6ComesBack(_ text: String, _ port: UInt16) throws {
    let address = SocketAddress(try #require(IPAddress(text)), port: port)
    #expect(throughKernelForm(address, .ipv6) == address)
  }

  @Test func theInterfaceOfALinkLocalAddressIsKept() throws {
    let octets = try #require(IPAddress("fe80::1")).octets
    let address = SocketAddress(try #require(IPAddress(octets: octets, scope: 3)), port: 2121)
    #expect(throughKernelForm(address, .ipv6)?.address.scope == 3)
  }

  @Test func otherFamiliesAreNoAddress() {
    var storage = sockaddr_in6()
    storage.sin6_family = sa_family_t(AF_UNIX)
    #expect(SocketAddress(storage) == nil)
    storage.sin6_family = sa_family_t(AF_UNSPEC)
    #expect(SocketAddress(storage) == nil)
  }
}
