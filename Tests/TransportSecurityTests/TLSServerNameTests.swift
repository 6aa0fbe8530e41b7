// Names and addresses of servers as users write them.

import LinuxSystem
import Testing

@testable import TransportSecurity

@Suite struct TLSServerNameTests {
  @Test(arguments: [
    ("ftp.example.org", "ftp.example.org"), ("FTP.Example.ORG.", "ftp.example.org"), ("localhost", "localhost"),
    ("xn--bcher-kva.example", "xn--bcher-kva.example"), ("under_score.example", "under_score.example"), ("1a", "1a"),
    ("a.", "a"),
  ]) func readsNames(_ text: String, _ name: String) {
    #expect(TLSServerName(text) == .dns(name))
    #expect(TLSServerName(text)?.indication == name)
  }

  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"),
    ("fe80::1%eth0", "fe80::1"),
  ]) func readsAddresses(_ text: String, _ address: String) throws {
    #expect(TLSServerName(text) == .address(try #require(IPAddress(address))))
    #expect(TLSServerName(text)?.description == address)
    #expect(TLSServerName(text)?.indication == nil)
  }

  /// A name that begins with a dot would be good for every name below it.
  @Test(arguments: [
    "", ".", ".example.org", "a..b", "a..", "*.example.org", "a b", "b\u{FC}cher.example", "a\u{0}b", "a/b",
    "[ftp.example.org",
    String(repeating: "a", count: 64), Array(repeating: "abc", count: 64).joined(separator: "."),
  ]) func refusesTheRest(_ text: String) { #expect(TLSServerName(text) == nil) }
}
