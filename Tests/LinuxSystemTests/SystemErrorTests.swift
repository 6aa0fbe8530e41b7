// Tests that a failed system call is told in words a person can use.

import Glibc
import Testing

@testable import LinuxSystem

@Suite struct SystemErrorTests {
  @Test func describesCallReasonAndNumber() {
    let error = SystemError(code: ENOENT, call: "openat2")
    #expect(error.reason == "No such file or directory")
    #expect(error.description == "openat2: No such file or directory (errno 2)")
  }

  @Test func everyCodeHasWords() {
    for code in [Int32(1), EACCES, ENOSPC, EDQUOT, ETIMEDOUT, 4095, Int32.max] {
      #expect(!SystemError(code: code, call: "open").reason.isEmpty)
    }
  }

  @Test func checkTurnsNegativeResultsIntoErrors() throws {
    #expect(try check(7, "read") == 7)
    #expect(try check(0, "read") == 0)
    #expect(throws: SystemError(code: EBADF, call: "read")) { try check(-EBADF, "read") }
    #expect(throws: SystemError(code: EIO, call: "write")) { try check(-Int(EIO), "write") }
  }

  @Test func retryingRepeatsOnlyWhatASignalInterrupted() throws {
    var results = [-EINTR, -EINTR, 3]
    #expect(try retrying("read") { results.removeFirst() } == 3)
    #expect(results.isEmpty)
    var calls = 0
    #expect(throws: SystemError(code: EAGAIN, call: "read")) {
      try retrying("read") { () -> Int32 in
        calls += 1
        return -EAGAIN
      }
    }
    #expect(calls == 1)
  }
}
