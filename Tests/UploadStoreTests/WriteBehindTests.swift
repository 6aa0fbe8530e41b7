// Tests of how much of an upload may be on its way to the disk.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import UploadStore

@Suite struct WriteBehindTests {
  private static let mebibyte: Int64 = 1 << 20

  @Test func onlySoMuchIsOnItsWay() throws {
    let root = try ScratchRoot()
    let file = try root.jail.open(VirtualPath.root.resolving(Array("f".utf8)), flags: O_RDWR | O_CREAT, mode: 0o600)
    var behind = WriteBehind(from: Self.mebibyte)
    behind.advance(to: 33 * Self.mebibyte, of: file.number)
    #expect(behind.overdue() == nil)
    behind.advance(to: 34 * Self.mebibyte, of: file.number)
    // Half of it may stay on its way, so that the disk never stands still.
    #expect(behind.overdue() == Self.mebibyte..<18 * Self.mebibyte)
    #expect(behind.overdue() == nil)
    // It never goes back.
    behind.advance(to: 20 * Self.mebibyte, of: file.number)
    #expect(behind.overdue() == nil)
    behind.advance(to: 60 * Self.mebibyte, of: file.number)
    let overdue = behind.overdue()
    let range = try #require(overdue)
    #expect(range == 18 * Self.mebibyte..<44 * Self.mebibyte)
    File.finishWriting(file.number, range)
  }
}
