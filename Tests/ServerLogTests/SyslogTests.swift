// Tests syslog's messages: their form, what a client's name cannot do in them, and that they arrive.

import FTPServer
import Glibc
import LinuxSystem
import Logging
import TestSupport
import Testing

@testable import ServerLog

@Suite struct SyslogTests {
  private func text(_ record: EventRecord?, level: Logger.Level = .info) -> String {
    String(
      decoding: SyslogEntry.format(
        level: level, message: "download", record: record, fields: [], now: 1_790_000_000_123_000_000), as: UTF8.self)
  }

  @Test func theFormIsThatOfRFC5424() throws {
    let record = EventRecord(
      session: 7, peer: try #require(SocketAddress("192.0.2.7:4711")), user: Array("alice".utf8), verb: "RETR",
      path: Array("/a".utf8), bytes: 5, duration: .milliseconds(13), result: 226, request: 12)
    let parts = text(record).split(separator: " ", maxSplits: 6)
    #expect(parts[0] == "<94>1")
    #expect(parts[1] == "2026-09-21T14:13:20.123Z")
    #expect(parts[3] == "weftpd")
    #expect(parts[4] == "\(getpid())")
    #expect(parts[5] == "session")
    #expect(
      parts[6].hasPrefix(
        "[weftpd@32473 session=\"7\" peer=\"192.0.2.7:4711\" user=\"alice\" verb=\"RETR\" path=\"/a\" bytes=\"5\" "
          + "reply=\"226\" request=\"7-12\" seconds=\"0.013000\"] download session=7 "))
    #expect(parts[6].contains(" request=7-12"))
    #expect(text(nil, level: .error).hasPrefix("<91>1 "))
    #expect(text(nil).hasSuffix(" server - download"))
  }

  @Test func namesStayInTheirPlace() throws {
    let evil = "\"] [root@1 x=\"\\\n<0>1 \u{1B}[2J"
    let record = EventRecord(session: 1, peer: try #require(SocketAddress("192.0.2.7:1")), user: Array(evil.utf8))
    let line = text(record)
    #expect(!line.contains("\n") && !line.contains("\u{1B}"))
    #expect(line.contains("user=\"\\\"\\] [root@1 x=\\\"\\\\\\\\n<0>1 \\\\x1b[2J\"]"))
  }

  @Test func itArrivesAtASocketOfThisMachine() throws {
    let directory = try TemporaryDirectory()
    let receiver = try DatagramReceiver(directory.path + "/log")
    let output = try #require(SyslogOutput(.local(directory.path + "/log")))
    let log = DaemonLog(syslog: output)
    log.logger().info("one")
    log.logger().warning("two")
    #expect(log.flush(within: .seconds(60)))
    let lines = try (0..<2).map { _ in String(decoding: try receiver.next() ?? [], as: UTF8.self) }
    #expect(lines[0].hasPrefix("<94>1 ") && lines[0].hasSuffix(" - one"))
    #expect(lines[1].hasPrefix("<92>1 "))
  }

  @Test func addresses() {
    #expect(SyslogAddress("/dev/log") == .local("/dev/log"))
    #expect(SyslogAddress("192.0.2.1:514")?.description == "192.0.2.1:514")
    for bad in ["", "dev/log", "192.0.2.1", "192.0.2.1:0", "/" + String(repeating: "x", count: 107)] {
      #expect(SyslogAddress(bad) == nil, "\(bad)")
    }
  }
}
