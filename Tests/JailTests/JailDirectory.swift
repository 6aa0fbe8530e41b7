// A jail of a test's own with a place outside of it that nothing may touch.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing
import UnitSupport

@testable import Jail

/// `root`, the jail, and `outside` beside it, in a directory that goes away with its last reference.
final class JailDirectory: Sendable {
  private let place: TemporaryDirectory
  let jail: Jail

  init() throws {
    place = try TemporaryDirectory()
    try place.makeDirectory("root")
    try place.makeDirectory("outside")
    jail = try Jail(root: place.path(of: "root"))
    try write("outside/secret", "secret")
  }

  var path: String { place.path }

  /// Makes a file on the host, relative to the directory that holds `root` and `outside`.
  func write(_ name: String, _ text: String = "") throws { try place.write(name, text) }

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

/// The text of a file, of 4 KiB at most.
func contents(of file: borrowing Descriptor) throws -> String {
  String(decoding: try contents(file.number, count: 4096), as: UTF8.self)
}

/// Writes `text` at the start of a file.
func put(_ text: String, into file: Int32) throws(SystemError) { try write(file, Array(text.utf8)) }

func path(_ text: String) -> VirtualPath { path(Array(text.utf8)) }

func path(_ bytes: [UInt8]) -> VirtualPath {
  do { return try VirtualPath(bytes) } catch {
    Issue.record("\(bytes) is no path: \(error)")
    return .root
  }
}

/// Exchanges two names at once. Source: renameat2(2), RENAME_EXCHANGE.
func exchange(_ one: String, _ other: String) -> Bool { weft_renameat2(AT_FDCWD, one, AT_FDCWD, other, 2) == 0 }
