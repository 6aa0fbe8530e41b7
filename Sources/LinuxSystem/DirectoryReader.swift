// Reads a directory's names as the kernel hands them out, in constant memory.

import CLinux
import Glibc

/// The names of one directory, in the order of the file system, 32 KiB of kernel records at a time.
///
/// Source: getdents64(2). `.` and `..` are skipped.
public struct DirectoryReader: ~Copyable, Sendable {
  let directory: Descriptor
  @usableFromInline var buffer: [UInt8] = []
  @usableFromInline var position = 0
  @usableFromInline var end = 0

  /// Takes a directory opened with O_RDONLY | O_DIRECTORY.
  public init(_ directory: consuming Descriptor) { self.directory = directory }

  /// The directory's descriptor, for statx(2) of the names.
  public var number: Int32 { directory.number }

  /// Calls `body` with the next name (bytes without the terminating NUL, which follows them in memory); false at the end.
  @inlinable
  public mutating func next<Result>(_ body: (UnsafeRawBufferPointer) -> Result) throws(SystemError) -> Result? {
    while true {
      if position == end {
        try refill()
        if end == 0 { return nil }
      }
      let start = position
      // struct linux_dirent64: u64 ino, s64 off, u16 reclen, u8 type, name
      let length = buffer.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: start + 16, as: UInt16.self)) }
      guard length > 19, start + length <= end else { throw SystemError(code: EIO, call: "getdents64") }
      position += length
      let result: Result? = buffer.withUnsafeBytes { raw in
        let field = UnsafeRawBufferPointer(rebasing: raw[(start + 19)..<(start + length)])
        let count = field.baseAddress.map { strnlen($0.assumingMemoryBound(to: CChar.self), field.count) } ?? 0
        let name = UnsafeRawBufferPointer(rebasing: field[..<count])
        let isDot = name.first == 0x2E && (name.count == 1 || (name.count == 2 && name[1] == 0x2E))
        return isDot ? nil : body(name)
      }
      if let result { return result }
    }
  }

  @usableFromInline
  mutating func refill() throws(SystemError) {
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: 32 * 1024) }
    let number = directory.number
    let count = buffer.withUnsafeMutableBytes { raw in
      var result: Int
      repeat { result = weft_getdents(number, raw.baseAddress, raw.count) } while result == -Int(EINTR)
      return result
    }
    end = try check(count, "getdents64")
    position = 0
  }
}
