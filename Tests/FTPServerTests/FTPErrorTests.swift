// Tests that every failure has its one reply.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import FTPServer
@testable import FTPTransfer

@Suite struct FTPErrorTests {
  /// errno, the code for a command that uses a file, the code for one that names a new one (RFC 959, section 5.4).
  static let files: [(Int32, UInt16, UInt16)] = [
    (ENOENT, 550, 553), (EACCES, 550, 553), (EPERM, 550, 553), (EROFS, 550, 553), (EEXIST, 550, 553),
    (ENOTDIR, 550, 553), (EISDIR, 550, 553), (ENXIO, 550, 553), (ENOTEMPTY, 550, 553), (EBUSY, 550, 553),
    (EXDEV, 550, 553), (ELOOP, 550, 553), (ENAMETOOLONG, 553, 553), (EILSEQ, 553, 553), (ENOSPC, 452, 452),
    (EDQUOT, 552, 552), (EFBIG, 552, 552), (EMFILE, 451, 451), (ENFILE, 451, 451), (ENOMEM, 451, 451), (EIO, 451, 451),
    (ESTALE, 451, 451), (ETIMEDOUT, 451, 451), (4095, 451, 451),
  ]

  @Test(arguments: files)
  func filesAndTheirCodes(_ row: (code: Int32, using: UInt16, naming: UInt16)) {
    let error = SystemError(code: row.code, call: "openat2")
    #expect(FTPError.file(error, naming: false).reply.code == row.using)
    #expect(FTPError.file(error, naming: true).reply.code == row.naming)
  }

  @Test func theOtherFailures() {
    let expected: [(FTPError, UInt16)] = [
      (.syntax("x"), 501), (.sequence("x"), 503), (.parameter("x"), 504), (.notLoggedIn, 530), (.loginRefused, 530),
      (.forbidden("x"), 550), (.restart("x"), 554), (.restartMismatch("x"), 555), (.noRoom("x"), 552),
      (.path(.tooLong, naming: false), 553),
      (.path(.tooLong, naming: true), 553), (.path(.invalid, naming: false), 501), (.listingUnavailable("x"), 450),
      (.noDataConnection("x"), 425), (.dataPortRefused(Reply(522, "x")), 522), (.broken(.stalled), 426),
      (.controlConnectionLost, 421),
    ]
    for (error, code) in expected { #expect(error.reply.code == code, "\(error)") }
  }

  /// What the system says of a file must not tell a client where the tree lies on the host, nor which call failed.
  @Test func repliesDoNotTellAboutTheHost() {
    for (code, _, _) in Self.files {
      for naming in [false, true] {
        let text = String(
          decoding: FTPError.file(SystemError(code: code, call: "openat2"), naming: naming).reply.encoded, as: UTF8.self
        )
        #expect(!text.contains("openat2"))
        #expect(!text.contains("errno"))
        #expect(text.hasSuffix("\r\n"))
        #expect(text.split(separator: "\r\n").count == 1)
      }
    }
  }

  @Test func whatAHandlerThrowsIsTypedAgain() {
    #expect(FTPError(FTPError.notLoggedIn).reply.code == 530)
    #expect(FTPError(SystemError(code: ENOENT, call: "statx")).reply.code == 550)
    #expect(FTPError(CancellationError()).reply.code == 451)
  }

  @Test func theLogIsToldMoreThanTheClient() {
    #expect("\(FTPError.file(SystemError(code: ENOENT, call: "openat2"), naming: false))".contains("openat2"))
    #expect("\(FTPError.syntax("Usage: X"))" == "Usage: X")
  }

  @Test func onFileGivesTheCommandsCode() {
    #expect {
      try onFile(naming: true) { () throws(SystemError) in throw SystemError(code: ENOENT, call: "openat2") }
    } throws: { ($0 as? FTPError)?.reply.code == 553 }
  }
}
