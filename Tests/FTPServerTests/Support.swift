// Files and a jail in a test's own directory, and a client of a server in this process.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import TestSupport
import Testing

extension TemporaryDirectory {
  func jail() throws -> Jail { try Jail(root: path) }

  func file(_ name: String, size: Int = 0, mode: UInt32 = 0o644) throws {
    let file = try File.open(path(of: name), flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    try File.truncate(file.number, to: Int64(size))
    try File.setPermissions(file.number, mode)
  }

  func directory(_ name: String, mode: mode_t = 0o755) { #expect(mkdir(path(of: name), mode) == 0) }

  func remove(_ name: String) { #expect(unlink(path(of: name)) == 0) }
}

extension FTPClient {
  /// A control connection to a server of this process; the greeting is still to be read.
  convenience init(_ address: SocketAddress, from source: String? = nil) throws {
    guard let endpoint = Endpoint(text: "\(address)") else { throw TestFailure("no endpoint: \(address)") }
    self.init(try Connection(to: endpoint, from: source, patience: .seconds(60)))
  }

  /// The code of the next reply; nil at the end of the connection.
  func code() throws -> Int? { try nextReply()?.code }
}

func path(_ text: String) throws -> VirtualPath { try VirtualPath(Array(text.utf8)) }
