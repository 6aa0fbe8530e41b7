// Tests which peers a data connection may have: the client's own address and no other.

import LinuxSystem
import Testing

@testable import FTPServer
@testable import FTPTransfer

@Suite struct PeerPolicyTests {
  @Test func admitsTheClientAndNobodyElse() throws {
    let policy = PeerPolicy(client: try #require(IPAddress("192.0.2.1")))
    #expect(policy.admits(try #require(IPAddress("192.0.2.1"))))
    #expect(policy.admits(try #require(IPAddress("::ffff:192.0.2.1"))))
    for stranger in ["192.0.2.2", "127.0.0.1", "::1", "2001:db8::1", "0.0.0.0"] {
      #expect(!policy.admits(try #require(IPAddress(stranger))), "\(stranger)")
    }
  }

  @Test func admitsOtherServersOnlyInTheirNetworks() throws {
    let client = try #require(IPAddress("192.0.2.1"))
    func policy(_ networks: String...) throws -> PeerPolicy {
      PeerPolicy(client: client, partners: try networks.map { try #require(IPNetwork($0)) })
    }
    let some = try policy("198.51.100.0/24", "2001:db8::/32")
    for (peer, isAdmitted) in [
      ("192.0.2.1", true), ("198.51.100.9", true), ("2001:db8::9", true), ("198.51.101.9", false), ("127.0.0.1", false),
      ("::1", false),
    ] {
      let address = try #require(IPAddress(peer))
      #expect(some.admits(address) == isAdmitted, "\(peer)")
      #expect((some.objection(to: SocketAddress(address, port: 1024)) == nil) == isAdmitted, "\(peer)")
      #expect(some.objection(to: SocketAddress(address, port: 1023)) != nil, "\(peer)")
    }
    // All of the internet is neither this host nor many hosts at once.
    let all = try policy("0.0.0.0/0", "::/0")
    for peer in ["127.0.0.1", "::1", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1"] {
      #expect(!all.admits(try #require(IPAddress(peer))), "\(peer)")
    }
    #expect(all.admits(try #require(IPAddress("203.0.113.5"))))
    #expect(try policy("127.0.1.0/24").admits(try #require(IPAddress("127.0.1.7"))))
  }

  @Test func refusesToConnectToThirdHostsAndLowPorts() throws {
    let client = try #require(IPAddress("192.0.2.1"))
    let policy = PeerPolicy(client: client)
    #expect(policy.objection(to: SocketAddress(client, port: 1024)) == nil)
    #expect(policy.objection(to: SocketAddress(client, port: 65535)) == nil)
    for port: UInt16 in [0, 1, 21, 25, 1023] {
      #expect(policy.objection(to: SocketAddress(client, port: port)) != nil, "\(port)")
    }
    for target in ["192.0.2.2", "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "ff02::1"] {
      let address = try #require(IPAddress(target))
      #expect(policy.objection(to: SocketAddress(address, port: 5000)) != nil, "\(target)")
    }
  }
}
