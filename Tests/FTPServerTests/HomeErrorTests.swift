// A home or mount that is not served is refused to its user alone, and the log says why.

import Accounts
import LinuxSystem
import Logging
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct HomeErrorTests {
  @Test func outsideTheRoots() async throws {
    let (inside, outside, log) = (try TemporaryDirectory(), try TemporaryDirectory(), LogTexts())
    inside.directory("bob")
    let table = """
      bob:\(SampleHash.ofSecret):\(inside.path)/bob:rw,mounts=all=\(inside.path);out=\(outside.path);gone=\(inside.path)/gone
      carol:\(SampleHash.ofSecret):\(outside.path):rw

      """
    var accounts = AccountSource(directory: try UserTable.parse(Array(table.utf8), source: "users"))
    accounts.roots = AccountRoots([inside.path])
    let server = try FTPServer(
      configuration: ServerConfiguration(), accounts: accounts, logger: Logger(label: "test") { _ in log })
    let address = try #require(try server.listen(on: [SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)]).first)
    try server.start()
    try await Blocking.onOwnThread {
      let carol = try FTPClient(address)
      #expect(try carol.code() == 220)
      try carol.send("USER carol\r\nPASS secret")
      #expect(try carol.code() == 331)
      #expect(try carol.code() == 421)
      #expect(try carol.code() == nil)
      let bob = try FTPClient(address)
      #expect(try bob.code() == 220)
      try bob.send("USER bob\r\nPASS secret\r\nSMNT out\r\nSMNT gone\r\nPWD\r\nSMNT all\r\nCWD bob")
      for code in [331, 230, 550, 550, 257, 250, 250] { #expect(try bob.code() == code) }
    }
    #expect(log.lines.contains { $0.contains(outside.path) && $0.contains("home") && $0.contains("accounts.roots") })
    #expect(log.lines.contains { $0.contains("cannot mount \(outside.path)") && $0.contains("accounts.roots") })
    #expect(log.lines.contains { $0.contains("cannot mount \(inside.path)/gone") })
    await server.drain(grace: .seconds(10))
  }
}
