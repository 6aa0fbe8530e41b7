// Tests of networks: what is one, and which addresses are in it.

import Testing

@testable import LinuxSystem

@Suite struct IPNetworkTests {
  @Test(arguments: ["0.0.0.0/0", "10.0.0.0/8", "192.0.2.128/25", "192.0.2.7/32", "::/0", "2001:db8::/32", "::1/128"])
  func printsWhatItRead(_ text: String) throws { #expect(try #require(IPNetwork(text)).description == text) }

  @Test func aLoneAddressIsANetworkOfOne() throws {
    #expect(try #require(IPNetwork("192.0.2.7")).description == "192.0.2.7/32")
    #expect(try #require(IPNetwork("2001:db8::7")).description == "2001:db8::7/128")
  }

  @Test(arguments: [
    "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/ 8",
    "10.0.0.0/0008",
    "10.0.0.0/x", "10.0.0.1/8", "192.0.2.129/25", "2001:db8::/129", "2001:db8::1/64", "2001:db8:1::/32", "host/8",
    "::ffff:10.0.0.0/104",
  ])
  func refusesWhatIsNoNetwork(_ text: String) { #expect(IPNetwork(text) == nil) }

  @Test(arguments: [
    ("192.0.2.129", 32, "192.0.2.129/32"), ("192.0.2.129", 25, "192.0.2.128/25"), ("192.0.2.129", 0, "0.0.0.0/0"),
    ("192.0.2.129", 99, "192.0.2.129/32"), ("2001:db8:1:2:3:4:5:6", 128, "2001:db8:1:2:3:4:5:6/128"),
    ("2001:db8:1:2:3:4:5:6", 65, "2001:db8:1:2::/65"), ("2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::/64"),
    ("2001:db8:1:2:3:4:5:6", 63, "2001:db8:1:2::/63"), ("2001:db8:1:3:3:4:5:6", 63, "2001:db8:1:2::/63"),
    ("2001:db8:1:2:3:4:5:6", 48, "2001:db8:1::/48"), ("2001:db8:1:2:3:4:5:6", 0, "::/0"),
  ])
  func theNetworkAnAddressIsIn(_ address: String, _ prefix: Int, _ network: String) throws {
    let made = IPNetwork(try #require(IPAddress(address)), prefix: prefix)
    #expect(made.description == network)
    #expect(IPNetwork(network) == made)
    #expect(
      made.isSingle == (network.hasSuffix("/32") && prefix >= 32 && !network.contains(":") || network.hasSuffix("/128"))
    )
  }

  @Test(arguments: [
    ("10.0.0.0/8", "10.0.0.0", true), ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
    ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("10.0.0.0/8", "::10.1.2.3", false), ("0.0.0.0/0", "203.0.113.1", true),
    ("0.0.0.0/0", "2001:db8::1", false), ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.7", "192.0.2.7", true),
    ("192.0.2.7", "192.0.2.6", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
    ("2001:db8::/32", "2001:db9::1", false),
    ("2001:db8::/64", "2001:db8::ffff:1", true), ("2001:db8::/64", "2001:db8:0:1::1", false),
    ("2001:db8::/65", "2001:db8::7fff:0:0:1", true), ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
    ("::1/128", "::1", true), ("::1/128", "::2", false), ("::/0", "fe80::1", true),
  ])
  func contains(_ network: String, _ address: String, _ isMember: Bool) throws {
    #expect(try #require(IPNetwork(network)).contains(try #require(IPAddress(address))) == isMember)
  }
}
