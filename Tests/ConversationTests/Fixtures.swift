// Lays out the served directory as a dialogue asks for it, and looks at it afterwards.

import Glibc
import TestSupport

extension Fixture {
  /// Creates the thing in `root`.
  func create(in root: TemporaryDirectory) throws {
    let path = root.bytes(of: name)
    switch kind {
    case .file(let content): try writeFile(path, content)
    case .sparse(let size):
      try writeFile(path, [])
      try done(withPath(path) { truncate($0, size) })
    case .directory: try done(withPath(path) { mkdir($0, 0o755) })
    case .symlink(let target): try done(withPath(target) { target in withPath(path) { symlink(target, $0) } })
    case .hardLink(let target): try done(withPath(root.bytes(of: target)) { from in withPath(path) { link(from, $0) } })
    case .fifo: try done(withPath(path) { mkfifo($0, 0o666) })
    case .socket: try done(withPath(path) { mknod($0, S_IFSOCK | 0o666, 0) })
    case .device: try done(withPath(path) { mknod($0, S_IFCHR | 0o666, makedev(1, 5)) })
    case .entries(let count):
      try done(withPath(path) { mkdir($0, 0o755) })
      for index in 0..<count { try writeFile(path + bytes("/entry\(index)"), []) }
    }
    if let mode { try done(withPath(path) { chmod($0, mode) }) }
    if let modified {
      var times = [timespec(tv_sec: modified, tv_nsec: 0), timespec(tv_sec: modified, tv_nsec: 0)]
      try done(withPath(path) { utimensat(AT_FDCWD, $0, &times, AT_SYMLINK_NOFOLLOW) })
    }
  }

  private func done(_ status: Int32) throws {
    try require(status == 0, "cannot create \(shown(name)): \(Connection.text(errno))")
  }

  private func makedev(_ major: UInt64, _ minor: UInt64) -> dev_t { dev_t(major << 8 | minor) }
}

extension Check {
  /// Nil when the thing called `name` is as expected, else how it is.
  func mismatch(_ name: [UInt8], in root: TemporaryDirectory) throws -> String? {
    let path = root.bytes(of: name)
    var information = stat()
    let exists = withPath(path) { lstat($0, &information) } == 0
    if case .missing = self { return exists ? "it is there" : nil }
    guard exists else { return "it is not there" }
    switch self {
    case .missing, .exists: return nil
    case .content(let wanted):
      let found = try readFile(path)
      return found == wanted ? nil : "its content is: \(shown(found))"
    case .size(let wanted): return information.st_size == wanted ? nil : "its size is \(information.st_size)"
    case .mode(let wanted):
      let found = information.st_mode & 0o7777
      return found == wanted ? nil : "its mode is \(String(found, radix: 8))"
    case .modified(let wanted):
      let found = information.st_mtim.tv_sec
      return found == wanted ? nil : "its time is \(found), not \(wanted)"
    case .isDirectory: return information.st_mode & S_IFMT == S_IFDIR ? nil : "it is no directory"
    case .link(let wanted):
      var buffer = [CChar](repeating: 0, count: 4096)
      let length = withPath(path) { readlink($0, &buffer, 4096) }
      let found = buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
      return found == wanted ? nil : "it links to \(shown(found))"
    }
  }
}
