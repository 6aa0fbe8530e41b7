// Tests of IP addresses as values: parsing, printing, comparing, and what kind they are.

import Testing

@testable import LinuxSystem

@Suite struct IPAddressTests {
  @Test(arguments: [
    "0.0.0.0", "127.0.0.1", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1", "ff02::1",
    "2001:db8:1:2:3:4:5:6", "::1.2.3.4",
  ])
  func printsWhatItRead(_ text: String) throws {
    #expect(try #require(IPAddress(text)).description == text)
  }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.-4", " 1.2.3.4", "1.2.3.4 ", "01.2.3.4", "0x7f.0.0.1", "localhost",
    "[::1]", "::1::", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "fe80::1%lo", "1.2.3.4/8", "é",
  ])
  func refusesWhatIsNoAddress(_ text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func aTextThatGoesOnBehindANULIsNoAddress() {
    #expect(IPAddress("127.0.0.1\u{0}.example.com") == nil)
    #expect(IPAddress("::1\u{0}") == nil)
  }

  @Test func octetsAreInNetworkOrder() throws {
    #expect(try #require(IPAddress("192.0.2.1")).octets == [192, 0, 2, 1])
    #expect(
      try #require(IPAddress("2001:db8::f00d")).octets
        == [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xF0, 0x0D])
    #expect(IPAddress(ipv4: 0x7F00_0001).octets == [127, 0, 0, 1])
  }

  @Test func octetsMakeTheAddressTheyCameFrom() throws {
    var random = SystemRandomNumberGenerator()
    for count in [4, 16] {
      for _ in 0..<1000 {
        let octets = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let address = try #require(IPAddress(octets: octets))
        #expect(address.octets == octets)
        #expect(IPAddress(address.description) == address)
      }
    }
    for count in [0, 3, 5, 15, 17] { #expect(IPAddress(octets: [UInt8](repeating: 1, count: count)) == nil) }
  }

  @Test func aMappedAddressIsIPv4() throws {
    let plain = try #require(IPAddress("192.0.2.1"))
    let mapped = try #require(IPAddress("::ffff:192.0.2.1"))
    #expect(mapped == plain)
    #expect(mapped.hashValue == plain.hashValue)
    #expect(mapped.family == .ipv4)
    #expect(mapped.description == "192.0.2.1")
    #expect(mapped.octets.count == 4)
    let octets: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 1]
    #expect(IPAddress(octets: octets, scope: 7) == plain)
  }

  @Test func compatibleAndTranslatedAddressesStayIPv6() throws {
    for text in ["::1.2.3.4", "::fffe:1.2.3.4", "0:0:0:1::ffff:102:304", "64:ff9b::102:304"] {
      #expect(try #require(IPAddress(text)).family == .ipv6, "\(text)")
    }
  }

  @Test func familiesDoNotMeet() throws {
    #expect(IPAddress(ipv4: 1) != IPAddress("::1"))
    #expect(IPAddress("0.0.0.0") != IPAddress("::"))
    let set = Set([IPAddress("::1"), IPAddress("::2"), IPAddress("0.0.0.1"), IPAddress("::ffff:0.0.0.1")])
    #expect(set.count == 3)
  }

  @Test func theInterfaceCounts() throws {
    let octets = try #require(IPAddress("fe80::1")).octets
    #expect(IPAddress(octets: octets, scope: 1) != IPAddress(octets: octets, scope: 2))
  }

  @Test func kinds() throws {
    func addresses(_ test: (IPAddress) -> Bool) throws -> [String] {
      try [
        "0.0.0.0", "127.0.0.1", "127.255.255.254", "128.0.0.1", "126.0.0.1", "223.255.255.255", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::2", "fe80::1", "ff02::1", "fe00::",
        "::ffff:127.0.0.1",
      ].filter { test(try #require(IPAddress($0))) }
    }
    #expect(try addresses(\.isWildcard) == ["0.0.0.0", "::"])
    #expect(try addresses(\.isLoopback) == ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"])
    #expect(
      try addresses(\.isMulticastOrBroadcast) == ["224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1"])
    #expect(try #require(IPAddress("192.0.2.1")).ipv4 == 0xC000_0201)
    #expect(try #require(IPAddress("2001:db8::1")).ipv4 == nil)
  }
}
