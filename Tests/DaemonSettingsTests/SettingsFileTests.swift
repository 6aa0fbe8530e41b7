// Tests how a YAML file is taken apart: values with their lines, and every mistake at once.

import TestSupport
import Testing

@testable import DaemonSettings

@Suite struct SettingsFileTests {
  private func read(_ text: String) -> SettingsFile { SettingsFile(bytes: Array(text.utf8), path: "f") }

  private func complaints(_ text: String) -> [String] {
    SettingsProblem.inReadingOrder(read(text).problems).map(\.description)
  }

  @Test func nestedAndDottedKeys() {
    let file = read("passive:\n  ports: 1-2\n\ntimeouts.idle: 5m\n")
    #expect(file.problems.isEmpty)
    #expect(file.entries["passive.ports"] == .init(items: ["1-2"], isList: false, line: 2))
    #expect(file.entries["timeouts.idle"] == .init(items: ["5m"], isList: false, line: 4))
  }

  @Test func textStaysAsItIsWritten() {
    let file = read("files:\n  umask: 022\npassive: {enabled: yes}\n")
    #expect(file.entries["files.umask"]?.items == ["022"])
    #expect(file.entries["passive.enabled"]?.items == ["yes"])
  }

  @Test func lists() {
    #expect(read("listen: [\"*:21\", '[::1]:2121']").entries["listen"]?.items == ["*:21", "[::1]:2121"])
    #expect(read("listen:\n  - 127.0.0.1:1\n  - 127.0.0.1:2\n").entries["listen"]?.items.count == 2)
    #expect(read("listen: 127.0.0.1:1, 127.0.0.1:2").entries["listen"]?.items == ["127.0.0.1:1", "127.0.0.1:2"])
  }

  @Test(arguments: [
    "", "\n\n", "# nothing\n", "---\n", "passive:\n", "passive:\n  # ports: 1-2\ntimeouts: ~\n", "null\n",
  ])
  func nothingIsFine(_ text: String) {
    let file = read(text)
    #expect(file.problems.isEmpty && file.entries.isEmpty)
  }

  @Test func everyMistakeIsToldWithItsLine() {
    let told = complaints(
      """
      passive:
        ports: 1-2
        port: 3
        ports: 4-5
      pasive:
        x: 1
      limits:
        sessions:
        command-line: [1, 2]
      server: 3
      log:
        level: {a: b}
      listen: [[1]]
      passive.ports: 7-8
      """)
    #expect(
      told == [
        "f:3: passive.port: unknown setting; did you mean passive.ports?",
        "f:4: passive.ports: duplicate key, first set on line 2",
        "f:5: pasive: unknown setting; did you mean passive?",
        "f:8: limits.sessions: has no value; expected a whole number from 1 to 1000000",
        "f:9: limits.command-line: is a list; expected a size from 256 to 64KiB, such as 4096 or 4KiB",
        "f:10: server: is a section; expected settings under it: "
          + SettingsTable.rows.filter { $0.section == "server" }.map(\.key).joined(separator: ", "),
        "f:12: log.level: is a section; "
          + "expected one of trace, debug, info, notice, warning, error, critical",
        "f:13: listen: is a list with nested values; "
          + "expected \(SettingsTable.row("listen")?.expected ?? "")",
        "f:14: passive.ports: duplicate key, first set on line 2",
      ])
  }

  @Test func aSectionThatStandsTwice() {
    let told = complaints("passive:\n  ports: 1-2\nlog:\n  format: json\npassive:\n  enabled: no\nbad: 1\n")
    #expect(told.count == 2)
    #expect(told.first == "f:5: passive: duplicate key, first set on line 1")
    #expect(told.last?.hasPrefix("f:7: bad: unknown") == true)
  }

  @Test func aKeyThatStandsTwiceOnOneLine() {
    let told = complaints("passive: {ports: 1-2, ports: 3-4}\n")
    #expect(told.count == 1)
    #expect(told.first == "f:1: passive.ports: duplicate key, first set on line 1")
  }

  @Test func syntaxErrorsNameTheirLine() {
    let told = complaints("passive:\n  ports: [1\nlog: {\n")
    #expect(told.count == 1)
    #expect(told.first?.hasPrefix("f:") == true)
    #expect(told.first?.contains("is not valid YAML") == true)
    #expect(complaints("a: b: c\n").first?.hasPrefix("f:1: is not valid YAML") == true)
    #expect(complaints("- 1\n- 2\n") == ["f:1: expected settings, as KEY: VALUE"])
    #expect(complaints("a: 1\n---\nb: 2\n").first?.contains("is not valid YAML") == true)
  }

  @Test func notUTF8() {
    let file = SettingsFile(bytes: Array("a: b\nc: ".utf8) + [0xFF, 0x0A], path: "f")
    #expect(file.problems.map(\.description) == ["f:2: is not UTF-8 text"])
  }

  @Test func aliasesDoNotExplode() {
    var text = "a0: &a0 [x, x]\n"
    for level in 1...40 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    // 2^40 values if they were ever followed.
    #expect(complaints(text).count == 41)
  }

  @Test func anyBytesAreSurvived() {
    var generator = SplitMix(state: 42)
    let pieces = [
      "passive", ":", " ", "\n", "  ", "ports", "-", "[", "]", "{", "}", "\"", "'", "#", "&a", "*a", "|", "\t",
    ]
    for _ in 0..<2000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...30, using: &generator) {
        if Bool.random(using: &generator), let piece = pieces.randomElement(using: &generator) {
          bytes += Array(piece.utf8)
        } else {
          bytes.append(UInt8.random(in: 0...255, using: &generator))
        }
      }
      let file = SettingsFile(bytes: bytes, path: "f")
      #expect(file.problems.allSatisfy { !$0.description.contains("\n") })
    }
  }
}
