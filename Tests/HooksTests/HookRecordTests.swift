// What stands in a record, whatever names clients use.

import Bans
import FTPServer
import Foundation
import Hooks
import LinuxSystem
import TestSupport
import Testing

@Suite struct HookRecordTests {
  private static func object(_ line: [UInt8]) throws -> [String: Any] {
    #expect(line.last == 0x0A)
    #expect(!line.dropLast().contains(0x0A))
    return try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
  }

  private static var peer: SocketAddress { SocketAddress(IPAddress(ipv4: 0xC000_0201), port: 40_000) }

  @Test func anUpload() throws {
    let record = EventRecord(
      session: 7, peer: Self.peer, user: Array("alice".utf8), verb: "STOR", path: Array("/a \"b\"\n\\ü".utf8),
      bytes: 1 << 40, duration: .milliseconds(1500), result: 226, request: 12)
    let line = HookRecord.line(
      .upload, record, id: "00000000-0000-4000-8000-000000000000", at: 1_800_000_000_123_000_000)
    let object = try Self.object(line)
    #expect(object["id"] as? String == "00000000-0000-4000-8000-000000000000")
    #expect(object["event"] as? String == "upload")
    #expect(object["time"] as? String == "2027-01-15T08:00:00.123Z")
    #expect(object["session"] as? Int == 7)
    #expect(object["peer"] as? String == "192.0.2.1:40000")
    #expect(object["user"] as? String == "alice")
    #expect(object["path"] as? String == "/a \"b\"\n\\ü")
    #expect(object["bytes"] as? Int == 1 << 40)
    #expect(object["duration"] as? Double == 1.5)
    #expect(object["result"] as? Int == 226)
    #expect(object["request"] as? String == "7-12")
    #expect(object["path_hex"] == nil)
    #expect(object["target"] == nil)
  }

  @Test func namesThatAreNoTextAreToldExactly() throws {
    var record = EventRecord(session: 1, peer: Self.peer, verb: "RNTO", path: [0x2F, 0xFF, 0xFE], result: 250)
    record.target = [0x2F, 0x80]
    let object = try Self.object(HookRecord.line(.rename, record))
    #expect(object["path_hex"] as? String == "2ffffe")
    #expect(object["target_hex"] as? String == "2f80")
  }

  @Test func everyNameIsOneLine() throws {
    for byte in UInt8.min...UInt8.max {
      let record = EventRecord(session: 1, peer: Self.peer, user: [byte], verb: "DELE", path: [0x2F, byte, 0x2F])
      _ = try Self.object(HookRecord.line(.delete, record))
    }
  }

  /// What is done with the commands of SITE is told like what is done with those of the RFCs.
  @Test(
    arguments: [
      ("DELE", "", "", HookEvent.delete), ("RNTO", "/b", "", .rename), ("XMKD", "", "", .mkdir),
      ("SITE", "", "MKDIR", .mkdir),
      ("SITE", "", "RMDIR", .rmdir), ("SITE", "/b", "/b", .copy), ("COMB", "/a", "", .copy),
      ("SITE", "", "CHMOD 600", nil),
      ("SITE", "", "SYMLINK", nil), ("MFMT", "", "", nil),
    ] as [(String, String, String, HookEvent?)])
  func whatAChangeIs(_ verb: String, _ target: String, _ note: String, _ event: HookEvent?) {
    var record = EventRecord(session: 1, peer: Self.peer, verb: verb, path: [0x2F, 0x61], result: 250, note: note)
    record.target = Array(target.utf8)
    #expect(HookEvent(SessionEvent(kind: .changed, level: .info, message: "x", record: record)) == event)
  }

  @Test func aBan() throws {
    let subject = try #require(BanSubject("2001:db8::/64"))
    let object = try Self.object(
      HookRecord.line(Ban(subject, since: 0, until: 1_800_000_000, origin: .automatic, reason: "10 \"failed\" logins")))
    #expect(object["event"] as? String == "ban")
    #expect(object["subject"] as? String == "2001:db8::/64")
    #expect(object["until"] as? String == "2027-01-15T08:00:00Z")
    #expect(object["reason"] as? String == "10 \"failed\" logins")
    let forEver = try Self.object(
      HookRecord.line(Ban(subject, since: 0, until: nil, origin: .operator, reason: "")))
    #expect(forEver["until"] is NSNull)
  }

  @Test func idsAreDistinctAndOfVersion4() {
    let ids = (0..<1000).map { _ in HookRecord.newID() }
    #expect(Set(ids).count == 1000)
    for id in ids { #expect(UUID(uuidString: id) != nil && Array(id)[14] == "4" && "89ab".contains(Array(id)[19])) }
  }
}
