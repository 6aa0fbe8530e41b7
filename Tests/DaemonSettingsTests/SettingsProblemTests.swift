// Tests messages: the nearest key, their order, and that no file can disturb a terminal through them.

import Testing
import YAMLDocument

@testable import DaemonSettings

@Suite struct SettingsProblemTests {
  @Test(arguments: [
    ("passive.port", "passive.ports"), ("pasive.ports", "passive.ports"), ("ports", "passive.ports"),
    ("timeout.idle", "timeouts.idle"), ("PASSIVE.PORTS", "passive.ports"), ("limits.session", "limits.sessions"),
    ("umask", "files.umask"), ("lsiten", "listen"),
  ])
  func theNearestKey(_ written: String, _ expected: String) {
    #expect(nearestName(to: written, among: SettingsTable.rows.map(\.key)) == expected)
  }

  @Test func messagesAreOneHarmlessLine() {
    let problem = SettingsProblem(.file(path: "a\nb", line: 3), key: "k\u{1B}[2J", "m\r\nroot logged in")
    #expect(problem.description == #"a\nb:3: k\x1b[2J: m\r\nroot logged in"#)
  }

  @Test func whereItStands() {
    #expect("\(SettingsProblem(.file(path: "f", line: 0), key: "", "m"))" == "f: m")
    #expect("\(SettingsProblem(.standard, key: "k", "m"))" == "k: m")
    #expect("\(SettingsProblem(.environment(name: "WEFTPD_X"), key: "WEFTPD_X", "m"))" == "WEFTPD_X: m")
    #expect("\(SettingsProblem(.option(name: "--listen"), key: "listen", "m"))" == "--listen: listen: m")
  }

  @Test func theFileComesFirstFromItsTop() {
    let problems = [
      SettingsProblem(.assignment, key: "a", "1"), SettingsProblem(.file(path: "f", line: 9), key: "b", "2"),
      SettingsProblem(.file(path: "f", line: 2), key: "c", "3"),
      SettingsProblem(.file(path: "f", line: 2), key: "d", "4"),
    ]
    #expect(SettingsProblem.inReadingOrder(problems).map(\.key) == ["c", "d", "b", "a"])
  }
}
