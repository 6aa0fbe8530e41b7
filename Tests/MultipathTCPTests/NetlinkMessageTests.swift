// Tests of NetlinkMessage.swift: datagrams captured on Linux 6.18, and damaged ones.

import LinuxSystem
import Testing

@testable import MultipathTCP

@Suite struct NetlinkMessageTests {
  static let family = bytes(
    """
    6801000010000000070000002f660000 01020000 0d0002006d707463705f706d00000000 060001001c000000 0800030001000000
    0800040000000000 0800050000000000 e0000600 1400010008000100010000000800 02001a000000 14000200080001000200000008000200
    1a000000 140003000800010003000000080002000e000000 140004000800010004000000080002001a000000
    140005000800010005000000080002001a000000 140006000800010006000000080002000a000000
    140007000800010007000000080002001a000000 140008000800010008000000080002001a000000
    140009000800010009000000080002001a000000 14000a00080001000a000000080002001a000000
    14000b00080001000b000000080002001a000000 44000700 2000010008000200 08000000120001006d707463705f706d5f636d6473000000
    200002000800020009000000140001006d707463705f706d5f6576656e747300
    """)

  @Test func findsFamilyAndGroups() throws {
    try Self.family.withUnsafeBytes { raw in
      let messages = NetlinkMessage.all(in: raw)
      #expect(messages.count == 1)
      let family = try #require(GenericFamily(answer: messages[0].payload))
      #expect(family.id == 28)
      #expect(family.groups == ["mptcp_pm_cmds": 8, "mptcp_pm_events": 9])
    }
  }

  @Test func readsAnEndpoint() throws {
    let dump = bytes(
      """
      480000001c000200070000002f660000 03010000 34000180 0600010002000000 0600050000000000 0500020001000000
      0800060006000000 0800070003000000 080003000a4d0201
      """)
    try dump.withUnsafeBytes { raw in
      let message = try #require(NetlinkMessage.all(in: raw).first)
      let nest = try #require(Attributes(message.payload, from: 4)[1])
      let endpoint = try #require(PathEndpoint(attributes: Attributes(nest.raw)))
      #expect(endpoint.address.description == "10.77.2.1")
      #expect(endpoint.id == 1)
      #expect(endpoint.port == nil)
      #expect(endpoint.flags == [.subflow, .backup])
      #expect(endpoint.interfaceIndex == 3)
    }
  }

  @Test func writesAnEndpointAsItIsRead() throws {
    let address = try #require(IPAddress("2001:db8::7"))
    let endpoint = PathEndpoint(address, flags: [.signal], port: 8021, interfaceIndex: 3, id: 9)
    var writer = AttributeWriter()
    endpoint.encode(into: &writer)
    #expect(writer.bytes.withUnsafeBytes { PathEndpoint(attributes: Attributes($0)) } == endpoint)
  }

  @Test func readsAcknowledgementsAndExplanations() throws {
    let acknowledged = bytes("240000000200000107000000b35a000000000000 2400000010000500070000000000 0000")
    acknowledged.withUnsafeBytes { raw in
      let message = NetlinkMessage.all(in: raw).first
      #expect(message?.failure.code == 0)
    }
    let refused = bytes(
      """
      3c00000002000003070000002f660000 eaffffff 200000001c0005000700000000000000 16000100 61646472657373206e6f7420666f756e6400 0000
      """)
    refused.withUnsafeBytes { raw in
      let message = NetlinkMessage.all(in: raw).first
      #expect(message?.failure.code == -22)
      #expect(message?.failure.explanation == "address not found")
    }
  }

  @Test func damagedLengthsEndTheList() {
    for length in 0..<Self.family.count {
      Self.family[..<length].withUnsafeBytes { #expect(NetlinkMessage.all(in: $0).isEmpty) }
    }
    for position in 0..<Self.family.count {
      for value: UInt8 in [0, 1, 3, 0x7F, 0xFF] {
        var damaged = Self.family
        damaged[position] = value
        damaged.withUnsafeBytes { raw in
          for message in NetlinkMessage.all(in: raw) { _ = GenericFamily(answer: message.payload) }
        }
      }
    }
  }
}
