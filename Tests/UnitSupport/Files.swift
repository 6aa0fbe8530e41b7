// Reads and writes files and directories that are open already, by the calls of LinuxSystem.

import Glibc
import LinuxSystem

/// O_PATH, which Swift's Glibc module does not import.
public let pathOnly: Int32 = 0o10_000_000

/// At most `count` bytes of a file from `offset` on; all of it unless said otherwise.
public func contents(_ file: Int32, count: Int? = nil, at offset: Int64 = 0) throws -> [UInt8] {
  var buffer = [UInt8](repeating: 0, count: try count ?? Int(File.status(file).size))
  let read = try buffer.withUnsafeMutableBytes { try File.read(file, into: $0, at: offset) }
  return Array(buffer[..<read])
}

/// Writes `bytes` into a file at `offset`.
public func write(_ file: Int32, _ bytes: [UInt8], at offset: Int64 = 0) throws(SystemError) {
  try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
    try File.write(file, UnsafeRawBufferPointer(bytes), at: offset)
  }
}

/// The names in an open directory, in the order the file system has them. The descriptor stays where it is.
public func namesOfDirectory(_ directory: Int32) throws -> [[UInt8]] {
  try names(DirectoryReader(try File.open(beneath: directory, ".", flags: O_RDONLY | O_DIRECTORY, resolve: 0)))
}

/// All names that a reader has left.
public func names(_ reader: consuming DirectoryReader) throws -> [[UInt8]] {
  var result: [[UInt8]] = []
  while let name = try reader.next({ Array($0) }) { result.append(name) }
  return result
}
