// Tests the order of the sources, and that all that is wrong in any of them is told.

import SafeText
import TestSupport
import Testing

@testable import DaemonSettings

@Suite struct SettingsReaderTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func problems(_ sources: SettingsSources) -> [String] {
    do throws(SettingsError) {
      _ = try sources.load()
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test func nothingSetGivesTheDefaults() throws {
    let loaded = try SettingsSources().load()
    #expect(loaded.settings == Settings())
    #expect(SettingsTable.rows.allSatisfy { loaded.origin($0.key) == .standard })
    #expect(loaded.warnings.isEmpty)
  }

  @Test func everySourceIsStrongerThanTheOneBefore() throws {
    let path = try directory.write("f.yaml", "limits:\n  sessions: 2\n")
    var sources = SettingsSources()
    var seen: [Int] = []
    var origins: [String] = []
    func look() throws {
      let loaded = try sources.load()
      seen.append(loaded.settings.server.limits.sessions)
      origins.append(loaded.origin("limits.sessions").description)
    }
    try look()
    sources.configPath = path
    try look()
    sources.environment["WEFTPD_LIMITS_SESSIONS"] = "3"
    try look()
    sources.assignments = ["limits.sessions=1", "limits.sessions=4"]
    try look()
    sources.options = [.init(name: "--sessions", key: "limits.sessions", items: ["5"])]
    try look()
    #expect(seen == [10_000, 2, 3, 4, 5])
    #expect(origins == ["default", "\(path):2", "WEFTPD_LIMITS_SESSIONS", "--set", "--sessions"])
  }

  @Test func theEnvironmentSpellsKeysInCapitals() throws {
    let loaded = try SettingsSources(environment: [
      "WEFTPD_PASSIVE_PORTS": "5000-6000", "WEFTPD_TIMEOUTS_DATA_STALL": "7", "WEFTPD_LISTEN": "127.0.0.1:1, *:2",
      "WEFTPD_PASSWORD": "secret", "PATH": "/bin",
    ]).load()
    #expect(loaded.settings.server.passivePorts == 5000...6000)
    #expect(loaded.settings.server.timeouts.dataStall == .seconds(7))
    #expect(loaded.settings.listen.map(\.description) == ["127.0.0.1:1", "*:2"])
    #expect(loaded.warnings.isEmpty)
  }

  @Test func everyRowIsReachableFromEverySource() throws {
    for row in SettingsTable.rows {
      let samples = [
        "hosts.names": "ftp.example.org", "transfer.site-to-site-networks": "192.0.2.0/24",
        "bans.allow": "192.0.2.0/24", "proxy.trusted": "192.0.2.0/24", "hooks.url": "https://example.org/",
      ]
      let sample = samples[row.key] ?? "/tmp"
      let items = row.defaultItems.isEmpty ? [sample] : row.defaultItems
      let text = items.joined(separator: ",")
      let quotedText = quoted(text)
      let path = try directory.write("one.yaml", "\(row.key): \(quotedText)\n")
      // One by one, so that another setting's rule does not hide what is looked for.
      let root = [SettingsSources.Option(name: "DIR", key: "accounts.root", items: ["/tmp"])]
      var options = row.key == "accounts.root" ? [] : root
      // A key alone is no use, and is refused.
      if row.key == "hooks.program" || row.key == "hooks.url" {
        options.append(.init(name: "--queue", key: "hooks.queue", items: ["/tmp"]))
      }
      if row.key == "tls.key" { options.append(.init(name: "--certificate", key: "tls.certificate", items: ["/tmp"])) }
      var file = SettingsSources(configPath: path, options: options)
      #expect(try file.load().origin(row.key) == .file(path: path, line: 1), "\(row.key)")
      file.environment = [row.environmentName: text]
      #expect(try file.load().origin(row.key) == .environment(name: row.environmentName), "\(row.key)")
      file.assignments = ["\(row.key)=\(text)"]
      #expect(try file.load().origin(row.key) == .assignment, "\(row.key)")
    }
  }

  @Test func allProblemsOfAllSourcesAtOnce() throws {
    let path = try directory.write("bad.yaml", "pasive: 1\nlimits:\n  sessions: many\nlog.format: xml\n")
    let told = problems(
      SettingsSources(
        configPath: path, environment: ["WEFTPD_LOG_LEVEL": "loud"],
        assignments: ["passve.ports=1", "limits.sessions=5", "=1", "nothing"],
        options: [.init(name: "--listen", key: "listen", items: ["nowhere"])]))
    #expect(told.count == 8)
    #expect(told[0] == "\(path):1: pasive: unknown setting; did you mean passive?")
    // Told although --set hides it: the file is wrong all the same.
    #expect(
      told[1]
        == "\(path):3: limits.sessions: \"many\" is not a whole number; expected a whole number from 1 to 1000000")
    #expect(told[2] == "\(path):4: log.format: \"xml\" is not a valid choice; expected one of text, json")
    #expect(told[3].hasPrefix("WEFTPD_LOG_LEVEL: log.level: \"loud\" is not a valid choice; expected one of trace, "))
    #expect(told[4] == "--set: passve.ports: unknown setting; did you mean passive.ports?")
    #expect(told[5].hasPrefix("--set: unknown setting"))
    #expect(told[6] == "--set: \"nothing\" is not KEY=VALUE")
    #expect(told[7].hasPrefix("--listen: listen: \"nowhere\" has no port; expected ADDRESS:PORT"))
  }

  @Test func aMisspeltVariableIsAWarning() throws {
    let loaded = try SettingsSources(environment: ["WEFTPD_PASSIVE_PORT": "1-2", "WEFTPD_PASWORD": "x"]).load()
    #expect(
      loaded.warnings.map(\.description) == [
        "WEFTPD_PASSIVE_PORT: unknown setting; did you mean WEFTPD_PASSIVE_PORTS?",
        "WEFTPD_PASWORD: unknown setting; did you mean WEFTPD_PASSWORD?",
      ])
  }

  @Test func aFileThatCannotBeRead() throws {
    let missing = "\(directory.path)/none.yaml"
    #expect(
      problems(SettingsSources(configPath: missing)) == ["\(missing): cannot be read: No such file or directory"])
    #expect(problems(SettingsSources(configPath: directory.path)).first?.contains("Is a directory") == true)
    // Not read for ever.
    #expect(
      problems(SettingsSources(configPath: "/dev/zero")) == ["/dev/zero: cannot be read: it is larger than 1 MiB"])
  }

  @Test func aValueMayHoldAnEqualsSign() throws {
    let loaded = try SettingsSources(assignments: ["server.greeting=a=b"]).load()
    #expect(loaded.settings.server.greeting == "a=b")
  }
}
