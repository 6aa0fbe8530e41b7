// Calls on the contents of open files beyond reading and writing: copies in the kernel, reservations, read-ahead.

import CLinux
import Glibc

extension File {
  /// Tells the kernel that `range` will be read from front to back, so that it reads ahead more. Source: posix_fadvise(2).
  public static func adviseSequential(_ file: Int32, _ range: Range<Int64>) {
    // This is only advice: a file system that ignores it reads as usual.
    _ = weft_advise_sequential(file, range.lowerBound, Int64(range.count))
  }

  /// Copies up to `count` bytes between two regular files in the kernel; both offsets advance.
  ///
  /// - Returns: the bytes copied; 0 at the end of the source.
  /// - Throws: EXDEV, EINVAL, EOPNOTSUPP or ENOSYS if the file systems cannot do it; the caller then reads and writes.
  ///
  /// Source: copy_file_range(2).
  public static func copy(
    from source: Int32, at offset: inout Int64, to target: Int32, at targetOffset: inout Int64, count: Int
  ) throws(SystemError) -> Int {
    while true {
      let result = weft_copy_file_range(source, &offset, target, &targetOffset, count)
      if result != -Int(EINTR) { return try check(result, "copy_file_range") }
    }
  }

  /// Reserves room for `length` bytes from `offset` on, without a change of the file's size. Source: fallocate(2), FALLOC_FL_KEEP_SIZE.
  ///
  /// - Throws: ENOSPC or EDQUOT if there is not enough space, EOPNOTSUPP if the file system cannot reserve.
  public static func reserve(_ file: Int32, offset: Int64, length: Int64) throws(SystemError) {
    try retrying("fallocate") { weft_fallocate_keep_size(file, offset, length) }
  }

  /// Where the next bytes at or behind `offset` are that are no hole, and where they end; nil if there are none. Source: lseek(2),
  /// SEEK_DATA and SEEK_HOLE. A file system that does not know holes has one piece.
  public static func data(in file: Int32, from offset: Int64) throws(SystemError) -> Range<Int64>? {
    let start = weft_lseek(file, offset, WEFT_SEEK_DATA)
    switch start {
    case -Int64(ENXIO): return nil
    case -Int64(EINVAL):
      let size = Int64(clamping: try status(file).size)
      return offset < size ? offset..<size : nil
    case ..<0: throw SystemError(code: Int32(-start), call: "lseek")
    default: break
    }
    let end = weft_lseek(file, start, WEFT_SEEK_HOLE)
    // It has become shorter meanwhile.
    if end == -Int64(ENXIO) { return nil }
    if end < 0 { throw SystemError(code: Int32(-end), call: "lseek") }
    return start..<end
  }

  /// Waits until the contents of a file, and what is needed to read them, are on the disk. Source: fdatasync(2).
  public static func syncContents(_ file: Int32) throws(SystemError) {
    try retrying("fdatasync") { weft_fdatasync(file) }
  }

  /// Waits until a file or directory is on the disk. Source: fsync(2).
  public static func sync(_ file: Int32) throws(SystemError) { try retrying("fsync") { weft_fsync(file) } }

  /// Has the kernel begin to write a part of a file to the disk, without waiting for it. Source: sync_file_range(2).
  public static func startWriting(_ file: Int32, _ range: Range<Int64>) {
    // This is only a start: what a file system does not do now it does when it is told to sync.
    _ = weft_start_writing(file, range.lowerBound, Int64(range.count))
  }

  /// Waits until a part of a file has been written to the disk. It can still be in the disk's own memory. Source: sync_file_range(2).
  public static func finishWriting(_ file: Int32, _ range: Range<Int64>) {
    // Errors come again when the file is synced.
    _ = weft_finish_writing(file, range.lowerBound, Int64(range.count))
  }

  /// Whether the file system keeps its files in memory, where there is nothing to be synced. Source: fstatfs(2).
  public static func isInMemory(_ file: Int32) -> Bool { weft_is_in_memory(file) == 1 }
}
