// Tests that the table of settings is sound in itself.

import Testing

@testable import DaemonSettings

@Suite struct SettingsTableTests {
  @Test func everyDefaultIsAcceptedByItsOwnTypeAndShownAsWritten() throws {
    for row in SettingsTable.rows {
      var settings = Settings()
      if !row.defaultItems.isEmpty { try row.store(row.defaultItems, &settings) }
      #expect(row.show(settings) == row.defaultItems, "\(row.key)")
      #expect(row.show(Settings.defaults) == row.defaultItems, "\(row.key)")
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
    let defaults = Settings.defaults
    #expect(defaults.passivePorts == 49152...65534)
    #expect(defaults.loginTimeout == .seconds(60))
    #expect(defaults.idleTimeout == .seconds(900))
    #expect(defaults.shutdownGrace == .seconds(30))
    #expect(defaults.sessionLimit == 10_000)
    #expect(defaults.commandLineLimit == 4096)
    #expect(defaults.umask == 0o22)
    #expect(defaults.accountsTable == nil)
  }

  @Test func copyTakesOverOneSettingOnly() throws {
    var source = Settings.defaults
    try #require(SettingsTable.row("limits.sessions")).store(["7"], &source)
    try #require(SettingsTable.row("accounts.attempts")).store(["9"], &source)
    var target = Settings.defaults
    try #require(SettingsTable.row("limits.sessions")).copy(source, &target)
    #expect(target.sessionLimit == 7)
    #expect(target.accountsAttempts == 3)
  }
}
