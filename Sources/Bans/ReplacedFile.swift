// Files that are replaced as a whole: whoever reads sees the old contents or the new ones, never a part.

import Glibc
import LinuxSystem

/// A file in a directory that its writers lock. All of it is for paths of the operator.
struct ReplacedFile: Sendable {
  let path: String
  let directory: String
  let name: String
  private let mode: UInt32

  /// - Parameter mode: the permission bits of the file when it is made.
  init(path: String, mode: UInt32) {
    let absolute = File.absolutePath(path)
    let slash = absolute.lastIndex(of: "/") ?? absolute.startIndex
    self.path = absolute
    directory = slash == absolute.startIndex ? "/" : String(absolute[..<slash])
    name = String(absolute[absolute.index(after: slash)...])
    self.mode = mode
  }

  /// The contents; nil if there is no such file.
  ///
  /// - Throws: EFBIG beyond `limit` bytes, EPERM for what is no regular file or may be written by everybody.
  func read(limit: Int) throws(SystemError) -> [UInt8]? {
    let file: Descriptor
    do throws(SystemError) {
      // A FIFO in its place must not hang anybody.
      file = try File.open(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
    let status = try File.status(file.number)
    guard status.isRegular, status.permissions & 0o002 == 0 else { throw SystemError(code: EPERM, call: "open") }
    guard status.size <= UInt64(limit) else { throw SystemError(code: EFBIG, call: "read") }
    var bytes = [UInt8](repeating: 0, count: Int(status.size))
    var count = 0
    while count < bytes.count {
      let from = count
      let number = file.number
      let more = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
        try File.read(
          number, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[from...]),
          at: Int64(from))
      }
      if more == 0 { break }
      count += more
    }
    return Array(bytes[..<count])
  }

  /// Runs `body` while no other writer of this directory works.
  func locked<Result>(_ body: () throws(BanStoreError) -> Result) throws(BanStoreError) -> Result {
    let lock: Descriptor
    do throws(SystemError) {
      lock = try File.open(directory, flags: O_RDONLY | O_DIRECTORY)
    } catch {
      throw BanStoreError("\(directory) cannot be opened: \(error.reason)")
    }
    while flock(lock.number, LOCK_EX) != 0, errno == EINTR {}
    return try body()
  }

  /// Puts `bytes` in place of what is there, and on the disk.
  ///
  /// The owner stays who it was; of a new file it is the owner of the directory: what root makes the daemon must be able to read.
  func replace(_ bytes: [UInt8]) throws(SystemError) {
    let place = try File.open(directory, flags: O_RDONLY | O_DIRECTORY)
    let old = try? File.status(at: path)
    let ofDirectory = try File.status(place.number)
    let owner = old ?? ofDirectory
    let temporary = ".\(name).\(String(UInt64.random(in: .min ... .max), radix: 36))"
    let file = try File.open(
      "\(directory)/\(temporary)", flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    do throws(SystemError) {
      let number = file.number
      try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
        try File.write(number, UnsafeRawBufferPointer(buffer), at: 0)
      }
      let made = try File.status(file.number)
      if made.owner != owner.owner || made.group != owner.group {
        // Whoever may not give it away keeps it: it is the daemon's own user then.
        _ = fchown(file.number, owner.owner, owner.group)
      }
      try File.setPermissions(file.number, old?.permissions ?? mode)
      guard fsync(file.number) == 0 else { throw SystemError(code: errno, call: "fsync") }
      try File.rename(in: place.number, temporary, to: place.number, name)
    } catch {
      try? File.remove(in: place.number, name: temporary)
      throw error
    }
    // Not every file system can do that with a directory.
    _ = fsync(place.number)
  }
}
