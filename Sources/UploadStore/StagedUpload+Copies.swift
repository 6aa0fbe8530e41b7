// What a staged upload copies: its bytes behind a target that they are appended to, and a target's bytes around those of the client.

import Glibc
import Jail
import LinuxSystem

extension StagedUpload {
  /// Copies the whole file to the end of the target, in one piece; when that fails, the target is as it was.
  ///
  /// - Returns: where in the target its first byte is.
  func append(_ goesOn: () -> Bool) throws(UploadError) -> Int64 {
    let opened = try onTarget { () throws(SystemError) in try jail.openForWriting(target, truncating: false) }
    let writing = opened.descriptor.number
    // Another session's bytes come before or after these, not between them.
    var tries = 0
    while try !onTarget({ () throws(SystemError) in try File.lock(writing) }) {
      if !goesOn() { throw .stopped }
      tries += 1
      // Five seconds: whoever has it only copies what has come already.
      if tries > 1000 { throw .inUse }
      usleep(5000)
    }
    let end = Int64(clamping: try onTarget { () throws(SystemError) in try File.status(writing).size })
    do throws(UploadError) {
      try copy(0..<Int64.max - end, from: number, to: writing, movedBy: end, goesOn)
      if options.isDurable, !File.isInMemory(writing) {
        try onTarget { () throws(SystemError) in try File.syncContents(writing) }
      }
    } catch {
      try? File.truncate(writing, to: end)
      throw error
    }
    do throws(SystemError) { try opened.close() } catch { throw .file(error) }
    return end
  }

  /// Copies a range of a file, as far as the file goes, in the kernel where that is possible: where the file system shares blocks, nothing
  /// is copied at all. Holes stay holes.
  func copy(
    _ range: Range<Int64>, from source: Int32, to writing: Int32, movedBy distance: Int64, _ goesOn: () -> Bool
  ) throws(UploadError) {
    var isInKernel = true
    var position = range.lowerBound
    while position < range.upperBound,
      let data = try onTarget({ () throws(SystemError) in try File.data(in: source, from: position) })
    {
      position = min(data.upperBound, range.upperBound)
      var (from, to) = (data.lowerBound, data.lowerBound + distance)
      while from < position {
        let count = Int(min(position - from, Int64(Self.piece)))
        var moved = 0
        if isInKernel {
          do throws(SystemError) {
            moved = try File.copy(from: source, at: &from, to: writing, at: &to, count: count)
          } catch {
            guard [EXDEV, EINVAL, EOPNOTSUPP, ENOSYS, EBADF].contains(error.code) else { throw .file(error) }
          }
          // Some file systems have nothing to give this way, and say so with 0.
          isInKernel = moved > 0
        }
        if !isInKernel {
          moved = try copyThroughBuffer(count, from: source, at: from, to: writing, at: to)
          (from, to) = (from + Int64(moved), to + Int64(moved))
        }
        // It has become shorter meanwhile.
        if moved == 0 { break }
        if !goesOn() { throw .stopped }
      }
    }
    // What lies behind the last bytes is a hole, too.
    try onTarget { () throws(SystemError) in
      let size = min(range.upperBound, Int64(clamping: try File.status(source).size)) + distance
      if Int64(clamping: try File.status(writing).size) < size { try File.truncate(writing, to: size) }
    }
  }

  /// Bytes copied between two looks at whether to go on.
  private static let piece = 8 * 1024 * 1024

  private func copyThroughBuffer(
    _ count: Int, from source: Int32, at from: Int64, to writing: Int32, at to: Int64
  ) throws(UploadError) -> Int {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(count, 256 * 1024), alignment: 4096)
    defer { buffer.deallocate() }
    return try onTarget { () throws(SystemError) -> Int in
      let read = try File.read(source, into: buffer, at: from)
      try File.write(writing, UnsafeRawBufferPointer(rebasing: buffer[..<read]), at: to)
      return read
    }
  }
}
