// All system calls on table files: read with checks, lock, replace atomically.

import Glibc

/// A table file as read, with the attributes that a replacement must keep.
struct TableFile {
  let bytes: [UInt8]
  /// Permission bits.
  let mode: UInt32
  let owner: UInt32
  let group: UInt32

  /// Larger files are refused. This is enough for about 500,000 users.
  static let sizeLimit = 64 << 20

  /// Reads the file at `path`, which must be a regular file that not everybody can write.
  static func read(path: String, sizeLimit: Int = sizeLimit) throws(UserTableError) -> TableFile {
    // O_NONBLOCK: a FIFO in the table's place must not hang the daemon.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system("open it", path, errno: errno) }
    defer { close(descriptor) }
    return try read(descriptor, path: path, sizeLimit: sizeLimit)
  }

  static func read(
    _ descriptor: Int32, path: String, sizeLimit: Int = sizeLimit
  ) throws(UserTableError) -> TableFile {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system("examine it", path, errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw UserTableError(.unsafeFile, source: path, message: "is not a regular file. Name a file of users.")
    }
    guard status.st_mode & S_IWOTH == 0 else {
      throw UserTableError(
        .unsafeFile, source: path,
        message: "everybody may write it (mode \(octal(status.st_mode))), and so log in as anybody. "
          + "Check its entries, then run chmod 600 on it.")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(sizeLimit, max(0, Int(status.st_size)) + 1))
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .system("read it", path, errno: errno)
      }
      if count == 0 { break }
      bytes += chunk[..<count]
      guard bytes.count <= sizeLimit else {
        throw UserTableError(.unsafeFile, source: path, message: "is larger than \(sizeLimit) bytes.")
      }
    }
    return TableFile(bytes: bytes, mode: status.st_mode & 0o7777, owner: status.st_uid, group: status.st_gid)
  }

  /// Runs `body` on the file at `path` while no other `withLock` works on it, and replaces the file by what it returns
  /// (nil: leave it alone).
  ///
  /// Readers see the old file or the new one, never a part; mode and owner stay. A symbolic link is followed first, so
  /// that the file it points to is replaced and not the link.
  /// - Parameter creating: make an empty file of mode 0600 if there is none.
  static func withLock(
    path: String, creating: Bool, _ body: (TableFile) throws(UserTableError) -> [UInt8]?
  ) throws(UserTableError) {
    let (descriptor, path) = try lock(path: path, creating: creating)
    defer { close(descriptor) }  // unlocks
    let file = try read(descriptor, path: path)
    guard let replacement = try body(file) else { return }
    try replace(file, path: path, with: replacement)
  }

  /// Opens and locks the file. The lock is on the file itself. After waiting for it, the name may lead to a new file; then
  /// start again with that one.
  private static func lock(path: String, creating: Bool) throws(UserTableError) -> (Int32, String) {
    while true {
      let flags = O_RDWR | O_CLOEXEC | O_NONBLOCK | (creating ? O_CREAT : 0)
      let descriptor = open(path, flags, 0o600)
      guard descriptor >= 0 else { throw .system("open it for writing", path, errno: errno) }
      var isKept = false
      defer { if !isKept { close(descriptor) } }
      while flock(descriptor, LOCK_EX) != 0 {
        guard errno == EINTR else { throw .system("lock it", path, errno: errno) }
      }
      guard let real = realpath(path, nil) else {
        if errno == ENOENT { continue }
        throw .system("resolve it", path, errno: errno)
      }
      defer { free(real) }
      var held = stat()
      var named = stat()
      guard fstat(descriptor, &held) == 0 else { throw .system("examine it", path, errno: errno) }
      guard stat(real, &named) == 0, held.st_ino == named.st_ino, held.st_dev == named.st_dev else { continue }
      isKept = true
      return (descriptor, String(cString: real))
    }
  }

  /// Writes `bytes` to a new file at `path`, with the mode and the owner of this one; nothing there is replaced.
  func create(path: String, with bytes: [UInt8]) throws(UserTableError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system("make it", path, errno: errno) }
    var isKept = false
    defer {
      close(descriptor)
      if !isKept { unlink(path) }
    }
    try Self.finish(descriptor, as: self, path: path, with: bytes)
    isKept = true
  }

  private static func replace(_ file: TableFile, path: String, with bytes: [UInt8]) throws(UserTableError) {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let directory = slash == path.startIndex ? "/" : String(path[..<slash])
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    let temporary = "\(directory)/.\(path[slash...].drop { $0 == "/" }).\(suffix)"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system("make a new version beside it", path, errno: errno) }
    var isReplaced = false
    defer {
      close(descriptor)
      if !isReplaced { unlink(temporary) }
    }
    try finish(descriptor, as: file, path: path, with: bytes)
    guard rename(temporary, path) == 0 else { throw .system("replace it", path, errno: errno) }
    isReplaced = true
    // The new name must reach the disk too. It is not an error if the file system cannot sync a directory.
    let parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if parent >= 0 {
      fsync(parent)
      close(parent)
    }
  }

  /// Fills a new file and gives it what `file` has.
  private static func finish(
    _ descriptor: Int32, as file: TableFile, path: String, with bytes: [UInt8]
  ) throws(UserTableError) {
    try write(bytes, to: descriptor, path: path)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system("examine its new version", path, errno: errno) }
    if status.st_uid != file.owner || status.st_gid != file.group {
      guard fchown(descriptor, file.owner, file.group) == 0 else {
        throw .system("keep its owner", path, errno: errno)
      }
    }
    guard fchmod(descriptor, file.mode) == 0 else { throw .system("keep its mode", path, errno: errno) }
    guard fsync(descriptor) == 0 else { throw .system("write it to disk", path, errno: errno) }
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(UserTableError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw .system("write its new version", path, errno: errno)
      }
      rest = rest.dropFirst(count)
    }
  }
}
