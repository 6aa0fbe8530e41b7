// Holds the committed documents to the settings table. `WRITE_DOCUMENTS=1 swift test --filter SettingsDocuments`
// writes them anew after the table has changed.

import Glibc
import TestSupport
import Testing

@testable import DaemonSettings

@Suite struct SettingsDocumentsTests {
  private static let begin = "<!-- The table is made from SettingsTable.swift. -->\n"
  private static let end = "<!-- End of the table. -->\n"

  private static let root: String = {
    var parts = #filePath.split(separator: "/").dropLast(3).map(String.init)
    parts.insert("", at: 0)
    return parts.joined(separator: "/")
  }()

  private static func content(_ path: String) throws -> String {
    String(decoding: try readSettingsFile("\(root)/\(path)"), as: UTF8.self)
  }

  private static func rewrite(_ path: String, _ text: String) {
    guard getenv("WRITE_DOCUMENTS") != nil, let file = fopen("\(root)/\(path)", "w") else { return }
    fputs(text, file)
    fclose(file)
  }

  @Test func theYAMLFileIsTheTable() throws {
    Self.rewrite("etc/weftpd.yaml", SettingsDocuments.yaml())
    #expect(try Self.content("etc/weftpd.yaml") == SettingsDocuments.yaml())
  }

  @Test func theDocumentationHoldsTheTable() throws {
    var text = try Self.content("docs/configuration.md")
    let start = try #require(text.firstRange(of: Self.begin)).upperBound
    let end = try #require(text.firstRange(of: Self.end)).lowerBound
    text.replaceSubrange(start..<end, with: SettingsDocuments.markdown())
    Self.rewrite("docs/configuration.md", text)
    #expect(try Self.content("docs/configuration.md") == text)
  }

  @Test func theYAMLFileAsItIsSetsOnlyTheUser() throws {
    let file = SettingsFile(bytes: Array(SettingsDocuments.yaml().utf8), path: "f")
    #expect(file.problems.isEmpty)
    #expect(file.entries.mapValues(\.items) == ["server.user": ["weftpd"]])
  }

  @Test func theFirstEditOfTheYAMLFileSaysWhoMayLogIn() throws {
    let text = SettingsDocuments.yaml().replacing(
      SettingsDocuments.firstEdit, with: SettingsDocuments.firstEdit.dropFirst())
    let file = SettingsFile(bytes: Array(text.utf8), path: "f")
    #expect(file.problems.isEmpty)
    #expect(file.entries.keys.sorted() == ["accounts.table", "server.user"])
  }

  @Test func theYAMLFileWithEverythingUncommentedSetsTheDefaults() throws {
    let directory = try TemporaryDirectory()
    let text = SettingsDocuments.yaml().replacing(SettingsDocuments.firstEdit, with: "")
      .replacing("\n  user: weftpd\n", with: "\n  user: \"\"\n")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let indent = line.prefix { $0 == " " }
      let rest = line.dropFirst(indent.count)
      return rest.hasPrefix("#") && !rest.hasPrefix("# ") && rest.count > 1 ? indent + rest.dropFirst() : line[...]
    }
    let path = try directory.write("all.yaml", lines.joined(separator: "\n"))
    let loaded = try SettingsSources(configPath: path).load()
    #expect(loaded.settings == Settings())
    for row in SettingsTable.rows {
      guard case .file = loaded.origin(row.key) else {
        Issue.record("\(row.key) is not in the file")
        continue
      }
    }
  }

  @Test func noLineIsTooLong() {
    #expect(SettingsDocuments.yaml().split(separator: "\n").allSatisfy { $0.count <= 120 })
  }

  @Test func theEffectiveSettingsCanBeReadAgain() throws {
    let directory = try TemporaryDirectory()
    let sources = SettingsSources(
      environment: ["WEFTPD_PASSIVE_PORTS": "0"],
      assignments: [
        "server.greeting=a: \"b\" # c \\ é", "listen=*:21,[::1]:2121", "files.umask=002",
        "accounts.root=\(directory.path)",
        "timeouts.idle=1500ms",
      ])
    let loaded = try sources.load()
    let text = SettingsDocuments.effective(loaded)
    #expect(text.contains("passive.ports: 0 "))
    #expect(text.contains("# WEFTPD_PASSIVE_PORTS\n"))
    let again = try SettingsSources(configPath: directory.write("again.yaml", text)).load()
    #expect(again.settings == loaded.settings)
  }
}
