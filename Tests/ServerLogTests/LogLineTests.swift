// Tests both forms of a log line, and that the machine's form is JSON whatever the names are.

import FTPServer
import FoundationEssentials
import LinuxSystem
import Logging
import TestSupport
import Testing

@testable import ServerLog

@Suite struct LogLineTests {
  private let record: EventRecord = {
    let peer = SocketAddress(IPAddress(ipv4: 0xC000_0207), port: 40312)
    return EventRecord(
      session: 7, peer: peer, user: Array("alice".utf8), verb: "RETR", path: Array("/a \"b\".iso".utf8), bytes: 1024,
      duration: .microseconds(13_204), result: 226)
  }()

  private func line(
    _ isJSON: Bool, _ record: EventRecord?, message: String = "transfer", _ fields: [LogLine.Field] = []
  )
    -> String
  {
    let bytes = LogLine.format(
      isJSON: isJSON, level: .info, message: message, record: record, fields: fields, now: 1_795_239_558_001_000_000)
    return String(validating: bytes, as: UTF8.self) ?? "INVALID"
  }

  private struct Parsed: Decodable {
    var timestamp: String
    var level: String
    var message: String
    var session: UInt64
    var peer: String
    var user: String?
    var verb: String?
    var path: String?
    var pathHex: String?
    var bytes: UInt64?
    var duration: Double?
    var result: Int?
    var note: String?
  }

  private func parse(_ line: String) throws -> Parsed {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Parsed.self, from: Data(line.utf8))
  }

  @Test func noKeyComesTwice() throws {
    var record = record
    record.tls = "TLSv1.3"
    record.paths = "one"
    let names = [
      "timestamp", "level", "message", "session", "peer", "user", "verb", "path", "bytes", "duration", "result", "tls",
      "paths", "note",
    ]
    let text = line(true, record, names.map { ($0, .string("forged")) })
    for name in names {
      #expect(text.split(separator: "\"\(name)\":", omittingEmptySubsequences: false).count <= 2, "\(name) in \(text)")
      #expect(text.contains("\"_\(name)\":\"forged\""))
    }
  }

  @Test func textForPeople() {
    #expect(
      line(false, record) == "2026-11-21T05:39:18.001Z info     transfer session=7 peer=192.0.2.7:40312 "
        + "user=\"alice\" verb=RETR path=\"/a \\\"b\\\".iso\" bytes=1024 duration=0.013204 result=226\n")
  }

  @Test func textLeavesOutWhatThereIsNot() throws {
    let peer = SocketAddress(try #require(IPAddress("2001:db8::1")), port: 1)
    let text = line(false, EventRecord(session: 1, peer: peer, note: "x\" path=\"/etc"))
    #expect(text.hasSuffix(" transfer session=1 peer=[2001:db8::1]:1 note=\"x\\\" path=\\\"/etc\"\n"))
  }

  @Test func jsonForMachines() throws {
    let text = line(true, record)
    #expect(text.hasSuffix("}\n"))
    let parsed = try parse(text)
    #expect(parsed.timestamp == "2026-11-21T05:39:18.001Z")
    #expect(parsed.level == "info")
    #expect(parsed.message == "transfer")
    #expect(parsed.session == 7)
    #expect(parsed.peer == "192.0.2.7:40312")
    #expect(parsed.user == "alice")
    #expect(parsed.verb == "RETR")
    #expect(parsed.path == "/a \"b\".iso")
    #expect(parsed.pathHex == nil)
    #expect(parsed.bytes == 1024)
    #expect(parsed.duration == 0.013204)
    #expect(parsed.result == 226)
  }

  @Test func jsonNamesEveryFieldOfAnEvent() {
    let text = line(true, EventRecord(session: 1, peer: SocketAddress(IPAddress(ipv4: 0), port: 0)))
    for field in ["user", "verb", "path", "bytes", "duration", "result"] { #expect(text.contains("\"\(field)\":null")) }
  }

  @Test func anyBytesInNamesGiveOneJSONObjectOnOneLine() throws {
    var generator = SplitMix(state: 99)
    for round in 0..<3000 {
      var record = record
      let alphabet: [UInt8] = [
        0x22, 0x5C, 0x0A, 0x0D, 0x00, 0x1B, 0x7F, 0x80, 0xC3, 0xA9, 0xE2, 0x80, 0xAE, 0xFF, 0x2C,
      ]
      record.path = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
        round % 2 == 0 ? UInt8.random(in: 0...255, using: &generator) : alphabet.randomElement(using: &generator) ?? 0
      }
      record.user = Array(record.path.reversed())
      let json = line(true, record)
      #expect(json.utf8.filter { $0 == 0x0A }.count == 1)
      let parsed = try parse(json)
      if let exact = String(validating: record.path, as: UTF8.self) {
        #expect(parsed.path == exact)
        #expect(parsed.pathHex == nil)
      } else {
        let hex = record.path.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(parsed.pathHex == hex)
      }
      let text = line(false, record)
      #expect(text.utf8.filter { $0 == 0x0A }.count == 1)
      #expect(text.hasSuffix("result=226\n"))
    }
  }

  @Test func aMessageCannotForgeALine() throws {
    let evil = "x\n2026-11-21T05:39:18.001Z info     login user=\"root\"\u{1B}[2J"
    #expect(line(false, nil, message: evil).utf8.filter { $0 == 0x0A }.count == 1)
    #expect(!line(false, nil, message: evil).contains("\u{1B}"))
    #expect(try parse(line(true, record, message: evil)).message == evil)
  }

  @Test func otherMetadata() throws {
    let fields: [LogLine.Field] = [("count", .stringConvertible(3)), ("path", .string("a\"b")), ("list", ["x", "y"])]
    #expect(
      line(false, nil, fields).hasSuffix(" transfer count=\"3\" path=\"a\\\"b\" list=\"[\\\"x\\\", \\\"y\\\"]\"\n"))
    let json = line(true, record, fields)
    #expect(json.contains(",\"count\":\"3\",\"_path\":\"a\\\"b\","))
    #expect(try parse(json).path == "/a \"b\".iso")
  }
}
