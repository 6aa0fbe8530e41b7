// Where the kernel says that an open file is.

import CLinux

extension File {
  /// The absolute path of an open file.
  ///
  /// Behind the path of what has no name any more is ` (deleted)`. Source: proc_pid_fd(5)
  public static func path(of descriptor: Int32) throws(SystemError) -> [UInt8] {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { (buffer) throws(SystemError) -> [UInt8] in
      let count = try check(weft_descriptor_path(descriptor, buffer.baseAddress, 4095), "readlinkat")
      return Array(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
    }
  }
}
