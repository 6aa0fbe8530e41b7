// Tests of LocalSocketPlace.swift: who may connect to a Unix socket, and where others could put one of theirs.

import Glibc
import TestSupport
import Testing

@testable import LinuxSystem

@Suite struct LocalSocketPlaceTests {
  private let place: TemporaryDirectory
  private var path: String { place.path(of: "socket") }

  init() throws { place = try TemporaryDirectory() }

  private func mode() throws -> UInt32 { try File.status(at: path).mode & 0o777 }

  @Test func oneUserMore() throws {
    let listener = try LocalSocket.listen(.stream, at: path, mode: 0o600)
    #expect(try mode() == 0o600)
    do throws(SystemError) { try LocalSocket.allow(65534, at: path) } catch {
      // Some file systems have no such lists.
      try #require(error.code == EOPNOTSUPP)
      return
    }
    // What is shown as the group's is what the user may; the group itself may nothing.
    #expect(try mode() == 0o660)
    #expect(throws: Never.self) { _ = try LocalSocket.connect(.stream, to: path) }
    try LocalSocket.allowNobody(at: path)
    #expect(try mode() == 0o600)
    withExtendedLifetime(listener.number) {}
  }

  @Test func theFileHasToBeThere() {
    #expect(throws: SystemError.self) { try LocalSocket.allow(65534, at: path) }
    #expect(throws: SystemError.self) { try LocalSocket.allowNobody(at: path) }
  }

  @Test func aPlaceOfOnesOwn() throws {
    #expect(LocalSocket.placeFault(path, owners: [geteuid()]) == nil)
    #expect(LocalSocket.placeFault(place.path(of: "none/socket"), owners: [geteuid()]) == nil)
  }

  /// Whoever may write there could put another socket in its place when this one goes, and would be told passwords.
  @Test(arguments: [0o777, 0o775, 0o1777])
  func aPlaceWhereOthersMayWrite(_ mode: Int) throws {
    chmod(place.path, mode_t(mode))
    let fault = try #require(LocalSocket.placeFault(path, owners: [geteuid()]))
    #expect(fault.contains("where others may write (mode \(String(mode, radix: 8)))"))
  }

  @Test func aPlaceBeneathOneWhereOthersMayWrite() throws {
    try place.makeDirectory("inner")
    let inner = place.path(of: "inner/socket")
    chmod(place.path, 0o777)
    #expect(LocalSocket.placeFault(inner, owners: [geteuid()])?.contains("is in \(place.path), where") == true)
    // What is not theirs others cannot rename in a directory such as /tmp.
    chmod(place.path, 0o1777)
    #expect(LocalSocket.placeFault(inner, owners: [geteuid()]) == nil)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func aPlaceOfSomebodyElses() throws {
    chown(place.path, 65534, 65534)
    let fault = LocalSocket.placeFault(path, owners: [1])
    #expect(fault?.contains("which belongs to uid 65534") == true)
    #expect(LocalSocket.placeFault(path, owners: [1, 65534]) == nil)
  }
}
