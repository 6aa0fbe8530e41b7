// The options of the user table: what their values must look like, and that secrets are not shown.

import Testing

@testable import Accounts

@Suite struct UserAttributeTests {
  private static let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

  @Test func keysAreSortedAndUnique() {
    let keys = UserAttribute.all.map(\.key)
    #expect(keys == Set(keys).sorted())
  }

  @Test func secondFactorAndCertificate() throws {
    let table = try UserTable.parse(
      bytes("a:*:/a:rw,totp=\(Self.secret),certificate=a@example.org;b.example.org\n"), source: "t")
    let options = try #require(table.entries.first).options
    #expect(options.oneTimeSecret == Base32.decode(Self.secret))
    #expect(options.certificates == CertificateRule("a@example.org;b.example.org"))
  }

  /// A key without a field would be an option that is not obeyed.
  @Test func everyKeyHasAFieldOfItsOwn() throws {
    var seen: Set<AccountOptions> = [AccountOptions()]
    for (key, text) in AccountOptionsTests.good {
      var options = AccountOptions()
      let attribute = try #require(UserAttribute.byKey[key])
      #expect(attribute.read(text, &options))
      #expect(seen.insert(options).inserted, "\(key)")
    }
    #expect(Set(AccountOptionsTests.good.map(\.key)) == Set(UserAttribute.all.map(\.key)))
  }

  @Test(arguments: ["totp=JBSWY3DPEHPK3PX1", "totp=JBSWY3DPEHPK3PXP", "totp="])
  func aBadSecretIsNotShown(_ option: String) {
    let error = tableError { _ = try UserTable.parse(bytes("a:*:/a:rw,\(option)\n"), source: "t") }
    let message = error?.description ?? ""
    #expect(message.contains("'totp'"))
    #expect(message.contains("base32"))
    #expect(!message.contains("JBSWY"))
  }

  @Test func aBadCertificateIsShown() {
    let error = tableError { _ = try UserTable.parse(bytes("a:*:/a:rw,certificate=a;\n"), source: "t") }
    #expect(error?.description.contains("'certificate=a;'") == true)
  }
}
