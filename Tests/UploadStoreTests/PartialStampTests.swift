// Tests of what tells whether a partial is still what was kept.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import UploadStore

@Suite final class PartialStampTests {
  private let root: ScratchRoot
  private let file: Descriptor

  init() throws {
    root = try ScratchRoot()
    try root.write("some bytes", to: "f")
    file = try root.jail.open(VirtualPath.root.resolving(Array("f".utf8)), flags: O_RDWR)
  }

  /// The attribute as another start of the system would have written it.
  private func age() throws {
    let stamp = try #require(File.attribute(file.number, "user.weftpd.stamp"))
    try File.setAttribute(file.number, "user.weftpd.stamp", stamp.dropLast(16) + [UInt8](repeating: 7, count: 16))
  }

  @Test func whatWasNotChangedIsTrusted() throws {
    PartialStamp.set(on: file.number)
    #expect(PartialStamp.isTrusted(file.number))
    #expect(!PartialStamp.isBroken(on: file.number))
    try File.truncate(file.number, to: 5)
    #expect(!PartialStamp.isTrusted(file.number))
    #expect(PartialStamp.isBroken(on: file.number))
  }

  @Test func afterAStartOfTheSystemOnlyWhatWasSyncedIs() throws {
    PartialStamp.set(on: file.number)
    try age()
    #expect(!PartialStamp.isTrusted(file.number))
    #expect(!PartialStamp.isBroken(on: file.number))
    PartialStamp.set(on: file.number, isSynced: true)
    #expect(PartialStamp.isTrusted(file.number))
  }

  @Test func withoutAStampItIsTrustedIfItIsYoungerThanTheSystem() throws {
    #expect(PartialStamp.isTrusted(file.number))
    try File.setModificationTime(file.number, seconds: SystemStart.seconds - 100, nanoseconds: 0)
    #expect(!PartialStamp.isTrusted(file.number))
  }
}
