// Tests that the table of settings is sound in itself.

import Testing

@testable import DaemonSettings

@Suite struct SettingsTableTests {
  @Test func everyDefaultIsAcceptedByItsOwnType() throws {
    for row in SettingsTable.rows {
      var settings = Settings()
      if !row.defaultItems.isEmpty { try row.store(row.defaultItems, &settings) }
      #expect(settings == Settings(), "\(row.key)")
    }
  }

  @Test func everyRowWritesAFieldOfItsOwn() throws {
    for row in SettingsTable.rows {
      var other = Settings()
      let texts = [
        ["true"], ["false"], ["7"], ["500ms"], ["off"], ["1025"], ["required"], ["x.example"], ["I"], ["json"],
        ["debug"],
      ]
      let more = [
        ["127.0.0.1:9"], ["192.0.2.1"], ["037"], ["1.3"], ["refuse"], ["require"], ["journal"], ["007"], ["/x"],
        ["users"], ["direct"], ["relaxed"], ["sqlite"], ["login"], ["1MiB"], ["own"],
      ]
      for items in texts + more where row.show(other) == row.defaultItems { try? row.store(items, &other) }
      #expect(row.show(other) != row.defaultItems, "\(row.key) cannot be changed")
      let changed = SettingsTable.rows.filter { $0.show(other) != $0.defaultItems }.map(\.key)
      #expect(changed == [row.key])
    }
  }

  @Test func keysAndEnvironmentNamesAreUnique() {
    let keys = SettingsTable.rows.map(\.key)
    #expect(Set(keys).count == keys.count)
    let names = SettingsTable.rows.map(\.environmentName) + SettingsTable.otherEnvironmentNames
    #expect(Set(names).count == names.count)
    #expect(Set(keys).isDisjoint(with: SettingsTable.sections))
  }

  @Test func theRowsOfASectionStandTogether() {
    var seen: [String] = []
    for section in SettingsTable.rows.compactMap(\.section) where seen.last != section { seen.append(section) }
    #expect(seen == SettingsTable.sections)
  }

  @Test func environmentNames() {
    #expect(SettingsTable.row("passive.ports")?.environmentName == "WEFTPD_PASSIVE_PORTS")
    #expect(SettingsTable.row("timeouts.data-stall")?.environmentName == "WEFTPD_TIMEOUTS_DATA_STALL")
    #expect(SettingsTable.row("listen")?.environmentName == "WEFTPD_LISTEN")
  }

  @Test func theDefaultsAreTheDocumentedOnes() {
    let defaults = Settings()
    #expect(defaults.server.passivePorts == 49152...65534)
    #expect(defaults.server.timeouts.login == .seconds(60))
    #expect(defaults.server.timeouts.idle == .seconds(900))
    #expect(defaults.shutdownGrace == .seconds(30))
    #expect(defaults.shutdownUpgrade == .seconds(3600))
    #expect(defaults.server.limits.sessions == 10_000)
    #expect(defaults.server.limits.commandLine == 4096)
    #expect(defaults.server.files.umask == 0o22)
    #expect(defaults.accountsTable == nil)
  }

  @Test func copyTakesOverOneSettingOnly() throws {
    var source = Settings()
    try #require(SettingsTable.row("limits.sessions")).store(["7"], &source)
    try #require(SettingsTable.row("accounts.attempts")).store(["9"], &source)
    var target = Settings()
    try #require(SettingsTable.row("limits.sessions")).copy(source, &target)
    #expect(target.server.limits.sessions == 7)
    #expect(target.server.limits.loginAttempts == 3)
  }
}
