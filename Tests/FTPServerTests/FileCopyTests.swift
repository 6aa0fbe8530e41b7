import Glibc
import LinuxSystem
import Testing

@testable import FTPServer

@Suite struct FileCopyTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func open(_ name: String, _ bytes: [UInt8]) throws -> Descriptor {
    let file = try File.open("\(directory.path)/\(name)", flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
      try File.write(file.number, UnsafeRawBufferPointer(bytes), at: 0)
    }
    return file
  }

  private func contents(_ file: borrowing Descriptor) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(try File.status(file.number).size))
    let number = file.number
    _ = try bytes.withUnsafeMutableBytes { try File.read(number, into: $0, at: 0) }
    return bytes
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
    #expect(try contents(target) == parts.flatMap { $0 })
    #expect(progress.done == UInt64(parts.map(\.count).reduce(0, +)))
  }

  @Test func stopsWhenAsked() throws {
    let source = try open("source", [1, 2, 3])
    let target = try open("target", [])
    var copy = FileCopy(to: target.number)
    let progress = WorkProgress()
    progress.stop()
    #expect(throws: FTPError.self) { try copy.append(source.number, progress) }
    #expect(try contents(target).isEmpty)
  }
}
