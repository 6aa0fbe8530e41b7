// Where the kernel says that an open file is.

import CLinux

extension File {
  /// Calls `body` with the absolute path of an open file; nothing is allocated.
  ///
  /// Behind the path of what has no name any more is ` (deleted)`. Source: proc_pid_fd(5)
  public static func withPath<Value>(
    of descriptor: Int32, _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Value
  ) throws(SystemError) -> Value {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { (buffer) throws(SystemError) -> Value in
      let count = try check(weft_descriptor_path(descriptor, buffer.baseAddress, 4095), "readlinkat")
      return try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
    }
  }

  /// The absolute path of an open file; see ``withPath(of:_:)``.
  public static func path(of descriptor: Int32) throws(SystemError) -> [UInt8] {
    try withPath(of: descriptor) { (path) throws(SystemError) in Array(path) }
  }
}
