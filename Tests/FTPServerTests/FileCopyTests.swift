// Tests of copying files behind one another within the server, and of stopping it.

import Glibc
import LinuxSystem
import TestSupport
import Testing
import UnitSupport

@testable import FTPServer

@Suite struct FileCopyTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func open(_ name: String, _ bytes: [UInt8]) throws -> Descriptor {
    try File.open(try directory.write(name, bytes), flags: O_RDWR)
  }

  @Test func appendsOneAfterTheOther() throws {
    let parts = [Array("one".utf8), [], [UInt8](repeating: 7, count: 100_000), Array("end".utf8)]
    let target = try open("target", [])
    var copy = FileCopy(to: target.number)
    let progress = WorkProgress()
    for (index, part) in parts.enumerated() {
      let source = try open("\(index)", part)
      #expect(try copy.append(source.number, progress) == UInt64(part.count))
    }
    #expect(try contents(target.number) == parts.flatMap { $0 })
    #expect(progress.done == UInt64(parts.map(\.count).reduce(0, +)))
  }

  @Test func stopsWhenAsked() throws {
    let source = try open("source", [1, 2, 3])
    let target = try open("target", [])
    var copy = FileCopy(to: target.number)
    let progress = WorkProgress()
    progress.stop()
    #expect(throws: FTPError.self) { try copy.append(source.number, progress) }
    #expect(try contents(target.number).isEmpty)
  }
}
