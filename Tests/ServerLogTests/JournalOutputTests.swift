// Tests the way into a fake journal: small entries, entries too large for a datagram, a journal that is gone or slow.

import Glibc
import LinuxSystem
import Logging
import TestSupport
import Testing
import UnitSupport

@testable import ServerLog

@Suite(.timeLimit(.minutes(5))) struct JournalOutputTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func message(_ datagram: [UInt8]?) -> String? {
    guard let datagram else { return nil }
    return String(decoding: datagram, as: UTF8.self).split(separator: "\n").first.map(String.init)
  }

  @Test func anEntryGoesAsADatagram() throws {
    let journal = try DatagramReceiver(directory.path + "/journal")
    let log = DaemonLog(journal: try #require(JournalOutput(path: journal.address)))
    log.logger().notice("hello")
    log.logger().notice("again")
    #expect(message(try journal.next()) == "MESSAGE=hello")
    #expect(message(try journal.next()) == "MESSAGE=again")
  }

  @Test func anEntryTooLargeForADatagramGoesSealed() throws {
    let journal = try DatagramReceiver(directory.path + "/journal")
    let log = DaemonLog(journal: try #require(JournalOutput(path: journal.address)))
    log.logger().notice("\(String(repeating: "x", count: 300_000))")
    let entry = try #require(try journal.next())
    #expect(entry.count > 300_000)
    #expect(message(entry)?.hasPrefix("MESSAGE=xxxx") == true)
  }

  @Test func aJournalThatIsGoneHoldsUpNobodyAndTheLossIsTold() throws {
    let path = directory.path + "/journal"
    let log = DaemonLog(journal: try #require(JournalOutput(path: path)))
    let logger = log.logger()
    for _ in 0..<5 { logger.notice("lost") }
    #expect(!log.flush(within: .milliseconds(1)))
    let journal = try DatagramReceiver(path)
    logger.notice("heard")
    #expect(message(try journal.next()) == "MESSAGE=heard")
    #expect(message(try journal.next()) == "MESSAGE=log lines were lost count=\"5\"")
  }

  @Test func aJournalThatDoesNotReadHoldsUpOnlyTheWriter() throws {
    let journal = try DatagramReceiver(directory.path + "/journal")
    let log = DaemonLog(journal: try #require(JournalOutput(path: journal.address)), limit: 4096)
    log.startWriter()
    let logger = log.logger()
    let total = 10_000
    for number in 0..<total { logger.notice("\(number)") }
    var heard = 0
    var lost = 0
    while heard + lost < total {
      guard let text = message(try journal.next()) else { break }
      if text.hasPrefix("MESSAGE=log lines were lost") {
        lost += text.split(separator: "\"").last.flatMap { Int($0) } ?? 0
      } else {
        heard += 1
      }
    }
    #expect(heard + lost == total)
    #expect(lost > 0)
  }

  @Test func standardErrorIsTheJournalWhenItsInodeSaysSo() throws {
    let pipe = try Pipe(isBlocking: true)
    var status = stat()
    #expect(fstat(pipe.writeNumber, &status) == 0)
    let stream = "\(status.st_dev):\(status.st_ino)"
    #expect(JournalOutput.isJournal(pipe.writeNumber, environment: ["JOURNAL_STREAM": stream]))
    #expect(!JournalOutput.isJournal(pipe.writeNumber, environment: ["JOURNAL_STREAM": "1:2"]))
    #expect(!JournalOutput.isJournal(pipe.writeNumber, environment: [:]))
  }
}
