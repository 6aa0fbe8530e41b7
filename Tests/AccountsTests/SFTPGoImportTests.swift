// SFTPGoImport: a dump's users and groups arrive with their permissions, limits, folders and filters; the rest is named.

import TestSupport
import Testing

@testable import Accounts

@Suite struct SFTPGoImportTests {
  /// As dumpdata writes it, with the fields of SFTPGo 2.6.
  private static let dump = """
    {
      "users": [
        {
          "id": 1, "status": 1, "username": "alice", "email": "a@example.org", "expiration_date": 0,
          "password": "\(Sample.bcryptA)",
          "home_dir": "/srv/sftpgo/alice", "uid": 0, "gid": 0, "max_sessions": 3, "quota_size": 1073741824,
          "quota_files": 100, "permissions": {"/": ["*"], "/in": ["list", "upload"], "/in/deep": ["list"]},
          "upload_bandwidth": 512, "download_bandwidth": 1024, "upload_data_transfer": 0,
          "virtual_folders": [
            {"name": "pub", "virtual_path": "/pub", "quota_size": 1048576, "quota_files": 10},
            {"name": "cloud", "virtual_path": "/cloud", "quota_size": -1, "quota_files": -1}
          ],
          "filters": {
            "allowed_ip": ["192.0.2.0/24", "2001:db8::/32"], "denied_ip": ["203.0.113.1/32"], "ftp_security": 1,
            "file_patterns": [
              {"path": "/", "denied_patterns": ["*.exe"]},
              {"path": "/in", "denied_patterns": ["*.tmp"], "deny_policy": 1, "allowed_patterns": ["*.csv"]}
            ],
            "access_time": [
              {"day_of_week": 1, "from": "08:00", "to": "18:00"}, {"day_of_week": 0, "from": "00:00", "to": "23:59"}
            ],
            "max_upload_file_size": 5, "tls_username": "CommonName",
            "totp_config": {"enabled": true, "secret": {"status": "Secretbox", "payload": "x"}, "protocols": ["FTP"]}
          },
          "filesystem": {"provider": 0}, "description": "caf\u{E9} \\u003cx\\u003e"
        },
        {
          "status": 0, "username": "bob", "password": "$argon2id$v=19$m=65536,t=1,p=2$c2FsdA$aGFzaA",
          "home_dir": "", "permissions": {"/": ["list", "download"]}, "max_sessions": 0,
          "groups": [{"name": "night", "type": 2}, {"name": "staff", "type": 1}, {"name": "mere", "type": 3}],
          "filters": {"denied_protocols": ["FTP"]}, "filesystem": {"provider": 0}
        },
        {"status": 1, "username": "s3", "password": "x", "home_dir": "/x", "filesystem": {"provider": 1}},
        {
          "status": 1, "username": "carol", "password": "$pbkdf2-sha256$1$x$y", "home_dir": "/c",
          "permissions": {"/": ["list", "download", "upload"]}, "filesystem": {"provider": 0},
          "filters": {"totp_config": {"enabled": true, "secret": {"status": "Plain",
            "payload": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}, "protocols": ["FTP"]}}
        }
      ],
      "groups": [
        {
          "id": 1, "name": "staff",
          "user_settings": {"home_dir": "/srv/%username%", "max_sessions": 2, "permissions": {"/out": ["list", "download"]},
            "filters": {"allowed_ip": ["198.51.100.0/24"]}, "filesystem": {"provider": 0}}
        },
        {"id": 2, "name": "night", "user_settings": {"filters": {"file_patterns": [
          {"path": "/", "denied_patterns": ["*.bak"]}]}}},
        {"id": 3, "name": "mere"}
      ],
      "folders": [
        {"id": 1, "name": "pub", "mapped_path": "/srv/pub", "filesystem": {"provider": 0}},
        {"id": 2, "name": "cloud", "mapped_path": "/srv/cloud", "filesystem": {"provider": 2}}
      ],
      "admins": [], "version": 17
    }
    """

  private let source: UserImport

  init() throws { source = try UserImport(sftpgoDump: bytes(Self.dump), source: "dump.json") }

  private func user(_ name: String) throws -> UserImport.User {
    try #require(source.users.first { $0.name == bytes(name) })
  }

  private func messages(of name: String) -> String {
    (source.warnings + source.skipped).map(\.message).filter { $0.hasPrefix("\(name):") }.joined(separator: "\n")
  }

  @Test func everythingOfAUser() throws {
    let alice = try user("alice")
    #expect(alice.hash == Sample.bcryptA && alice.home == "/srv/sftpgo/alice" && !alice.isReadOnly && alice.line == 3)
    #expect(
      alice.options.texts == [
        "sessions": "3", "quota": "1073741824", "quota-files": "100",
        "permissions": "/in/deep=list+site;/in=list+write+site", "session-rate-up": "512KiB",
        "session-rate-down": "1024KiB", "directories": "pub=/srv/pub", "directory-quotas": "/pub=1048576/10",
        "from": "192.0.2.0/24;2001:db8::/32", "tls": "required-data", "deny": "*.exe", "hide": "/in/**/*.tmp",
        "hours": "mon 0800-1800;sun 0000-2400", "certificate": "alice",
      ])
    let told = messages(of: "alice")
    for loss in [
      "denied addresses", "allowed patterns (*.csv)", "largest size of an upload", "second factor is not taken over",
      "virtual folder cloud, which is in Google Cloud Storage",
    ] {
      #expect(told.contains(loss), "\(told)")
    }
  }

  @Test func groupsHandOn() throws {
    #expect(source.groups.map(\.name) == ["staff", "night", "mere"])
    let staff = try #require(source.groups.first)
    #expect(staff.home == "/srv/%u" && staff.permissions == nil && staff.options.sessions == 2)
    let bob = try user("bob")
    #expect(bob.home == "/srv/bob" && bob.isReadOnly && bob.groups == ["staff", "night"])
    // What SFTPGo adds up stands in the user's own entry, which is stronger than the groups.
    #expect(bob.options.texts == ["enabled": "no", "permissions": "/out=ro", "deny": "*.bak"])
    #expect(messages(of: "bob").contains("mere membership in the group mere"))
  }

  @Test func passwordsThatCannotBeUsed() throws {
    #expect(try user("bob").hash == "*")
    #expect(messages(of: "bob").contains("the password is an argon2 hash"))
    #expect(messages(of: "bob").contains("locked until `weftpd user password` sets one"))
    #expect(try user("carol").hash == "*")
    #expect(!source.warnings.map(\.message).joined().contains("c2FsdA"))
    #expect(try user("carol").options.texts["permissions"] == "/=list+read+write+site")
    #expect(try user("carol").options.oneTimeSecret != nil)
  }

  @Test func otherStores() {
    #expect(source.users.map(\.name) == ["alice", "bob", "carol"].map(bytes))
    #expect(messages(of: "s3").contains("the files are in S3"))
  }

  @Test func noDump() {
    for text in ["", "[1]", "{\"admins\": []}", "{", "\u{0}"] {
      #expect(tableError { _ = try UserImport(sftpgoDump: bytes(text), source: "d") }?.code == .malformed)
    }
  }

  @Test func intoAYAMLTable() throws {
    let directory = try TemporaryDirectory()
    let editor = UserTableEditor(path: try directory.file("users.yaml", "# mine\ngroups:\n  night: {}\n"))
    let report = try editor.importUsers(source)
    #expect(report.added.count == 3 && report.groups == ["staff", "mere"] && report.losses.isEmpty)
    let table = try editor.load()
    for user in source.users {
      let entry = try #require(table.entry(named: user.name))
      #expect(entry.ownOptions.texts == user.options.texts && entry.home == user.home && entry.hash == user.hash)
      #expect(entry.groups.map(\.group.name) == user.groups)
    }
    #expect(try directory.content("users.yaml").hasPrefix("# mine\n"))
    let again = try editor.importUsers(source, replacing: true)
    #expect(again.replaced.count == 3 && again.groups.isEmpty)
    #expect(try editor.importUsers(source).kept.count == 3)
  }

  @Test func intoATableOfLines() throws {
    let directory = try TemporaryDirectory()
    let editor = UserTableEditor(path: try directory.file("users"))
    let report = try editor.importUsers(source)
    #expect(report.added.count == 3)
    #expect(report.losses.contains { $0.contains("alice: from needs a YAML table") }, "\(report.losses)")
    #expect(report.losses.contains { $0.contains("bob: groups need a YAML table; left out: staff, night") })
    #expect(try editor.entry(named: bytes("alice")).options.hours != nil)
  }
}
