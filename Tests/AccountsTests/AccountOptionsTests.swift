// AccountOptions: what the texts of options become, and that secrets are not shown.

import Testing

@testable import Accounts

@Suite struct AccountOptionsTests {
  private static let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

  /// A good value of every option.
  static let good: [(key: String, text: String)] = [
    ("account", "a=b"), ("admin", "yes"), ("certificate", "a@example.org"), ("charset", "ISO-8859-1"),
    ("default-type", "I"), ("mounts", "src=/srv/src"), ("recfm", "prefixed"),
    ("site-to-site", "yes"), ("tls", "required-login"),
    ("totp", secret), ("uploads", "direct"),
  ]

  @Test func everyField() throws {
    let options = try AccountOptions(Dictionary(uniqueKeysWithValues: Self.good.map { ($0.key, $0.text) }))
    #expect(options.accountText == bytes("a=b"))
    #expect(options.isAdministrator)
    #expect(options.certificates == CertificateRule("a@example.org"))
    #expect(options.charset == "ISO-8859-1")
    #expect(options.defaultType == .image)
    #expect(options.mounts == [MountPoint(name: "src", path: "/srv/src")])
    #expect(options.recordForm == .prefixed)
    #expect(options.isSiteToSiteAllowed == true)
    #expect(options.uploadMode == .direct)
    #expect(options.tlsDemand == .login)
    #expect(options.oneTimeSecret == Base32.decode(Self.secret))
    #expect(!options.isEmpty)
  }

  @Test func withoutAnyNothingIsAsked() {
    let options = AccountOptions()
    #expect(options.isEmpty)
    #expect(options.accountText == nil && options.certificates == nil && options.tlsDemand == nil)
    #expect(!options.isAdministrator)
  }

  @Test(arguments: [
    ("required", AccountOptions.TLSDemand.data), ("required-data", .data), ("required-login", .login),
  ])
  func tlsDemands(_ text: String, _ demand: AccountOptions.TLSDemand) throws {
    #expect(try AccountOptions(["tls": text]).tlsDemand == demand)
  }

  @Test(arguments: [
    ("account", ""), ("admin", "true"), ("certificate", ";"), ("charset", "UTF-9"), ("default-type", "a"),
    ("mounts", "x"), ("recfm", "VB"), ("site-to-site", "on"), ("tls", "yes"), ("totp", "JBSWY3DP"),
  ])
  func badValues(_ key: String, _ text: String) {
    var options = AccountOptions()
    do throws(AccountOptionError) {
      try options.set(key, to: text)
      Issue.record("\(key)=\(text) was taken")
    } catch .badValue(let attribute) {
      #expect(attribute.key == key)
    } catch { Issue.record(error) }
    #expect(options == AccountOptions())
  }

  @Test func anUnknownKeyIsAnError() {
    do throws(AccountOptionError) {
      _ = try AccountOptions(["quota": "5"])
      Issue.record("quota was taken")
    } catch .unknownKey(let key) {
      #expect(key == "quota")
    } catch { Issue.record(error) }
  }

  @Test func shown() throws {
    let options = try AccountOptions(["totp": Self.secret, "account": "gold", "charset": "CP932"])
    #expect(options.shown.map(\.key) == ["account", "charset", "totp"])
    #expect(options.shown.map(\.value) == ["********", "CP932", "********"])
  }

  @Test func oneIsTakenAway() throws {
    let options = try AccountOptions(["totp": Self.secret, "charset": "CP932"])
    #expect(options.without("totp") == (try AccountOptions(["charset": "CP932"])))
    #expect(options.without("tls") == options)
  }
}
