// Tests of transfers between two servers: who may, with which hosts, and that nobody may unless the operator says so.

import Accounts
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct SiteToSiteTests {
  /// The client is at 127.0.0.1, the server too; other servers may be in 127.0.1.0/24.
  private func withServer(
    _ siteToSite: SiteToSite, option: String? = nil, isReadOnly: Bool = false,
    _ body: @Sendable (SocketAddress) throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    try directory.file("file", size: 4096)
    signal(SIGPIPE, SIG_IGN)
    var configuration = ServerConfiguration()
    configuration.transfer.siteToSite = siteToSite
    configuration.transfer.siteToSiteNetworks = [try #require(IPNetwork("127.0.1.0/24"))]
    let bob = UserEntry(
      name: Array("bob".utf8), hash: SampleHash.ofSecret, home: directory.path, permissions: .readAndWrite,
      options: try AccountOptions(option.map { ["site-to-site": $0] } ?? [:]))
    let server = try FTPServer(
      configuration: configuration,
      accounts: AccountSource(single: bob, anonymousRoot: directory.path, isReadOnly: isReadOnly),
      logger: quietLogger())
    let address = try #require(try server.listen(on: [SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)]).first)
    try server.start()
    try await Blocking.run { try body(address) }
    await server.drain(grace: .seconds(10))
  }

  private func session(_ address: SocketAddress, _ user: String = "bob") throws -> FTPClient {
    let client = try FTPClient(address)
    try client.expect(220)
    try client.logIn(user, "secret")
    try client.command("TYPE I", expecting: 200)
    return client
  }

  /// Whether this login may, by PORT and by PASV.
  private func expect(_ isAllowed: Bool, _ client: FTPClient) throws {
    let other = try Listener(on: "127.0.1.7")
    let reply = try client.command("PORT \(other.portArgument)")
    #expect(reply.code == (isAllowed ? 200 : 500), "\(reply)")
    if isAllowed {
      try client.command("RETR file", expecting: 150)
      #expect(try other.accept().readToEnd().count == 4096)
      try client.expect(226)
    }
    let port = try #require(FTPClient.extendedPassivePort(try client.command("EPSV", expecting: 229)))
    let data = try Connection(to: Endpoint("127.0.0.1", port), from: "127.0.1.8")
    if isAllowed {
      try client.command("RETR file", expecting: 150)
      #expect(try data.readToEnd().count == 4096)
      try client.expect(226)
    } else {
      #expect(try data.isClosedByPeer())
    }
  }

  @Test(
    arguments: [
      (SiteToSite.off, nil, false), (.off, "yes", false), (.users, nil, false), (.users, "no", false),
      (.users, "yes", true),
      (.on, nil, true), (.on, "yes", true), (.on, "no", false),
    ] as [(SiteToSite, String?, Bool)])
  func whoMay(_ setting: SiteToSite, _ option: String?, _ isAllowed: Bool) async throws {
    try await withServer(setting, option: option) { address in try expect(isAllowed, session(address)) }
  }

  @Test func aServerThatIsReadOnlyStillSends() async throws {
    try await withServer(.users, option: "yes", isReadOnly: true) { address in try expect(true, session(address)) }
  }

  @Test func anonymousClientsMayNot() async throws {
    try await withServer(.on) { address in try expect(false, session(address, "anonymous")) }
  }

  @Test func otherHostsAndLowPortsAreRefused() async throws {
    try await withServer(.on) { address in
      let client = try session(address)
      for target in [
        "127,0,1,7,3,255", "127,0,1,7,0,21", "127,0,2,7,200,1", "10,0,0,1,200,1", "224,0,0,1,200,1",
        "255,255,255,255,200,1",
      ] {
        try client.command("PORT \(target)", expecting: 500)
      }
      for target in ["|1|127.0.1.7|1023|", "|1|127.0.2.7|51201|", "|2|::1|51201|", "|2|2001:db8::1|51201|"] {
        try client.command("EPRT \(target)", expecting: 500)
      }
      let port = try #require(FTPClient.extendedPassivePort(try client.command("EPSV", expecting: 229)))
      #expect(try Connection(to: Endpoint("127.0.0.1", port), from: "127.0.2.8").isClosedByPeer())
      // The client itself may as ever.
      let data = try Connection(to: Endpoint("127.0.0.1", port))
      try client.command("RETR file", expecting: 150)
      #expect(try data.readToEnd().count == 4096)
      try client.expect(226)
    }
  }

  @Test func theCommandsForTLSAskForBoth() async throws {
    try await withServer(.on) { address in
      let client = try session(address)
      try client.command("CPSV", expecting: 503)
      try client.command("SSCN ON", expecting: 503)
      try client.command("SSCN maybe", expecting: 501)
      #expect(try client.command("SSCN", expecting: 200).text == "SSCN:SERVER METHOD")
      #expect(try client.command("SSCN OFF", expecting: 200).text == "SSCN:SERVER METHOD")
    }
    try await withServer(.off) { address in
      let client = try session(address)
      try client.command("CPSV", expecting: 534)
      try client.command("SSCN ON", expecting: 534)
      let features = try client.command("FEAT", expecting: 211).lines.map { latin1($0) }
      #expect(!features.contains(" CPSV") && !features.contains(" SSCN"))
    }
  }
}
