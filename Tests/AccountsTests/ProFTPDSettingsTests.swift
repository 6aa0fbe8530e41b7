// ProFTPD's other files: rates and sessions of proftpd.conf, quotas of mod_quotatab's binary table.

import TestSupport
import Testing

@testable import Accounts

@Suite struct ProFTPDSettingsTests {
  private func users() throws -> UserImport {
    let lines = ["alice", "bob"].map { "\($0):\(Sample.sha512):1:1::/srv/\($0):/bin/false\n" }.joined()
    return try UserImport(bytes(lines), source: "passwd")
  }

  @Test func configuration() throws {
    var source = try users()
    let text = """
      # proftpd.conf
      MaxClientsPerUser 3 "Too many"
      MaxClientsPerHost none
      <IfModule mod_xfer.c>
        TransferRate RETR 100.5
        TransferRate STOR,APPE 50:1024 user alice,carol
      </IfModule>
      <Directory /srv>
        TransferRate RETR 1
      </Directory>
      TransferRate RETR 5 group staff
      ServerName x
      """
    source.applyConfiguration(bytes(text), source: "proftpd.conf")
    #expect(
      source.users.map(\.options.texts) == [
        ["sessions": "3", "session-rate-down": "102912", "session-rate-up": "51200"],
        ["sessions": "3", "session-rate-down": "102912"],
      ])
    #expect(
      source.warnings.map(\.message) == [
        "proftpd.conf:8: <Directory /srv> is not taken over",
        "proftpd.conf:6: the 1024 bytes without a limit are not taken over",
        "proftpd.conf:11: TransferRate for group staff is not taken over",
        "proftpd.conf: without AllowOverwrite nobody may replace files, which is not taken over: see permissions",
      ])
  }

  @Test func whatRestrictsUsersIsTakenOverOrNamed() throws {
    var source = try users()
    let text = """
      TransferRate RETR 100 user alice
      TransferRate RETR 50
      AllowOverwrite on
      Umask 027 022
      DefaultRoot ~
      DefaultRoot /srv users
      HideFiles none
      PathDenyFilter "\\.exe$"
      MaxClients 30
      <Limit LOGIN>
        <Foo>
          Umask 077
        </Foo>
        AllowUser alice
      </Limit>
      <Global>
        HideNoAccess on
      </Global>
      """
    source.applyConfiguration(bytes(text), source: "c")
    #expect(
      source.users.map(\.options.texts) == [
        ["session-rate-down": "102400", "umask": "027"], ["session-rate-down": "51200", "umask": "027"],
      ])
    #expect(
      source.warnings.map(\.message) == [
        "c:4: the umask 022 of directories is not taken over: they have that of files",
        "c:6: DefaultRoot /srv users is not taken over: the home is what a user sees as /",
        "c:8: PathDenyFilter is not taken over", "c:9: MaxClients is not taken over; there is limits.sessions for all",
        "c:10: <Limit LOGIN> is not taken over", "c:17: HideNoAccess is not taken over",
      ])
  }

  /// mod_quotatab takes the record of the user, and only if there is none that of all.
  @Test func aUsersOwnQuotaStandsInPlaceOfThatOfAll() throws {
    var source = try users()
    var table: [UInt8] = [0x26, 0x76, 0, 0]
    table += record("alice", type: 20, bytes: [5000, 0, 0], files: [0, 0, 0])
    table += record("all", type: 10, bytes: [1000, 0, 0], files: [3, 0, 0])
    try source.applyQuotas(table, source: "limits")
    #expect(source.users.map(\.options.texts) == [["quota": "5000"], ["quota": "1000", "quota-files": "3"]])
  }

  /// A record as `ftpquota --type=limit` writes it.
  private func record(
    _ name: String, type: UInt32, perSession: UInt8 = 0, bytes: [Double], files: [UInt32]
  ) -> [UInt8] {
    func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    var record = Array(name.utf8) + [UInt8](repeating: 0, count: 81 - name.utf8.count)
    record += little(type) + [perSession] + little(UInt32(1))
    for number in bytes { record += little(number.bitPattern) }
    for number in files { record += little(number) }
    return record
  }

  @Test func quotas() throws {
    var source = try users()
    var table: [UInt8] = [0x26, 0x76, 0, 0]
    table += record("all", type: 10, bytes: [1000, 0, 0], files: [0, 0, 0])
    table += record("alice", type: 20, bytes: [2.5e9, 10, 0], files: [7, 0, 0])
    table += record("staff", type: 30, bytes: [1, 0, 0], files: [0, 0, 0])
    table += record("bob", type: 20, perSession: 1, bytes: [5, 0, 0], files: [0, 0, 0])
    try source.applyQuotas(table, source: "limits")
    #expect(
      source.users.map(\.options.texts) == [["quota": "2500000000", "quota-files": "7"], ["quota": "1000"]])
    #expect(
      source.warnings.map(\.message) == [
        "limits: the limit of downloaded bytes of alice is not taken over",
        "limits: the quota of the group staff is not taken over",
        "limits: the quota per session of bob is not taken over",
      ])
    #expect(tableError { try source.applyQuotas(bytes("hello"), source: "limits") }?.code == .malformed)
  }

  @Test func files() throws {
    let directory = try TemporaryDirectory()
    var source = try users()
    try source.applyProFTPD(
      configuration: try directory.file("proftpd.conf", "MaxClientsPerHost 2\n"), quotas: nil)
    #expect(source.users.first?.options.sessionsPerAddress == 2)
    #expect(
      tableError { try source.applyProFTPD(configuration: directory.path + "/no", quotas: nil) }?.code == .missingFile)
  }
}
