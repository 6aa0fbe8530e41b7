// Files of the tests: a temporary directory that removes itself, and whole-file reads and writes by byte names.

import Glibc

/// The content of a file, also one of /proc that reports no size.
public func readFile(_ path: String) throws -> [UInt8] { try readFile(Array(path.utf8)) }

/// The content of a file whose path is given as bytes.
public func readFile(_ path: [UInt8]) throws -> [UInt8] {
  let descriptor = withPath(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
  try require(descriptor >= 0, "\(shown(path)): \(Connection.text(errno))")
  defer { close(descriptor) }
  var out: [UInt8] = []
  while true {
    let piece = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, filled in
      filled = max(0, read(descriptor, buffer.baseAddress, 1 << 20))
    }
    if piece.isEmpty { return out }
    out += piece
  }
}

/// Creates or replaces a file.
public func writeFile(_ path: [UInt8], _ content: [UInt8], mode: mode_t = 0o644) throws {
  let descriptor = withPath(path) { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode) }
  try require(descriptor >= 0, "\(shown(path)): \(Connection.text(errno))")
  defer { close(descriptor) }
  var written = 0
  while written < content.count {
    let count = content.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, content.count - written) }
    try require(count > 0, "\(shown(path)): \(Connection.text(errno))")
    written += count
  }
  fchmod(descriptor, mode)
}

/// Gives `path` to `body` as a C string; names are bytes, so String's UTF-8 rules must not touch them.
public func withPath<R>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
  try (path + [0]).withUnsafeBufferPointer { buffer in
    try buffer.withMemoryRebound(to: CChar.self) { try body($0.baseAddress!) }
  }
}

/// A directory under the system's temporary one that is removed, with all in it, when the last reference goes.
public final class TemporaryDirectory: Sendable {
  /// The absolute path.
  public let path: String

  /// Creates the directory; `parent` defaults to $TMPDIR or /tmp.
  public init(parent: String? = nil) throws {
    let base = parent ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array((base + "/weftpd-test-XXXXXX").utf8CString)
    try require(mkdtemp(&template) != nil, "mkdtemp in \(base): \(Connection.text(errno))")
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    chmod(path, 0o755)
  }

  deinit { removeTree(path) }

  /// The bytes of the path of `name` in this directory.
  public func bytes(of name: [UInt8]) -> [UInt8] { Array(path.utf8) + [0x2F] + name }

  /// Creates or replaces a file in the directory.
  public func write(_ name: String, _ content: [UInt8], mode: mode_t = 0o644) throws {
    try writeFile(bytes(of: Array(name.utf8)), content, mode: mode)
  }

  /// The content of a file in the directory.
  public func read(_ name: String) throws -> [UInt8] { try readFile(path + "/" + name) }

  /// Whether something of that name is there (a dangling link counts).
  public func exists(_ name: String) -> Bool {
    var information = stat()
    return lstat(path + "/" + name, &information) == 0
  }

  /// Creates a directory in the directory.
  public func makeDirectory(_ name: String, mode: mode_t = 0o755) throws {
    try require(mkdir(path + "/" + name, mode) == 0, "mkdir \(name): \(Connection.text(errno))")
  }

  /// Creates a file of `size` bytes that occupies no space.
  public func makeSparse(_ name: String, size: Int) throws {
    let descriptor = open(path + "/" + name, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    try require(descriptor >= 0, "\(name): \(Connection.text(errno))")
    defer { close(descriptor) }
    try require(ftruncate(descriptor, size) == 0, "\(name): \(Connection.text(errno))")
  }

  /// The names in a directory beneath, sorted by byte value.
  public func names(in directory: String = ".") throws -> [String] {
    guard let handle = opendir(path + "/" + directory) else { throw TestFailure("opendir: \(Connection.text(errno))") }
    defer { closedir(handle) }
    var names: [[UInt8]] = []
    while let entry = Glibc.readdir(handle) {
      let name = withUnsafePointer(to: entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(Array(name.utf8)) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Removes a file or a directory with everything beneath it, following no link.
public func removeTree(_ path: String) {
  if unlink(path) == 0 { return }
  if emptyDirectory(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), depth: 0), rmdir(path) == 0 { return }
  _ = try? run(["rm", "-rf", "--", path])
}

/// Removes everything in the directory `descriptor`, which it closes; false when something had to stay.
private func emptyDirectory(_ descriptor: Int32, depth: Int) -> Bool {
  guard descriptor >= 0 else { return false }
  guard depth < 100, let handle = fdopendir(descriptor) else {
    close(descriptor)
    return false
  }
  defer { closedir(handle) }
  var isEmpty = true
  while let entry = Glibc.readdir(handle) {
    withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name in
        if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || unlinkat(descriptor, name, 0) == 0 { return }
        let inner = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        isEmpty = emptyDirectory(inner, depth: depth + 1) && unlinkat(descriptor, name, AT_REMOVEDIR) == 0 && isEmpty
      }
    }
  }
  return isEmpty
}
