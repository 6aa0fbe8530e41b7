// Holds docs/accounts.md and etc/users.example.yaml to the code: the examples load, and the table has every option.
// `WRITE_DOCUMENTS=1 swift test --filter AccountsDocument` writes the table anew after options have changed.

import Glibc
import TestSupport
import Testing

@testable import Accounts

/// One after the other: a document may be written while another test reads it.
@Suite(.serialized) struct AccountsDocumentTests {
  private static let begin = "<!-- The table is made from UserAttribute.all. -->\n"
  private static let end = "<!-- End of the table. -->\n"

  private static let root: String = {
    var parts = #filePath.split(separator: "/").dropLast(3).map(String.init)
    parts.insert("", at: 0)
    return parts.joined(separator: "/")
  }()

  private static func content(_ path: String) throws -> String {
    String(decoding: try TableFile.read(path: "\(root)/\(path)").bytes, as: UTF8.self)
  }

  /// The options with what they want and do.
  private static var table: String {
    let rows = UserAttribute.all.map { attribute in
      let key = "`\(attribute.key)`" + (attribute.isForGroups ? " (groups only)" : "")
      let expected = attribute.expected.replacing("|", with: "\\|").replacing("*.", with: "\\*.")
      return "| \(key) | \(expected) | \(attribute.meaning.replacing("|", with: "\\|")) |\n"
    }
    return "| option | value | what it does |\n|---|---|---|\n" + rows.joined()
  }

  /// The block of YAML that begins with `first`.
  private static func example(_ first: String, in text: String) throws -> String {
    let begin = try #require(text.firstRange(of: "```yaml\n\(first)"))
    let rest = text[begin.lowerBound...].dropFirst("```yaml\n".count)
    return String(rest[..<(try #require(rest.firstRange(of: "```\n"))).lowerBound])
  }

  @Test func theDocumentHoldsEveryOption() throws {
    var text = try Self.content("docs/accounts.md")
    let start = try #require(text.firstRange(of: Self.begin)).upperBound
    let end = try #require(text.firstRange(of: Self.end)).lowerBound
    text.replaceSubrange(start..<end, with: Self.table)
    if getenv("WRITE_DOCUMENTS") != nil, let file = fopen("\(Self.root)/docs/accounts.md", "w") {
      fputs(text, file)
      fclose(file)
    }
    #expect(try Self.content("docs/accounts.md") == text)
  }

  @Test func theExampleOfTheDocumentLoads() throws {
    let text = try Self.example("# users.yaml", in: try Self.content("docs/accounts.md"))
    let table = try UserTable.parse(bytes(text), source: "users.yaml")
    let alice = try #require(table.entry(named: bytes("alice")))
    #expect(alice.home == "/srv/ftp/alice" && !alice.isReadOnly && alice.options.tlsDemand == .data)
    #expect(alice.options.sessions == 2 && alice.options.peers.count == 2 && alice.options.hours != nil)
    #expect(alice.options.downloadRate?.exceptions.count == 1 && alice.options.directories.count == 2)
    let acme = try #require(table.entry(named: bytes("acme")))
    #expect(acme.home == "/srv/customers/acme" && acme.options.permissionRules.count == 3)
    #expect(acme.options.directoryQuotas.count == 2 && acme.options.denied.count == 2 && acme.options.expiry != nil)
    #expect(table.group(named: "staff")?.options.groupSessions == 50)
    #expect(table.warnings.isEmpty)
  }

  @Test func theExampleTableLoads() throws {
    let text = try Self.content("etc/users.example.yaml")
    let table = try UserTable.parse(bytes(text), source: "users")
    #expect(table.entries.map(\.isLocked) == [true, true])
    #expect(table.groups.map(\.name) == ["staff", "customers"])
    #expect(table.entries.map(\.home) == ["/srv/ftp/alice", "/srv/customers/acme"])
  }

  @Test func theExampleOfLinesBecomesYAML() throws {
    let conversion = try TableConversion(bytes(try Self.content("etc/users.example")), source: "users.example")
    #expect(conversion.users == 0 && conversion.comments > 40)
  }
}
