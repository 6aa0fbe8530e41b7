// A directory of its own for each test, gone when the test is.

import Glibc

public final class TemporaryDirectory: Sendable {
  public let path: String

  public init() throws {
    var template = Array("/tmp/weftpd-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(call: "mkdtemp", code: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    // Flat on purpose: the tests here make no directories inside but `d`.
    guard let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if unlink("\(path)/\(name)") != 0 { rmdir("\(path)/\(name)") }
    }
    closedir(directory)
    rmdir(path)
  }

  /// Writes a file and gives its path.
  @discardableResult
  public func write(_ name: String, _ text: String) throws -> String {
    let path = "\(path)/\(name)"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Failure(call: "open", code: errno) }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw Failure(call: "write", code: errno) }
    return path
  }

  public struct Failure: Error {
    public let call: String
    public let code: Int32

    public init(call: String, code: Int32) {
      self.call = call
      self.code = code
    }
  }
}

/// What a file holds, as text.
public func contents(of path: String) throws -> String {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw TemporaryDirectory.Failure(call: "open", code: errno) }
  defer { close(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(file, &chunk, chunk.count)
    guard count >= 0 else { throw TemporaryDirectory.Failure(call: "read", code: errno) }
    if count == 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += chunk[..<count]
  }
}

/// A pipe whose read end the test looks into.
public final class Pipe: Sendable {
  public let readEnd: Int32
  public let writeEnd: Int32

  public init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw TemporaryDirectory.Failure(call: "pipe", code: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  /// Waits for bytes, up to ten seconds, and takes what is there.
  public func read(_ limit: Int = 1 << 20) -> [UInt8] {
    var request = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, 10_000) == 1 else { return [] }
    var buffer = [UInt8](repeating: 0, count: limit)
    return Array(buffer[..<max(0, Glibc.read(readEnd, &buffer, limit))])
  }

  /// Takes what is there, without waiting.
  public func readAvailable() -> [UInt8] {
    var bytes: [UInt8] = []
    var request = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    while poll(&request, 1, 0) == 1 {
      let more = read()
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }

  /// Reads until `count` lines are there, and gives them without their newlines.
  public func lines(_ count: Int) -> [String] {
    var bytes: [UInt8] = []
    while bytes.count(where: { $0 == 0x0A }) < count {
      let more = read()
      if more.isEmpty { break }
      bytes += more
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
