// A directory of a test's own, and what the tests of this target need besides.

import Glibc

@testable import LinuxSystem

/// O_PATH, which Swift's Glibc module does not import.
let pathOnly: Int32 = 0o10_000_000

/// An empty directory that goes away with its last reference.
final class TemporaryDirectory {
  let path: String
  private let directory: Descriptor

  init() throws {
    var template = Array("/tmp/weft-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError(code: errno, call: "mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    directory = try File.open(path, flags: O_RDONLY | O_DIRECTORY)
  }

  deinit {
    removeContents(directory.number)
    rmdir(path)
  }

  var number: Int32 { directory.number }

  /// Makes a file with `contents` and returns it open for reading and writing.
  @discardableResult
  func file(_ name: String, _ contents: [UInt8] = []) throws -> Held {
    let file = Held(try File.open("\(path)/\(name)", flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o644))
    try write(file.number, contents)
    return file
  }
}

/// A descriptor that the macros of a test can capture: it closes with its last reference.
final class Held {
  let descriptor: Descriptor
  let number: Int32

  init(_ descriptor: consuming Descriptor) {
    number = descriptor.number
    self.descriptor = consume descriptor
  }

  convenience init(owning number: Int32) { self.init(Descriptor(owning: number)) }
}

/// Removes all that a directory holds, relative to descriptors, so that depth and odd names do not matter.
func removeContents(_ directory: Int32) {
  guard let names = try? namesOfDirectory(directory) else { return }
  for name in names {
    let terminated = name.map { CChar(bitPattern: $0) } + [0]
    if (try? File.remove(in: directory, name: terminated)) != nil { continue }
    if let inner = try? File.open(
      beneath: directory, terminated, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: 0)
    {
      removeContents(inner.number)
    }
    try? File.removeDirectory(in: directory, name: terminated)
  }
}

/// The names in a directory, in the order the file system has them.
func namesOfDirectory(_ directory: Int32) throws -> [[UInt8]] {
  var reader = DirectoryReader(
    try File.open(beneath: directory, ".", flags: O_RDONLY | O_DIRECTORY, resolve: 0))
  var names: [[UInt8]] = []
  while let name = try reader.next({ Array($0) }) { names.append(name) }
  return names
}

/// The errno that `body` fails with; nil when it does not fail, -1 when it throws something else.
func failure(_ body: () throws -> Void) -> Int32? {
  do {
    try body()
    return nil
  } catch let error as SystemError {
    return error.code
  } catch {
    return -1
  }
}

/// Reads `count` bytes of a file from `offset`, or up to its end.
func contents(_ file: Int32, count: Int = 1 << 20, at offset: Int64 = 0) throws -> [UInt8] {
  var buffer = [UInt8](repeating: 0, count: count)
  let read = try buffer.withUnsafeMutableBytes { try File.read(file, into: $0, at: offset) }
  return Array(buffer[..<read])
}

/// Writes `bytes` at `offset`.
func write(_ file: Int32, _ bytes: [UInt8], at offset: Int64 = 0) throws(SystemError) {
  try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
    try File.write(file, UnsafeRawBufferPointer(bytes), at: offset)
  }
}
