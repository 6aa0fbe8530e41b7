// Tests that pipes are used again, up to a bound, and closed beyond it.

import Glibc
import LinuxSystem
import Testing

@testable import FTPTransfer

@Suite struct PipePoolTests {
  private final class Reference {
    weak var pipe: PipePool.Pipe?
    init(_ pipe: PipePool.Pipe) { self.pipe = pipe }
  }

  @Test func aPipeComesBack() throws {
    let pool = PipePool()
    let pipe = try pool.lend()
    #expect(pipe.capacity >= 4096)
    let reference = Reference(pipe)
    pool.giveBack(pipe)
    #expect(try pool.lend() === reference.pipe)
    #expect(try pool.lend() !== pipe)
  }

  @Test func noMoreThanEightAreKept() throws {
    let pool = PipePool()
    var pipes = try (0..<20).map { _ in try pool.lend() }
    #expect(Set(pipes.flatMap { [$0.reading, $0.writing] }).count == 40)
    let references = pipes.map(Reference.init)
    for pipe in pipes { pool.giveBack(pipe) }
    pipes = []
    #expect(references.count { $0.pipe != nil } == 8)
  }

  @Test func aPipeThatIsDroppedIsClosed() throws {
    let name: [UInt8]
    let number: Int32
    do {
      let pipe = try PipePool().lend()
      number = pipe.reading
      name = try File.linkTarget(in: AT_FDCWD, name: "/proc/self/fd/\(number)")
    }
    // The number may stand for something else by now, but not for this pipe.
    #expect((try? File.linkTarget(in: AT_FDCWD, name: "/proc/self/fd/\(number)")) != name)
  }
}
