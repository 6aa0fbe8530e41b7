// Copies the contents of one open file to the end of another, in the kernel where it can, on a worker's thread.

import Glibc
import LinuxSystem

/// Appends files to a file that is being made.
struct FileCopy {
  /// Bytes the kernel copies at a time: a stop is seen in between.
  private static let step = 4 * 1024 * 1024
  private static let bufferSize = 1024 * 1024

  private let target: Int32
  private var offset: Int64 = 0
  /// False once the kernel has said that it cannot: then bytes are read and written.
  private var copiesInKernel = true

  /// - Parameter target: an empty file, open for writing as long as this lives.
  init(to target: Int32) { self.target = target }

  /// Appends all of `source`.
  ///
  /// - Returns: bytes copied.
  /// - Throws: the failure of a call; ``FTPError/stopped(removed:)`` when it was stopped.
  mutating func append(_ source: Int32, _ progress: WorkProgress) throws(FTPError) -> UInt64 {
    var position: Int64 = 0
    while true {
      try progress.checkForStop()
      let copied: Int
      do throws(SystemError) {
        copied = try copiesInKernel ? copyInKernel(source, &position) : copyThroughBuffer(source, &position)
      } catch {
        throw .file(error, naming: true)
      }
      if copied == 0 {
        // Some file systems (procfs, some of FUSE) say "end" to copy_file_range at once.
        if copiesInKernel, position == 0, hasBytes(source) {
          copiesInKernel = false
          continue
        }
        return UInt64(position)
      }
      progress.count(copied)
    }
  }

  private mutating func copyInKernel(_ source: Int32, _ position: inout Int64) throws(SystemError) -> Int {
    do throws(SystemError) {
      return try File.copy(from: source, at: &position, to: target, at: &offset, count: Self.step)
    } catch {
      guard [EXDEV, EINVAL, EOPNOTSUPP, ENOSYS, EPERM].contains(error.code) else { throw error }
      copiesInKernel = false
      return try copyThroughBuffer(source, &position)
    }
  }

  private mutating func copyThroughBuffer(_ source: Int32, _ position: inout Int64) throws(SystemError) -> Int {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 4096)
    defer { buffer.deallocate() }
    let count = try File.read(source, into: buffer, at: position)
    try File.write(target, UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
    position += Int64(count)
    offset += Int64(count)
    return count
  }

  private func hasBytes(_ source: Int32) -> Bool { ((try? File.status(source).size) ?? 0) > 0 }
}
