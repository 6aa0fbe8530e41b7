// Tests the log as swift-log sees it: levels, formats that change while it runs, metadata.

import FTPServer
import LinuxSystem
import Logging
import Testing
import UnitSupport

@testable import ServerLog

@Suite struct DaemonLogTests {
  private let pipe: Pipe
  private let log: DaemonLog
  private let logger: Logger

  init() throws {
    pipe = try Pipe(isBlocking: true)
    log = DaemonLog(descriptor: pipe.writeNumber)
    logger = log.logger()
  }

  private func lines(_ count: Int) -> [String] { pipe.lines(count).map { String($0.dropFirst(25)) } }

  @Test func levelAndFormatMayChange() {
    logger.debug("unseen")
    logger.info("one")
    log.level = .debug
    logger.debug("two")
    log.format = .json
    logger.warning("three")
    let lines = pipe.lines(3)
    #expect(lines.count == 3)
    #expect(lines[0].hasSuffix("Z info     one"))
    #expect(lines[1].hasSuffix("Z debug    two"))
    #expect(lines[2].hasPrefix("{\"timestamp\":\""))
    #expect(lines[2].hasSuffix("\"level\":\"warning\",\"message\":\"three\"}"))
    #expect(log.level == .debug)
    #expect(log.format == .json)
  }

  @Test func anEventIsFormattedAsOne() {
    let record = EventRecord(
      session: 3, peer: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 5), verb: "NOOP", result: 200)
    logger.info("command", metadata: ["event": .stringConvertible(record), "more": "yes"])
    #expect(lines(1) == ["info     command session=3 peer=127.0.0.1:5 verb=NOOP result=200 more=\"yes\""])
  }

  @Test func metadataOfTheLoggerIsShownAndTheCallsOwnIsStronger() {
    var logger = logger
    logger[metadataKey: "a"] = "1"
    logger[metadataKey: "b"] = "2"
    logger.info("m", metadata: ["b": "3", "event": "no record"])
    #expect(lines(1) == ["info     m a=\"1\" b=\"3\" event=\"no record\""])
  }

  @Test func aLoggerMayHaveItsOwnLevel() {
    var quiet = logger
    quiet.logLevel = .error
    quiet.warning("unseen")
    logger.warning("seen")
    #expect(lines(1) == ["warning  seen"])
  }

  @Test func aBlockForPeopleKeepsItsPlace() {
    logger.info("before")
    log.writeVerbatim("\n  Password  x\n")
    logger.info("after")
    #expect(
      pipe.lines(4).map { $0.hasSuffix("before") || $0 == "  Password  x" || $0.hasSuffix("after") }.allSatisfy { $0 })
  }
}
