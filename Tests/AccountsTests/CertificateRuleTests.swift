// Which client certificates a user's option certificate= lets in.

import Testing

@testable import Accounts

@Suite struct CertificateRuleTests {
  private static let fingerprint = Array(UInt8(0)..<32)
  private static let hex = fingerprint.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  private static let holder = CertificateHolder(
    commonNames: [bytes("Alice Example")], alternativeNames: [bytes("alice@Example.org"), bytes("Laptop.example.org")],
    fingerprint: fingerprint)

  @Test(arguments: [
    "Alice Example", "alice@example.org", "alice@EXAMPLE.ORG", "laptop.example.org", "bob;alice@example.org", hex,
    hex.uppercased(), "bob;\(hex)",
  ])
  func admits(_ text: String) throws {
    #expect(try #require(CertificateRule(text)).admits(Self.holder))
  }

  @Test(arguments: [
    "alice example", "Alice@example.org", "example.org", "alice", "*", "*.example.org", "alice@example.org.evil",
    String(hex.dropLast()), String(hex.reversed()),
  ])
  func refuses(_ text: String) throws {
    #expect(try !#require(CertificateRule(text)).admits(Self.holder))
  }

  @Test func aHolderWithoutNamesIsNobody() throws {
    let nobody = CertificateHolder(commonNames: [], alternativeNames: [], fingerprint: [])
    #expect(try !#require(CertificateRule("alice")).admits(nobody))
  }

  @Test func aNameWithANULIsNotItsBeginning() throws {
    let trick = CertificateHolder(
      commonNames: [bytes("alice") + [0] + bytes(".evil.example")], alternativeNames: [], fingerprint: [])
    #expect(try !#require(CertificateRule("alice")).admits(trick))
  }

  @Test(arguments: ["", ";", "a;", ";a", "a;;b"]) func emptyItemsAreRefused(_ text: String) {
    #expect(CertificateRule(text) == nil)
  }
}
