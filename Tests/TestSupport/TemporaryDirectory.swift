// A directory of a test's own that removes itself with all in it.

import Glibc

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

  /// The path of `name` in this directory.
  public func path(of name: String) -> String { "\(path)/\(name)" }

  /// Creates or replaces a file in the directory; gives its path.
  @discardableResult
  public func write(_ name: String, _ content: [UInt8], mode: mode_t = 0o644) throws -> String {
    try writeFile(bytes(of: Array(name.utf8)), content, mode: mode)
    return path(of: name)
  }

  /// Creates or replaces a file that holds the UTF-8 bytes of `text`; gives its path.
  @discardableResult
  public func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
    try write(name, Array(text.utf8), mode: mode)
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
