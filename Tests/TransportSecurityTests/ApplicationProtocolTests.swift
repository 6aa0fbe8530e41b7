// The walk through a client's list of protocols.

import Testing

@testable import TransportSecurity

@Suite struct ApplicationProtocolTests {
  private func choose(_ bytes: [UInt8]) -> Range<Int>? {
    bytes.withUnsafeBytes { ApplicationProtocol.choose(ApplicationProtocol.forControl, from: $0) }
  }

  private func list(_ names: String...) -> [UInt8] { names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } }

  @Test func findsTheBestName() {
    #expect(choose(list("ftp")) == 1..<4)
    #expect(choose(list("h2", "ftp")) == 4..<7)
    #expect(choose(list("ftp", "x-filezilla-ftp")) == 5..<20)
  }

  @Test func aNameWithinAnotherDoesNotCount() {
    #expect(choose(list("a\u{3}ftp")) == nil)
    #expect(choose(list("ftps", "xftp", "FTP")) == nil)
  }

  @Test func aBrokenListHoldsNothing() {
    #expect(choose([]) == nil)
    #expect(choose([0]) == nil)
    #expect(choose(list("ftp") + [9, 1]) == nil)
    #expect(choose([255]) == nil)
    #expect(choose([0] + list("ftp")) == nil)
  }
}
