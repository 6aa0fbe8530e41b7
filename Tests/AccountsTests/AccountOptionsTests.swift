// AccountOptions: what the texts of options become, and that secrets are not shown.

import FTPProtocol
import LinuxSystem
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
    ("enabled", "no"), ("expires", "2026-12-31"), ("from", "192.0.2.0/24;2001:db8::1"), ("hours", "mon-fri 0800-1800"),
    ("welcome", "Hello"), ("deny", "*.exe"), ("directories", "pub=/srv/pub=ro"), ("hide", ".*;/secret"),
    ("permissions", "/in=list+write;/=ro"), ("umask", "027"), ("directory-quotas", "/in=1GiB/100"),
    ("download-per-day", "1GiB"), ("download-per-month", "10GiB"), ("upload-per-day", "2GiB"),
    ("upload-per-month", "20GiB"), ("group-rate-down", "5MiB"), ("group-rate-up", "6MiB"), ("group-sessions", "50"),
    ("quota", "10GiB"), ("quota-files", "1000"), ("rate-down", "1MiB;0800-1800=200KiB"), ("rate-up", "2MiB"),
    ("session-rate-down", "3MiB"), ("session-rate-up", "4MiB"), ("sessions", "5"), ("sessions-per-address", "2"),
    ("transfers", "3"),
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

  @Test func everyFieldOfRulesAndLimits() throws {
    let options = try AccountOptions(Dictionary(uniqueKeysWithValues: Self.good.map { ($0.key, $0.text) }))
    #expect(!options.isEnabled)
    #expect(options.expiry != nil)
    #expect(options.peers == [IPNetwork("192.0.2.0/24"), IPNetwork("2001:db8::1")])
    #expect(options.hours == WeekHours("mon-fri 0800-1800"))
    #expect(options.welcome == "Hello")
    #expect(options.denied.map(\.text) == ["*.exe"] && options.hidden.map(\.text) == [".*", "/secret"])
    #expect(options.directories == VirtualDirectory.list("pub=/srv/pub=ro"))
    #expect(options.permissionRules.map(\.permissions) == [[.list, .write], .readOnly])
    #expect(options.umask == 0o027)
    #expect(options.directoryQuotas.map(\.bytes) == [1 << 30] && options.directoryQuotas.map(\.files) == [100])
    let days = [options.downloadPerDay, options.downloadPerMonth, options.uploadPerDay, options.uploadPerMonth]
    #expect(days == [1 << 30, 10 << 30, 2 << 30, 20 << 30])
    let rates = [
      options.downloadRate, options.uploadRate, options.sessionDownloadRate, options.sessionUploadRate,
      options.groupDownloadRate, options.groupUploadRate,
    ]
    #expect(rates.map { ($0?.bytesPerSecond ?? 0) >> 20 } == [1, 2, 3, 4, 5, 6])
    #expect(options.quota == 10 << 30 && options.quotaFiles == 1000)
    #expect([options.sessions, options.sessionsPerAddress, options.transfers, options.groupSessions] == [5, 2, 3, 50])
  }

  @Test func whatAnEntryDoesNotSayItsGroupsSay() throws {
    let first = AccountGroup(
      name: "staff", home: "/home/%u", permissions: .readOnly,
      options: try AccountOptions(["quota": "1GiB", "umask": "027", "group-sessions": "9"]))
    let second = AccountGroup(name: "all", options: try AccountOptions(["quota": "2GiB", "sessions": "4"]))
    let entry = UserEntry(
      name: bytes("a"), hash: "*", home: "/a", permissions: .readOnly, options: try AccountOptions(["umask": "077"]),
      groups: [SharedGroup(first), SharedGroup(second)])
    #expect(entry.options.umask == 0o077 && entry.ownOptions.quota == nil)
    #expect(entry.options.quota == 1 << 30 && entry.options.sessions == 4)
    #expect(entry.options.groupSessions == nil)
    #expect(Account(entry, within: .all).groups.map(\.group.name) == ["staff", "all"])
    #expect(first.home(of: bytes("bob")) == "/home/bob")
    #expect(first.home(of: bytes("..")) == nil && first.home(of: bytes("a/b")) == nil)
    #expect(second.home(of: bytes("bob")) == nil)
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
    ("enabled", "true"), ("expires", "2026-02-30"), ("expires", "soon"), ("expires", "2026-12-31T2500"),
    ("from", "192.0.2.1/24"), ("from", ""), ("hours", "8-18"), ("hours", "0800-0800"), ("hours", "mon-foo"),
    ("welcome", ""), ("deny", ""), ("deny", "a;;b"), ("hide", "/a/../b"), ("directories", "/=/srv"),
    ("directories", "a=/srv;a/b=/srv"), ("directories", "a=srv"), ("directories", "a=/srv=rx"),
    ("permissions", "in=list"), ("permissions", "/in=lst"), ("permissions", "/in"), ("umask", "888"), ("umask", "22"),
    ("directory-quotas", "/in=none"), ("directory-quotas", "in=1GiB"), ("directory-quotas", "/in=1GiB;/in=2GiB"),
    ("quota", "1GB"), ("quota", "-1"), ("quota", "99999999TiB"), ("quota-files", "x"), ("rate-down", "0"),
    ("rate-down", "1MiB;8-18=1"), ("sessions", "0"), ("transfers", "many"),
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
      _ = try AccountOptions(["colour": "5"])
      Issue.record("colour was taken")
    } catch .unknownKey(let key) {
      #expect(key == "colour")
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
