// Tests what is impossible together.

import TestSupport
import Testing

@testable import DaemonSettings

@Suite struct SettingsRulesTests {
  private func complaint(_ assignments: String...) -> String? {
    do throws(SettingsError) {
      _ = try SettingsSources(assignments: assignments).load()
      return nil
    } catch {
      return error.problems.map(\.description).joined(separator: "\n")
    }
  }

  @Test func noDataConnectionAtAll() {
    #expect(complaint("passive.enabled=false") == nil)
    #expect(
      complaint("passive.enabled=false", "active.enabled=false")
        == "--set: passive.enabled: no data connection is possible when active.enabled is false too")
  }

  @Test func siteToSiteWithoutASite() {
    for mode in ["users", "on"] {
      #expect(
        complaint("transfer.site-to-site=\(mode)")
          == "--set: transfer.site-to-site: needs transfer.site-to-site-networks, where the other servers are")
      #expect(complaint("transfer.site-to-site=\(mode)", "transfer.site-to-site-networks=192.0.2.0/24") == nil)
    }
    #expect(complaint("transfer.site-to-site-networks=192.0.2.0/24") == nil)
  }

  @Test func databasesNeedToBeNamed() {
    #expect(complaint("accounts.backend=sqlite")?.contains("accounts.backend: needs accounts.sqlite") == true)
    #expect(complaint("accounts.backend=sqlite", "accounts.sqlite=/x") == nil)
    #expect(
      complaint("accounts.backend=sqlite", "accounts.sqlite=/x", "accounts.table=/y")?.contains(
        "accounts.table: is not used")
        == true)
    #expect(
      complaint("accounts.backend=postgres", "accounts.roots=/tmp")?.contains("needs accounts.postgres.connection")
        == true)
    let connection = "accounts.postgres.connection=host=/run"
    #expect(complaint("accounts.backend=postgres", connection)?.contains("needs accounts.roots") == true)
    #expect(complaint("accounts.backend=postgres", connection, "accounts.roots=/tmp") == nil)
    #expect(complaint("accounts.backend=postgres", connection, "server.landlock=off") == nil)
  }

  @Test func anAuthorityOutsideIsOneAndHasRoots() {
    let (program, url, roots) = (
      "accounts.external.program=/x", "accounts.external.url=https://x/", "accounts.roots=/tmp"
    )
    #expect(complaint(program)?.contains("accounts.external.program: needs accounts.roots") == true)
    #expect(complaint(program, roots) == nil)
    #expect(complaint(url, roots) == nil)
    #expect(complaint(program, url, roots)?.contains("cannot be set together") == true)
    #expect(complaint("accounts.external.program=x", roots)?.contains("is not an absolute path") == true)
  }

  @Test func aUserWithoutADirectory() {
    #expect(complaint("accounts.user=alice")?.contains("has no directory; give one as DIR or accounts.root") == true)
    #expect(complaint("accounts.user=alice", "accounts.root=/tmp") == nil)
  }

  @Test func anonymousWithoutADirectory() {
    #expect(complaint("accounts.anonymous=yes")?.contains("there is no directory to serve") == true)
    #expect(complaint("accounts.anonymous=yes", "accounts.root=/tmp") == nil)
    #expect(complaint("accounts.anonymous=yes", "accounts.anonymous-root=/tmp") == nil)
  }

  @Test func aNameThatCannotBeUsed() {
    #expect(complaint("accounts.user=FTP", "accounts.root=/tmp")?.contains("is taken by the anonymous login") == true)
    #expect(complaint("accounts.user=a:b", "accounts.root=/tmp")?.contains("contains a colon") == true)
  }

  @Test func directoriesThatAreNone() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("file", "")
    // Where nobody is served from it, it is only not used.
    #expect(complaint("accounts.root=\(file)") == nil)
    #expect(
      complaint("accounts.anonymous=yes", "accounts.root=\(file)")
        == "--set: accounts.root: \"\(file)\" is not a directory")
    #expect(
      complaint("accounts.anonymous-root=\(file)x") == "--set: accounts.anonymous-root: \"\(file)x\" does not exist")
  }

  @Test func whoCouldLogIn() throws {
    let nobody = try SettingsSources().load()
    #expect(SettingsRules.nobody(nobody, tableEntries: 0)?.message.contains("nobody could log in") == true)
    #expect(SettingsRules.nobody(nobody, tableEntries: 1) == nil)
    let anonymous = try SettingsSources(assignments: ["accounts.anonymous=1", "accounts.root=/tmp"]).load()
    #expect(SettingsRules.nobody(anonymous, tableEntries: 0) == nil)
    let empty = try SettingsSources(assignments: ["accounts.table=/t"]).load()
    #expect(SettingsRules.nobody(empty, tableEntries: 0)?.message.contains("\"/t\" has no user") == true)
  }
}
