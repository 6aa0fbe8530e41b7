// Tests the journal's native protocol: fields that are text, fields that are any bytes, and names the journal takes.

import FTPServer
import LinuxSystem
import Testing

@testable import ServerLog

@Suite struct JournalEntryTests {
  /// Reads the protocol back: `NAME=value` or name, length, value.
  private func parse(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
    var fields: [String: [UInt8]] = [:]
    var rest = bytes[...]
    while !rest.isEmpty {
      let end = try #require(rest.firstIndex { $0 == 0x3D || $0 == 0x0A })
      let name = String(decoding: rest[..<end], as: UTF8.self)
      let isBinary = rest[end] == 0x0A
      rest = rest[(end + 1)...]
      var length = try #require(rest.firstIndex(of: 0x0A)) - rest.startIndex
      if isBinary {
        length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(8)
      }
      fields[name] = Array(rest.prefix(length))
      rest = rest.dropFirst(length)
      #expect(rest.first == 0x0A)
      rest = rest.dropFirst()
    }
    return fields
  }

  private func text(_ fields: [String: [UInt8]], _ name: String) -> String? {
    fields[name].map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func everyValueOfAnEventIsAField() throws {
    let record = EventRecord(
      session: 7, peer: SocketAddress(IPAddress(ipv4: 0xC000_0207), port: 40312), user: Array("alice".utf8),
      verb: "RETR", path: Array("/a b.iso".utf8), bytes: 1024, duration: .microseconds(13_204), result: 226,
      paths: "2 paths", note: "slow")
    let fields = try parse(JournalEntry.format(level: .info, message: "download", record: record, fields: []))
    let expected = [
      "PRIORITY": "6", "SYSLOG_IDENTIFIER": "weftpd", "WEFTPD_EVENT": "download", "WEFTPD_SESSION": "7",
      "WEFTPD_PEER": "192.0.2.7:40312", "WEFTPD_USER": "alice", "WEFTPD_VERB": "RETR", "WEFTPD_PATH": "/a b.iso",
      "WEFTPD_BYTES": "1024", "WEFTPD_SECONDS": "0.013204", "WEFTPD_REPLY": "226", "WEFTPD_SUBFLOWS": "2 paths",
      "WEFTPD_NOTE": "slow",
      "MESSAGE": "download session=7 peer=192.0.2.7:40312 user=\"alice\" verb=RETR path=\"/a b.iso\" bytes=1024 "
        + "duration=0.013204 result=226 paths=\"2 paths\" note=\"slow\"",
    ]
    for (name, value) in expected { #expect(text(fields, name) == value) }
    #expect(fields.count == expected.count)
  }

  @Test func namesAreTheBytesTheyAreAndForgeNoField() throws {
    let path = Array("/x\nPRIORITY=0\nMESSAGE=forged\n".utf8) + [0xFF, 0x00]
    let record = EventRecord(session: 1, peer: SocketAddress(IPAddress(ipv4: 1), port: 1), path: path)
    let fields = try parse(JournalEntry.format(level: .warning, message: "x", record: record, fields: []))
    #expect(fields["WEFTPD_PATH"] == path)
    #expect(text(fields, "PRIORITY") == "4")
    #expect(text(fields, "MESSAGE")?.hasPrefix("x session=1") == true)
  }

  @Test func otherFieldsGetNamesTheJournalTakes() throws {
    let long = String(repeating: "y", count: 100)
    let fields = try parse(
      JournalEntry.format(
        level: .critical, message: "x", record: nil, fields: [("a-b.ü", "1"), (long, "2")]))
    #expect(text(fields, "WEFTPD_A_B__") == "1")
    #expect(text(fields, "WEFTPD_" + String(repeating: "Y", count: 57)) == "2")
    #expect(text(fields, "PRIORITY") == "2")
  }
}
