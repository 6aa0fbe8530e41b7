// Tests of the settings of virtual hosts: keys that hold a name, from every source, with every mistake told.

import FTPServer
import TestSupport
import Testing

@testable import DaemonSettings

@Suite struct HostSettingsTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func problems(_ sources: SettingsSources) -> [String] {
    do throws(SettingsError) {
      _ = try sources.load()
      return []
    } catch { return error.problems.map(\.description) }
  }

  @Test func fromTheFile() throws {
    let path = try directory.write(
      "hosts.yaml",
      """
      hosts:
        names: [ftp.example.org, WWW.example.org]
        ftp.example.org:
          greeting: "Hello: you"
          default-type: I
        www.example.org.greeting: there
      hosts.www.example.org.certificate: /etc/www.pem
      """)
    let loaded = try SettingsSources(configPath: path).load()
    #expect(loaded.settings.hostNames == ["ftp.example.org", "www.example.org"])
    #expect(loaded.settings[host: "ftp.example.org"].server.greeting == "Hello: you")
    #expect(loaded.origin("hosts.ftp.example.org.greeting") == .file(path: path, line: 4))
    let configuration = loaded.settings.configuration
    #expect(configuration.hosts["ftp.example.org"]?.defaultType == .image)
    #expect(configuration.hosts["www.example.org"]?.greeting == "there")
    #expect(configuration.security.options.hosts["www.example.org"]?.first?.certificate == "/etc/www.pem")
    #expect(configuration.security.options.hosts["www.example.org"]?.first?.key == nil)
    #expect(configuration.security.options.hosts["ftp.example.org"] == nil)
    #expect(configuration.hosts["example.org"] == nil)
    let written = try directory.write("again.yaml", SettingsDocuments.effective(loaded))
    let again = try SettingsSources(configPath: written).load()
    #expect(again.settings == loaded.settings)
  }

  @Test func fromEnvironmentAndSet() throws {
    let loaded = try SettingsSources(
      environment: [
        "WEFTPD_HOSTS_NAMES": "a-b.example,c.example", "WEFTPD_HOSTS_A_B_EXAMPLE_GREETING": "hi",
        "WEFTPD_HOSTS_C_EXAMPLE_GREETING": "weak",
      ], assignments: ["hosts.C.example.greeting=strong"]
    ).load()
    #expect(loaded.settings[host: "a-b.example"].server.greeting == "hi")
    #expect(loaded.settings[host: "c.example"].server.greeting == "strong")
    #expect(loaded.origin("hosts.c.example.greeting") == .assignment)
    #expect(loaded.warnings.isEmpty)
  }

  @Test func everyMistakeIsTold() throws {
    let path = try directory.write(
      "bad.yaml",
      """
      hosts:
        names: [a.example]
        b.example:
          greeting: x
        a.example:
          greting: x
          default-type: E
        a_b.example: 1
      """)
    let told = problems(SettingsSources(configPath: path, assignments: ["hosts.aa.example.users=/x"]))
    #expect(
      told == [
        "\(path):4: hosts.b.example.greeting: b.example is not in hosts.names; did you mean a.example?",
        "\(path):6: hosts.a.example.greting: unknown setting; did you mean hosts.a.example.greeting?",
        "\(path):7: hosts.a.example.default-type: \"E\" is not a valid choice; expected one of A, I",
        "\(path):8: hosts.a_b.example: unknown setting; did you mean hosts.names?",
        "--set: hosts.aa.example.users: aa.example is not in hosts.names; did you mean a.example?",
      ])
  }

  @Test(arguments: ["a b", "a,a", "A,a", "[::1]", "192.0.2.1", "names", "a:21"])
  func badNames(_ names: String) {
    #expect(problems(SettingsSources(assignments: ["hosts.names=\(names)"])).count == 1)
  }
}
