// A jail of a test's own with a place outside of it that nothing may touch.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import Jail

/// `root`, the jail, and `outside` beside it, in a directory that goes away with its last reference.
final class JailDirectory: Sendable {
  let path: String
  let jail: Jail

  init() throws {
    var template = Array("/tmp/weft-jail-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError(code: errno, call: "mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    mkdir("\(path)/root", 0o755)
    mkdir("\(path)/outside", 0o755)
    jail = try Jail(root: "\(path)/root")
    try write("outside/secret", "secret")
  }

  deinit {
    if let directory = try? File.open(path, flags: O_RDONLY | O_DIRECTORY) { removeContents(directory.number) }
    rmdir(path)
  }

  /// Makes a file on the host, relative to the directory that holds `root` and `outside`.
  func write(_ name: String, _ text: String = "") throws {
    let file = try File.open("\(path)/\(name)", flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try put(text, into: file.number)
  }

  func link(_ name: String, to target: String) { #expect(symlink(target, "\(path)/\(name)") == 0) }

  func directory(_ name: String) { #expect(mkdir("\(path)/\(name)", 0o755) == 0) }

  func text(_ name: String) -> String? {
    guard let file = try? File.open("\(path)/\(name)", flags: O_RDONLY) else { return nil }
    return try? contents(of: file)
  }

  func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

  /// Everything that could be seen of the outside: names, kinds, permissions, times, contents.
  func outside() throws -> [String] {
    let directory = try File.open("\(path)/outside", flags: O_RDONLY | O_DIRECTORY)
    let own = try File.status(directory.number)
    let number = directory.number
    return try ["mode \(own.mode)"]
      + namesOfDirectory(directory.number).map { name in
        let terminated = name.map { CChar(bitPattern: $0) } + [0]
        let status = try File.status(in: number, name: terminated)
        let text = String(decoding: name, as: UTF8.self)
        return "\(text) \(status.mode) \(status.size) \(status.modified) \(self.text("outside/\(text)") ?? "")"
      }.sorted()
  }
}

func contents(of file: borrowing Descriptor) throws -> String {
  var buffer = [UInt8](repeating: 0, count: 4096)
  let number = file.number
  let count = try buffer.withUnsafeMutableBytes { try File.read(number, into: $0, at: 0) }
  return String(decoding: buffer[..<count], as: UTF8.self)
}

/// Writes `text` at the start of a file.
func put(_ text: String, into file: Int32) throws(SystemError) {
  try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(SystemError) in
    try File.write(file, UnsafeRawBufferPointer(bytes), at: 0)
  }
}

/// Removes all that a directory holds, relative to descriptors, so that depth and odd names do not matter.
func removeContents(_ directory: Int32) {
  guard let names = try? namesOfDirectory(directory) else { return }
  for name in names {
    let terminated = name.map { CChar(bitPattern: $0) } + [0]
    if (try? File.remove(in: directory, name: terminated)) != nil { continue }
    if let inner = try? File.open(
      beneath: directory, terminated, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: 0)
    {
      removeContents(inner.number)
    }
    try? File.removeDirectory(in: directory, name: terminated)
  }
}

func namesOfDirectory(_ directory: Int32) throws -> [[UInt8]] {
  try names(DirectoryReader(try File.open(beneath: directory, ".", flags: O_RDONLY | O_DIRECTORY, resolve: 0)))
}

func names(_ reader: consuming DirectoryReader) throws -> [[UInt8]] {
  var result: [[UInt8]] = []
  while let name = try reader.next({ Array($0) }) { result.append(name) }
  return result
}

func path(_ text: String) -> VirtualPath { path(Array(text.utf8)) }

func path(_ bytes: [UInt8]) -> VirtualPath {
  do { return try VirtualPath(bytes) } catch {
    Issue.record("\(bytes) is no path: \(error)")
    return .root
  }
}

/// The errno that `body` fails with; nil when it does not fail, -1 when it throws something else.
func failure(_ body: () throws -> Void) -> Int32? {
  do {
    try body()
    return nil
  } catch let error as SystemError {
    return error.code
  } catch {
    return -1
  }
}

/// Exchanges two names at once. Source: renameat2(2), RENAME_EXCHANGE.
func exchange(_ one: String, _ other: String) -> Bool { weft_renameat2(AT_FDCWD, one, AT_FDCWD, other, 2) == 0 }
