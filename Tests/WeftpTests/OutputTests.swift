// Tests of what is shown: amounts, bars, JSON, names that a terminal must not obey, and exit codes.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import weftp

@Suite struct OutputTests {
  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1499, "1.5 kB"), (999_499, "999 kB"), (1_000_000, "1.0 MB"),
    (3_000_000_000, "3.0 GB"),
  ])
  func amounts(_ bytes: UInt64, _ text: String) { #expect(Output.amount(bytes) == text) }

  @Test func bars() {
    let bar = Progress.bar("a.iso", 50, 100, .seconds(10), width: 79)
    #expect(bar == "a.iso  [##########          ]  50 %  5 B/s  0:10")
    #expect(Progress.bar("a", 10, nil, .seconds(10), width: 79) == "a  10 B  1 B/s")
    #expect(Progress.bar("a", 10, nil, .seconds(10), limit: 2000, width: 79) == "a  10 B  1 B/s of 2.0 kB/s")
    let long = Progress.bar(String(repeating: "n", count: 200), 1, 2, .seconds(1), width: 60)
    #expect(long.count <= 60)
    // More than was announced, nothing announced, no time gone by: nothing traps.
    _ = Progress.bar("a", 300, 100, .zero, width: 10)
    _ = Progress.bar("", .max, .max, .nanoseconds(1), width: 0)
    _ = Progress.bar("", 5, 0, .seconds(1), width: 80)
  }

  @Test func theLowestLimitIsShown() {
    #expect(Progress.limit(TransferLimits(), 3) == 0)
    #expect(Progress.limit(TransferLimits(total: 10, connection: 3), 2) == 6)
    #expect(Progress.limit(TransferLimits(total: 10, connection: 3), 4) == 10)
    #expect(Progress.limit(TransferLimits(total: 10, file: 5, connection: .max), 2) == 5)
  }

  @Test func json() {
    let value = JSONText.object([
      ("a", .string("\"\\\u{1B}\n")), ("b", .name([0xFF])), ("c", nil), ("d", .list([.bool(true), .number(1)])),
    ])
    #expect(value.text == #"{"a":"\"\\\u001b\n","b":{"hex":"ff"},"d":[true,1]}"#)
  }

  @Test func names() { #expect(Output.printable([0x61, 0x1B, 0x5B, 0x0A, 0xFF]) == "a?[?\u{FFFD}") }

  @Test func exitCodes() throws {
    func reply(_ code: UInt16, _ text: String) -> ReceivedReply? {
      ReceivedReply(code: code, lines: [Array(text.utf8)])
    }
    func code(_ error: ClientError) -> Int32 { ExitCode(error).rawValue }
    #expect(code(ClientError(.hostUnknown, "")) == 68)
    #expect(code(ClientError(.connectFailed, "")) == 69)
    #expect(code(ClientError(.certificate, "")) == 80)
    #expect(code(ClientError(.cancelled, "")) == 130)
    #expect(code(ClientError(.refused, "", reply: reply(550, "No such file or directory."))) == 72)
    #expect(code(ClientError(.refused, "", reply: reply(550, "Permission denied."))) == 77)
    // To SIZE, MDTM and MLST of nothing: vsftpd, Pure-FTPd, ProFTPD.
    for text in [
      "Could not get file size.", "Could not get file modification time.", "Can't check for file existence",
      "'none' cannot be listed", "Failed to open file.",
    ] { #expect(code(ClientError(.refused, "", reply: reply(550, text))) == 72, "\(text)") }
    #expect(code(ClientError(.refused, "", reply: reply(552, "Quota."))) == 74)
    #expect(code(ClientError(.localFile, "", cause: SystemError(code: ENOENT, call: "open"))) == 66)
    #expect(code(ClientError(.localFile, "", cause: SystemError(code: ENOSPC, call: "write"))) == 74)
    #expect(code(ClientError(.incomplete, "")) == 65)
    #expect(code(ClientError(.stalled, "")) == 75)
  }
}
