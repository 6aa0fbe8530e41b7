// A directory of a test's own with a jail around it.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import MultipathTCP
import Testing

/// An empty directory that goes away with its last reference.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/weft-server-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError(code: errno, call: "mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    if let directory = try? File.open(path, flags: O_RDONLY | O_DIRECTORY) { removeContents(directory.number) }
    rmdir(path)
  }

  func jail() throws -> Jail { try Jail(root: path) }

  func file(_ name: String, size: Int = 0, mode: UInt32 = 0o644) throws {
    let file = try File.open("\(path)/\(name)", flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    try File.truncate(file.number, to: Int64(size))
    try File.setPermissions(file.number, mode)
  }

  func directory(_ name: String, mode: mode_t = 0o755) { #expect(mkdir("\(path)/\(name)", mode) == 0) }

  func remove(_ name: String) { #expect(unlink("\(path)/\(name)") == 0) }
}

private func removeContents(_ directory: Int32) {
  guard
    var reader = try? DirectoryReader(
      File.open(beneath: directory, ".", flags: O_RDONLY | O_DIRECTORY, resolve: 0))
  else { return }
  var names: [[CChar]] = []
  while let name = try? reader.next({ $0.map { CChar(bitPattern: $0) } + [0] }) { names.append(name) }
  for name in names {
    if (try? File.remove(in: directory, name: name)) != nil { continue }
    if let inner = try? File.open(beneath: directory, name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: 0) {
      removeContents(inner.number)
    }
    try? File.removeDirectory(in: directory, name: name)
  }
}

func path(_ text: String) throws -> VirtualPath { try VirtualPath(Array(text.utf8)) }

/// The errno that `body` fails with; nil when it does not fail, -1 when it throws something else.
func failure(_ body: () throws -> Void) -> Int32? {
  do {
    try body()
    return nil
  } catch let error as SystemError {
    return error.code
  } catch let error as MultipathError {
    return error.errno ?? -1
  } catch {
    return -1
  }
}
