// A directory of its own for each test, with a jail over it.

import Glibc
import Jail
import LinuxSystem

/// A directory that goes with its last reference.
final class ScratchRoot: Sendable {
  let path: String
  let jail: Jail

  init() throws {
    var name = Array("/tmp/weft-upload-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw SystemError(code: errno, call: "mkdtemp") }
    path = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    jail = try Jail(root: path)
  }

  deinit {
    for name in names { if unlink("\(path)/\(name)") != 0 { rmdir("\(path)/\(name)") } }
    rmdir(path)
  }

  /// The names in it, sorted.
  var names: [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  func write(_ text: String, to name: String) throws {
    let number = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard number >= 0 else { throw SystemError(code: errno, call: "open") }
    defer { _ = Descriptor(owning: number) }
    try Array(text.utf8).withUnsafeBytes { try File.write(number, $0, at: 0) }
  }

  func read(_ name: String) throws -> String {
    let number = open("\(path)/\(name)", O_RDONLY)
    guard number >= 0 else { throw SystemError(code: errno, call: "open") }
    defer { _ = Descriptor(owning: number) }
    var bytes = [UInt8](repeating: 0, count: Int(try File.status(number).size))
    _ = try bytes.withUnsafeMutableBytes { try File.read(number, into: $0, at: 0) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
