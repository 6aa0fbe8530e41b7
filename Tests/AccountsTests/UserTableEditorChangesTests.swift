// UserTableEditor's changes of single parts: what is named changes, the rest stays, and what changed is told.

import TestSupport
import Testing

@testable import Accounts

@Suite struct UserTableEditorChangesTests {
  private let directory: TemporaryDirectory
  private let editor: UserTableEditor
  private let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

  init() throws {
    directory = try TemporaryDirectory()
    editor = UserTableEditor(path: try directory.file("users"))
    _ = try directory.file("users", "# head\na:*:/a:ro,tls=required\nb:*:/b:rw\n")
  }

  private func invalid(set: [(String, String)] = [], unset: [String] = []) -> String? {
    let error = tableError {
      _ = try editor.update(bytes("a"), set: set.map { (key: $0.0, value: $0.1) }, unset: unset)
    }
    return error?.code == .invalidEntry ? error?.description : nil
  }

  /// A value for each option, so that none is forgotten.
  private static let values = [
    "account": "42", "admin": "yes", "certificate": "a@example.org", "charset": "ISO-8859-1", "default-type": "I",
    "mounts": "m=/m", "recfm": "lines", "site-to-site": "yes", "tls": "required-login",
    "totp": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "uploads": "direct", "enabled": "no", "expires": "2026-12-31",
    "from": "192.0.2.0/24", "hours": "mon-fri 0800-1800", "welcome": "Hello", "deny": "*.exe",
    "directories": "pub=/srv/pub=ro", "hide": ".*", "permissions": "/in=list+write", "umask": "027",
    "directory-quotas": "/in=1GiB/100", "download-per-day": "1GiB", "download-per-month": "1GiB",
    "upload-per-day": "1GiB", "upload-per-month": "1GiB", "quota": "1GiB", "quota-files": "9", "rate-down": "1MiB",
    "rate-up": "1MiB", "session-rate-down": "1MiB", "session-rate-up": "1MiB", "sessions": "5",
    "sessions-per-address": "2", "transfers": "3",
  ]

  @Test(arguments: UserAttribute.ofUsers.map(\.key))
  func everyOptionIsSetAndTakenAway(key: String) throws {
    // A new option may need a value here; any that its own rule accepts will do.
    let value = try #require(Self.values[key])
    let changes = try editor.update(bytes("b"), set: [(key, value)])
    #expect(changes.map(\.key) == [key])
    #expect(try directory.content("users").contains("b:*:/b:rw,\(key)=\(value)\n"))
    #expect(try editor.update(bytes("b"), set: [(key, value)]).isEmpty)
    #expect(try editor.update(bytes("b"), unset: [key]).first?.after == nil)
    #expect(try directory.content("users") == "# head\na:*:/a:ro,tls=required\nb:*:/b:rw\n")
    #expect(try editor.update(bytes("b"), unset: [key]).isEmpty)
  }

  @Test func severalAtOnceAreTold() throws {
    let changes = try editor.update(
      bytes("a"), set: [("access", "rw"), ("home", "/new"), ("totp", secret)], unset: ["tls"])
    #expect(
      changes == [
        EntryChange(key: "access", before: "ro", after: "rw"), EntryChange(key: "home", before: "/a", after: "/new"),
        EntryChange(key: "tls", before: "required", after: nil),
        EntryChange(key: "totp", before: nil, after: "********"),
      ])
    #expect(try directory.content("users") == "# head\na:*:/new:rw,totp=\(secret)\nb:*:/b:rw\n")
  }

  @Test func mistakesChangeNothingAndAreAllTold() throws {
    let before = try directory.content("users")
    let text = try #require(
      invalid(set: [("tls", "perhaps"), ("colour", "red"), ("access", "all")], unset: ["home", "size"]))
    for part in [
      "'tls' cannot be", "no option 'colour'", "'access' is ro", "'home': it can be set", "no option 'size'",
    ] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
    for (key, value) in [
      ("totp", "short"), ("certificate", "a,rw"), ("certificate", "a:b"), ("home", "b"), ("home", "/a:rw"),
    ] {
      #expect(invalid(set: [(key, value)]) != nil, "\(key)=\(value)")
    }
    #expect(tableError { _ = try editor.update(bytes("c"), set: [("tls", "required")]) }?.code == .unknownUser)
    #expect(try directory.content("users") == before)
  }

  @Test func renaming() throws {
    try editor.rename(bytes("a"), to: bytes("carol"))
    #expect(try directory.content("users") == "# head\ncarol:*:/a:ro,tls=required\nb:*:/b:rw\n")
    #expect(tableError { try editor.rename(bytes("carol"), to: bytes("b")) }?.code == .userExists)
    #expect(tableError { try editor.rename(bytes("a"), to: bytes("x")) }?.code == .unknownUser)
    #expect(tableError { try editor.rename(bytes("b"), to: bytes("ftp")) }?.code == .invalidEntry)
    try editor.rename(bytes("b"), to: bytes("b"))
    #expect(try directory.content("users") == "# head\ncarol:*:/a:ro,tls=required\nb:*:/b:rw\n")
  }
}
