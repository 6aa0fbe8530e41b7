// Tests of the argument of HOST.

import FTPProtocol
import Testing

@Suite struct HostNameTests {
  @Test(arguments: ["ftp.example.org", "FTP.Example.ORG", "localhost", "a-b.c", "1a.example", "xn--bcher-kva.example"])
  func names(_ text: String) { #expect(HostName(bytes(text)) == .name(text.lowercased())) }

  @Test func addresses() {
    #expect(HostName(bytes("192.0.2.1")) == .address([192, 0, 2, 1]))
    #expect(HostName(bytes("[::1]")) == .address([UInt8](repeating: 0, count: 15) + [1]))
    #expect(HostName(bytes("[::ffff:192.0.2.1]")) != nil)
  }

  @Test(arguments: [
    "", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", " a", "a ", "a:21", "192.0.2.1:21", "[::1]:21", "::1",
    "[::1",
    "::1]", "[]", "[192.0.2.1]", "[fe80::1%lo]", "b\u{FC}cher", "a/b", "a\0",
  ])
  func refuses(_ text: String) { #expect(HostName(bytes(text)) == nil) }

  @Test func isBounded() {
    let label = String(repeating: "a", count: 63)
    #expect(HostName(bytes(label)) != nil)
    #expect(HostName(bytes(label + "a")) == nil)
    let long = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
    #expect(HostName(bytes(long)) != nil)
    #expect(HostName(bytes(long + "b")) == nil)
  }
}
