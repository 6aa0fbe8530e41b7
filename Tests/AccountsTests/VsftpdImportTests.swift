// VsftpdImport: per-user files and vsftpd.conf become permissions, rates and patterns; what has no counterpart is named.

import TestSupport
import Testing

@testable import Accounts

@Suite struct VsftpdImportTests {
  private func user(_ own: String, _ configuration: String = "write_enable=YES\n") -> (UserImport.User?, String) {
    let source = UserImport(
      vsftpdUsers: ["alice": bytes("local_root=/srv/alice\n" + own)], configuration: bytes(configuration),
      passwords: bytes("alice:\(Sample.sha512)\n"))
    let messages = (source.warnings + source.skipped).map(\.message).joined(separator: "\n")
    return (source.users.first, messages)
  }

  @Test func directoryAndFiles() throws {
    let directory = try TemporaryDirectory()
    try directory.makeDirectory("users")
    let users = directory.path(of: "users")
    try directory.write("users/alice", "local_root=/srv/a\nwrite_enable=YES\nlocal_max_rate=20000\n", mode: 0o600)
    try directory.write("users/bob", "# nothing\n", mode: 0o600)
    let configuration = try directory.file("vsftpd.conf", "local_root=/srv/ftp/$USER\nuser_sub_token=$USER\n")
    let passwords = try directory.file("passwords", "# pam_pwdfile\nalice:\(Sample.bcrypt)\ncarol:\(Sample.sha512):x\n")
    let source = try UserImport.vsftpd(directory: users, configuration: configuration, passwords: passwords)
    #expect(source.format == .vsftpd)
    #expect(source.users.map(\.name) == ["alice", "bob", "carol"].map(bytes))
    #expect(source.users.map(\.home) == ["/srv/a", "/srv/ftp/bob", "/srv/ftp/carol"])
    #expect(source.users.map(\.hash) == [Sample.bcrypt, "*", Sample.sha512])
    #expect(source.users.map(\.isReadOnly) == [false, true, true])
    #expect(source.users.first?.options.sessionDownloadRate == ByteRate(bytesPerSecond: 20000))
    let messages = source.warnings.map(\.message).joined(separator: "\n")
    #expect(messages.contains("bob: there is no password: locked"))
    #expect(messages.contains("carol: write_enable is not set: read-only"))
    #expect(tableError { _ = try UserImport.vsftpd(directory: users + "x", configuration: nil, passwords: nil) } != nil)
  }

  @Test(
    arguments: [
      ("", nil), ("write_enable=NO\n", nil),
      ("cmds_denied=DELE,RMD\n", "/=list+read+write+overwrite+append+rename+mkdir+chmod+site"),
      ("download_enable=NO\n", "/=list+write+overwrite+append+rename+delete+mkdir+rmdir+chmod+site"),
      ("cmds_allowed=LIST,RETR\n", "/=list+read"),
      ("guest_enable=YES\nanon_upload_enable=YES\nanon_world_readable_only=NO\n", "/=list+read+write+site"),
      ("guest_enable=YES\nvirtual_use_local_privs=YES\n", nil),
    ] as [(String, String?)])
  func permissions(own: String, expected: String?) {
    #expect(user(own).0?.options.texts["permissions"] == expected)
  }

  @Test func limitsAndPatterns() throws {
    let (alice, messages) = user(
      "local_umask=22\nforce_local_data_ssl=YES\ndeny_file={*.mp3,*.mov,.private}\nhide_file=.*\nlocal_max_rate=1000\n")
    #expect(
      alice?.options.texts == [
        "umask": "022", "tls": "required-data", "deny": "*.mp3;*.mov;.private", "hide": ".*",
        "session-rate-down": "1000", "session-rate-up": "1000",
      ])
    #expect(messages.isEmpty, "\(messages)")
  }

  @Test func lossesAreNamed() {
    let (_, messages) = user("idle_session_timeout=5\nmax_per_ip=3\ndeny_file={a{b,c}}\ncmds_denied=MDTM\n")
    for loss in ["idle_session_timeout=5", "max_per_ip=3", "deny_file ({a{b,c}})", "denial of MDTM"] {
      #expect(messages.contains("alice: the ") && messages.contains(loss), "\(messages)")
    }
    let source = UserImport(vsftpdUsers: ["x": []], configuration: nil, passwords: nil)
    #expect(source.users.isEmpty)
    #expect(source.skipped.first?.message.contains("x: no local_root") == true)
  }
}
