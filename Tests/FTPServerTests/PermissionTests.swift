// Every command asks for the permission it needs: whoever lacks that one is refused, whoever has no other is not.

import Accounts
import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct PermissionTests {
  /// Commands that need no data connection until they are permitted, each with what it needs.
  private static let needs: [(line: String, permissions: AccountPermissions)] = [
    ("DELE f", .delete), ("RNFR f", .rename), ("MKD new", .makeDirectory), ("RMD d", .removeDirectory),
    ("MFMT 20200101000000 f", .changeMode), ("MFCT 20200101000000 f", .changeMode),
    ("MFF Modify=20200101000000; f", .changeMode), ("MDTM 20200101000000 f", .changeMode),
    ("SITE CHMOD 644 f", [.site, .changeMode]), ("SITE UMASK 022", [.site, .changeMode]),
    ("SITE UTIME 202001010000 f", [.site, .changeMode]), ("SITE MKDIR n/m", [.site, .makeDirectory]),
    ("SITE RMDIR d", [.site, .removeDirectory, .delete]), ("SITE SYMLINK f link", [.site, .write]),
    ("SITE COPY f copy", [.site, .read, .write]), ("SITE CPFR f", [.site, .read, .write]),
    ("COMB t f", [.append, .read, .delete]), ("HASH f", .read), ("STAT f", .list), ("RETR f", .read),
    ("STOR new", .write), ("STOU", .write), ("APPE f", .append), ("LIST", .list), ("NLST", .list), ("MLSD", .list),
  ]

  /// The bits that are set, one by one.
  private static func each(_ permissions: AccountPermissions) -> [AccountPermissions] {
    (0..<16).map { AccountPermissions(rawValue: 1 << $0) }.filter { permissions.contains($0) }
  }

  @Test func aCommandIsRefusedWithoutItsPermission() async throws {
    for lacking in Self.each(.all) {
      let granted = AccountPermissions.all.subtracting(lacking)
      try await withUser(granted) { (client) throws -> Void in
        for (line, permissions) in Self.needs where permissions.contains(lacking) {
          #expect(try client.command(line).description == "550 Permission denied.", "\(line) without \(lacking)")
        }
      }
    }
  }

  @Test func aCommandIsNotRefusedWithItsPermissionAlone() async throws {
    for (line, permissions) in Self.needs {
      try await withUser(permissions) { (client) throws -> Void in
        let answer = try client.command(line).description
        #expect(!answer.hasPrefix("550 Permission denied"), "\(line): \(answer)")
      }
    }
  }

  @Test func aReadOnlyLoginIsToldSo() async throws {
    try await withUser(.readOnly) { (client) throws -> Void in
      for (line, permissions) in Self.needs where !permissions.isReadOnly {
        #expect(try client.command(line).description == "550 Permission denied: this login is read-only.", "\(line)")
      }
      // Not even with an argument that cannot be.
      for line in ["SITE CHMOD x", "MFF x", "RNTO f"] {
        let answer = try client.command(line).description
        #expect(answer == "550 Permission denied: this login is read-only." || answer.hasPrefix("503"), "\(line)")
      }
    }
  }

  /// Runs `body` with a client who is logged in to an account with these permissions.
  private func withUser(
    _ permissions: AccountPermissions, _ body: @escaping @Sendable (FTPClient) throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    try directory.makeDirectory("d")
    try directory.write("f", "0123456789")
    try directory.write("t", "0123456789")
    try await withBob(at: directory, permissions) { _, address in
      let client = try FTPClient(address)
      try client.expect(220)
      try client.logIn("bob", "secret")
      try body(client)
    }
  }
}

extension FTPClient {
  /// The last line of the reply to `line`.
  fileprivate func answer(_ line: String) throws -> String {
    String(decoding: try command(line).lines.last ?? [], as: UTF8.self)
  }
}
