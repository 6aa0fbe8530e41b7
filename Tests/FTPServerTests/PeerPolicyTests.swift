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
