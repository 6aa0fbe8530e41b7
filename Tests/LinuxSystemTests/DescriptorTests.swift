// Tests that a descriptor is closed once, when its owner lets go of it.

import Glibc
import Testing
import UnitSupport

@testable import LinuxSystem

@Suite struct DescriptorTests {
  /// What a descriptor number of this process stands for, or nil: a pipe's name is unique while it lives.
  private func target(_ number: Int32) -> [UInt8]? {
    try? File.linkTarget(in: AT_FDCWD, name: "/proc/self/fd/\(number)")
  }

  @Test func closesAtTheEndOfItsLife() throws {
    let pipe = try File.pipe(capacity: 4096)
    let writing = Held(owning: pipe.write)
    let name = try #require(target(pipe.read))
    do {
      let reading = Descriptor(owning: pipe.read)
      let nameOfOpen = target(reading.number)
      #expect(nameOfOpen == name)
    }
    #expect(target(pipe.read) != name)
    #expect(failure { try sendByte(writing.number) } == EPIPE)
  }

  @Test func releasingGivesUpOwnership() throws {
    let pipe = try File.pipe(capacity: 4096)
    let name = try #require(target(pipe.read))
    let number = Descriptor(owning: pipe.read).release()
    #expect(number == pipe.read)
    #expect(target(number) == name)
    try Descriptor(owning: number).close()
    #expect(target(number) != name)
    try Descriptor(owning: pipe.write).close()
  }

  @Test func closingReportsErrors() {
    #expect(failure { try Descriptor(owning: -1).close() } == EBADF)
  }

  /// Writes to a pipe whose reader is gone by way of splice(2), which raises no signal here: SIGPIPE is blocked for this thread.
  private func sendByte(_ number: Int32) throws(SystemError) {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    defer {
      // The signal that came is pending for this thread: take it before it is let in again.
      var none = timespec()
      sigtimedwait(&signals, nil, &none)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
    var byte: UInt8 = 1
    try check(write(number, &byte, 1) < 0 ? -Int(errno) : 0, "write")
  }
}
