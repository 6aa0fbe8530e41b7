// Names that are the server's own: which they are, and how they are swept away.

import FTPProtocol
import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import Jail

@Suite struct JailPartialsTests {
  private let directory: TemporaryDirectory
  private let jail: Jail

  init() throws {
    directory = try TemporaryDirectory()
    jail = try Jail(root: directory.path)
  }

  private func path(_ text: String) throws -> VirtualPath { try VirtualPath(Array(text.utf8)) }

  @Test func whichNamesAreReserved() {
    for (name, isReserved) in [
      (".weftpd-f.part", true), (".weftpd-", true), (".weftpd", false), ("weftpd-", false), ("", false),
    ] {
      #expect(Jail.isReserved(Array(name.utf8)) == isReserved, "\(name)")
    }
  }

  @Test func oldPartialsAreSweptAndNothingElse() throws {
    let old = timespec(tv_sec: 1_000_000, tv_nsec: 0)
    #expect(mkdir(directory.path(of: "d"), 0o755) == 0)
    for name in [".weftpd-a.part", "d/.weftpd-b.part", "d/.weftpd-fresh.part", "d/plain", "d/.weftpd-locked.part"] {
      try directory.write(name, "x")
      if name.contains("fresh") { continue }
      #expect(utimensat(AT_FDCWD, directory.path(of: name), [old, old], 0) == 0)
    }
    let busy = try jail.resumePending(for: path("/d/locked"), keptAs: Array(".weftpd-locked.part".utf8))
    let limits = TreeLimits(entries: 100, depth: 10)
    #expect(try jail.sweepReserved(unchangedSince: 2_000_000, in: .root, limits, shouldStop: { false }) == 2)
    #expect(!directory.exists(".weftpd-a.part"))
    for name in ["d/.weftpd-fresh.part", "d/plain", "d/.weftpd-locked.part"] {
      #expect(directory.exists(name), "\(name)")
    }
    _ = consume busy
    #expect(try jail.sweepReserved(unchangedSince: 2_000_000, in: .root, limits, shouldStop: { false }) == 1)
  }

  @Test func aDirectoryWithNothingButPartialsIsEmpty() throws {
    #expect(mkdir(directory.path(of: "d"), 0o755) == 0)
    try directory.write("d/.weftpd-a.part", "x")
    try directory.write("d/f", "x")
    #expect(throws: SystemError.self) { try jail.removeDirectoryWithReserved(path("/d")) }
    #expect(directory.exists("d/.weftpd-a.part"))
    #expect(unlink(directory.path(of: "d/f")) == 0)
    try jail.removeDirectoryWithReserved(path("/d"))
    #expect(!directory.exists("d"))
  }

  /// The thread that puts what is kept of an upload on the disk has its lock for a moment.
  @Test func aLockThatIsGivenUpAtOnceKeepsNobodyOut() throws {
    var isRemoved = false
    // Several tries: the other thread may not get its turn in time.
    for _ in 0..<5 where !isRemoved {
      try directory.write(".weftpd-f.part", "x")
      let number = Glibc.open(directory.path(of: ".weftpd-f.part"), O_RDWR)
      #expect(flock(number, LOCK_EX | LOCK_NB) == 0)
      Thread.detachNewThread {
        usleep(2000)
        close(number)
      }
      do { try jail.removePartial(Array(".weftpd-f.part".utf8), beside: path("/f")) } catch { continue }
      isRemoved = !directory.exists(".weftpd-f.part")
    }
    #expect(isRemoved)
  }
}
