// Tests the transfer log: wu-ftpd's fields in wu-ftpd's order, names that forge nothing, rotation, a full disk.

import FTPServer
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import ServerLog

@Suite struct TransferLogTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func event(
    path: [UInt8], user: String = "alice", upload: Bool = false, text: Bool = false, anonymous: Bool = false,
    complete: Bool = true
  ) -> SessionEvent {
    let outcome = TransferOutcome(
      direction: upload ? .upload : .download, bytes: 1_048_576, reply: 226, isComplete: complete, isText: text,
      isAnonymous: anonymous)
    return SessionEvent(
      kind: .transferEnded(outcome), level: .info, message: "",
      record: EventRecord(
        session: 1, peer: SocketAddress(IPAddress(ipv4: 0xC000_0207), port: 40312), user: Array(user.utf8),
        verb: "RETR", path: path, bytes: 1_048_576, duration: .milliseconds(2900), result: 226))
  }

  private func event(_ path: String) -> SessionEvent { event(path: Array(path.utf8)) }

  private func bytes(_ event: SessionEvent) throws -> [UInt8] {
    guard case .transferEnded(let outcome) = event.kind else { throw SystemError(code: EINVAL, call: "event") }
    return TransferLogLine.format(event.record, outcome, now: "Sat Nov 21 05:39:18 2026")
  }

  private func line(
    path: String = "/pub/a.iso", user: String = "alice", upload: Bool = false, text: Bool = false,
    anonymous: Bool = false, complete: Bool = true
  ) throws -> String {
    let event = event(
      path: Array(path.utf8), user: user, upload: upload, text: text, anonymous: anonymous, complete: complete)
    return String(decoding: try bytes(event), as: UTF8.self)
  }

  @Test func theFieldsAreThoseOfWuFtpd() throws {
    #expect(
      try line() == "Sat Nov 21 05:39:18 2026 2 192.0.2.7 1048576 /pub/a.iso b _ o r alice ftp 0 * c\n")
    #expect(
      try line(user: "ftp", upload: true, text: true, anonymous: true, complete: false)
        == "Sat Nov 21 05:39:18 2026 2 192.0.2.7 1048576 /pub/a.iso a _ i a ftp ftp 0 * i\n")
  }

  @Test func aNameCannotForgeFieldsOrLines() throws {
    let text = try line(path: "/a b\nSat Nov\t\u{7F}ü", user: "")
    #expect(text == "Sat Nov 21 05:39:18 2026 2 192.0.2.7 1048576 /a_b_Sat_Nov__ü b _ o r ? ftp 0 * c\n")
  }

  @Test func whatDividesTextDividesNoFields() throws {
    // Readers that decode the line first split it at these as well.
    for divider in ["\u{85}", "\u{9B}", "\u{A0}", "\u{2003}", "\u{2028}", "\u{2029}", "\u{3000}"] {
      let text = try line(path: "/a\(divider)b", user: "x\(divider)")
      #expect(text == "Sat Nov 21 05:39:18 2026 2 192.0.2.7 1048576 /a_b b _ o r x_ ftp 0 * c\n")
      #expect(text.split(whereSeparator: \.isWhitespace).count == 18)
    }
    // Bytes that are no UTF-8 stay; they do not hide what follows them.
    let bytes = try bytes(event(path: [0x2F, 0xE9, 0xC2, 0xE2, 0x80, 0xA8, 0x61]))
    #expect(bytes.split(separator: 0x20)[8] == [0x2F, 0xE9, 0xC2, 0x5F, 0x61])
  }

  @Test func onlyTransfersOfFilesAreWanted() throws {
    let log = try TransferLog(path: directory.path + "/xferlog")
    func wants(_ direction: TransferDirection) -> Bool {
      log.wants(.transferEnded(TransferOutcome(direction: direction, bytes: 0, reply: 226, isComplete: true)), .debug)
    }
    #expect(wants(.download))
    #expect(wants(.upload))
    #expect(!wants(.listing))
    #expect(!wants(.fileWork))
    #expect(!log.wants(.transferBegan(.download), .critical))
    #expect(!log.wants(.notice, .critical))
  }

  @Test func rotationLosesNothing() throws {
    let path = directory.path + "/xferlog"
    let log = try TransferLog(path: path)
    log.read(event("/one"))
    #expect(rename(path, path + ".1") == 0)
    log.read(event("/two"))
    try log.reopen()
    log.read(event("/three"))
    let old = String(decoding: try readFile(path + ".1"), as: UTF8.self)
    let new = String(decoding: try readFile(path), as: UTF8.self)
    #expect(old.split(separator: "\n").count == 2)
    #expect(old.contains(" /two "))
    #expect(new.split(separator: "\n").count == 1)
    #expect(new.contains(" /three "))
    #expect(log.lost == 0)
  }

  @Test func aDirectoryThatIsGoneKeepsTheOldFile() throws {
    let path = directory.path + "/d/xferlog"
    #expect(mkdir(directory.path + "/d", 0o700) == 0)
    let log = try TransferLog(path: path)
    #expect(rename(directory.path + "/d", directory.path + "/e") == 0)
    #expect(throws: SystemError.self) { try log.reopen() }
    log.read(event("/a"))
    #expect(String(decoding: try readFile(directory.path + "/e/xferlog"), as: UTF8.self).utf8.count > 40)
    unlink(directory.path + "/e/xferlog")
    rmdir(directory.path + "/e")
  }

  @Test func aFullDiskCostsLinesThatAreCounted() throws {
    let log = try TransferLog(path: "/dev/full")
    for _ in 0..<3 { log.read(event("/a")) }
    #expect(log.lost == 3)
  }
}
