// A way that drops every packet with the MPTCP option: the pause that follows, its finding, and the command that ends it.

import CLinux
import Glibc
import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite struct BlackholeTests {
  /// Makes a plain listener drop the first packets of multipath clients: with the option their TCP header is 44 bytes long,
  /// without it 40. Source: socket(7), SO_ATTACH_FILTER.
  static func dropMultipathClients(_ listener: Int32) throws {
    var program: [(code: UInt16, yes: UInt8, no: UInt8, value: UInt32)] = [
      (0x30, 0, 0, 12),  // load the byte with the header length
      (0x15, 0, 1, 0xB0),  // 44 bytes
      (0x06, 0, 0, 0),  // drop
      (0x06, 0, 0, .max),  // keep
    ]
    let result = program.withUnsafeMutableBufferPointer { code -> Int32 in
      var filter = (UInt64(code.count), UInt64(UInt(bitPattern: code.baseAddress)))
      return weft_setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, 16)
    }
    if result < 0 { throw SystemError(code: -result, call: "setsockopt") }
  }

  static func negotiation(to address: SocketAddress) throws -> Negotiation {
    let socket = try connected(to: address)
    return MultipathSocket.negotiated(socket.number)
  }

  /// Takes one second, the kernel's first retransmission time-out.
  @Test(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces))
  func thePauseIsFoundAndTheCommandEndsIt() throws {
    try Namespace().run {
      // Linux 6.12 and later pause; 6.15 and later can be told to do so after one packet.
      let settings = HostSettings.current()
      guard settings.blackholeTimeout != nil, settings.synRetransmissions != nil else { return }
      try shell("sysctl -qw net.mptcp.syn_retrans_before_tcp_fallback=0 net.mptcp.checksum_enabled=1")
      try shell("ip mptcp limits set add_addr_accepted 1")
      #expect(HostProbe.run().findings.isEmpty)
      let good = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0))
      let bad = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0), policy: .off)
      try Self.dropMultipathClients(bad.number)
      let address = try Socket.localAddress(good.number)
      #expect(try Self.negotiation(to: address) == .multipath)
      #expect(try Self.negotiation(to: Socket.localAddress(bad.number)) == .fellBack)
      #expect(try Self.negotiation(to: address) == .fellBack, "outgoing connections are paused")
      let finding = try #require(HostProbe.run().findings.first { $0.id == "blackhole" })
      for line in finding.commands { try shell(line) }
      #expect(try Self.negotiation(to: address) == .multipath)
    }
  }
}
