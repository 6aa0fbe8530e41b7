// Holds docs/protocol.md, HELP and FEAT to the command table.

import FTPProtocol
import Foundation
import TestSupport
import Testing

@testable import FTPServer

@Suite struct ProtocolDocumentTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static let document: String =
    (try? String(contentsOf: root.appendingPathComponent("docs/protocol.md"), encoding: .utf8)) ?? ""

  @Test func theListOfCommandsIsTheTable() throws {
    let section = try #require(Self.document.range(of: "## Commands\n"))
    let list = Self.document[section.upperBound...].prefix { $0 != "#" }
    let listed = list.matches(of: /`([A-Z0-9]+)`/).map { String($0.output.1) }
    #expect(Set(listed) == Set(CommandTable.rows.map { "\($0.verb)" }))
    #expect(Set(listed).count == listed.count)
  }

  @Test func helpAndFeaturesAreInTheDocument() async throws {
    let session = try makeSession()
    let help = try await session.help(Command(verb: "HELP")).lines
    for word in help.flatMap({ $0.split(separator: 0x20) }).map({ String(decoding: $0, as: UTF8.self) }) {
      #expect(Self.document.contains("`\(word)`"), "HELP lists \(word)")
    }
    for line in try await session.features(Command(verb: "FEAT")).lines {
      let name = String(decoding: line, as: UTF8.self).split(separator: " ").first.map(String.init) ?? ""
      #expect(Self.document.contains(name), "FEAT announces \(name)")
    }
  }

  @Test func everyTestItNamesExists() throws {
    let check = try run(["python3", Self.root.appendingPathComponent("Tests/protocol-check").path])
    #expect(check.exitCode == 0, "\(check.output)\(check.errors)")
  }
}
