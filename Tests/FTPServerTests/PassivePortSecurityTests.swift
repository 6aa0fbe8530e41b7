// Tests that a passive port cannot be foretold, blocked by strangers, or held by one client for ever; and what PORT may not name.

import Accounts
import Glibc
import LinuxSystem
import Logging
import Synchronization
import TestSupport
import Testing
import UnitSupport

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct PassivePortSecurityTests {
  /// Runs `body` beside a server where bob and anybody may log in; `file` is 4 KiB.
  private func withServer(
    ports: ClosedRange<UInt16>? = 49152...65534, host: String = "127.0.0.1",
    _ body: @Sendable (SocketAddress, LogTexts) throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    try directory.file("file", size: 4096)
    signal(SIGPIPE, SIG_IGN)
    var configuration = ServerConfiguration()
    configuration.passivePorts = ports
    let bob = UserEntry(
      name: Array("bob".utf8), hash: SampleHash.ofSecret, home: directory.path, permissions: .readAndWrite)
    let warnings = LogTexts(from: .warning)
    let server = try FTPServer(
      configuration: configuration, accounts: AccountSource(single: bob, anonymousRoot: directory.path),
      logger: Logger(label: "test") { _ in warnings })
    let wanted = try #require(IPAddress(host))
    let address = try #require(try server.listen(on: [SocketAddress(wanted, port: 0)]).first)
    try server.start()
    try await Blocking.run { try body(address, warnings) }
    await server.drain(grace: .seconds(10))
  }

  private func session(_ address: SocketAddress, from source: String? = nil, bob: Bool = false) throws -> FTPClient {
    let client = try FTPClient(address, from: source)
    try client.expect(220)
    if bob { try client.logIn("bob", "secret") } else { try client.logIn() }
    try client.command("TYPE I", expecting: 200)
    return client
  }

  private func port(_ reply: FTPReply) throws -> UInt16 { try #require(FTPClient.extendedPassivePort(reply)) }

  // MARK: who can know the next port

  @Test func aPortServesOnce() async throws {
    try await withServer { address, _ in
      let client = try session(address)
      var seen: Set<UInt16> = []
      for round in 0..<60 {
        let port = try port(client.command("EPSV", expecting: 229))
        #expect(seen.insert(port).inserted, "the port has been announced before")
        // Each third time nobody comes: what was announced in vain has been read, too.
        if round % 3 == 2 { continue }
        let data = try Connection(to: Endpoint("127.0.0.1", port))
        try client.command("RETR file", expecting: 150)
        #expect(try data.readToEnd().count == 4096)
        try client.expect(226)
      }
    }
  }

  /// Somebody with the client's own address who has seen its ports tries them all the time.
  @Test func whoKnowsTheLastPortsGetsNothing() async throws {
    try await withServer { address, _ in
      let client = try session(address)
      let known = Mutex<[UInt16]>([])
      let isOver = Atomic<Bool>(false)
      let loot = Atomic<Int>(0)
      let thief = OwnThread {
        while !isOver.load(ordering: .relaxed) {
          for port in known.withLock({ $0 }) {
            guard let stolen = try? Connection(to: Endpoint("127.0.0.1", port), patience: .milliseconds(200)) else {
              continue
            }
            if let bytes = try? stolen.receive(), !bytes.isEmpty { loot.add(1, ordering: .relaxed) }
          }
        }
      }
      defer {
        isOver.store(true, ordering: .relaxed)
        thief.join()
      }
      for _ in 0..<20 {
        let port = try port(client.command("EPSV", expecting: 229))
        // The client's round trip: the thief has time to be there first.
        try client.command("NOOP", expecting: 200)
        usleep(10_000)
        let data = try Connection(to: Endpoint("127.0.0.1", port))
        try client.command("RETR file", expecting: 150)
        #expect(try data.readToEnd().count == 4096)
        try client.expect(226)
        known.withLock { $0.append(port) }
      }
      #expect(loot.load(ordering: .relaxed) == 0)
    }
  }

  // MARK: strangers

  @Test func strangersDoNotKeepTheClientOut() async throws {
    try await withServer { address, warnings in
      let client = try session(address)
      let port = try port(client.command("EPSV", expecting: 229))
      let strangers = try (0..<140).map { _ in try Connection(to: Endpoint("127.0.0.1", port), from: "127.0.0.2") }
      // They are sent away while the port waits, before any command of the client's.
      for stranger in strangers { #expect(try stranger.isClosedByPeer()) }
      let started = MonotonicTime.now
      let data = try Connection(to: Endpoint("127.0.0.1", port))
      try client.command("RETR file", expecting: 150)
      #expect(try data.readToEnd().count == 4096)
      let milliseconds = MonotonicTime.now.since(started) / 1_000_000
      // A queue that strangers fill has the client's SYN sent again, after a second at the earliest.
      #expect(milliseconds < 1000)
      try client.expect(226)
      #expect(
        warnings.lines == ["refused 140 data connections from others than the client, the last from 127.0.0.2"])
    }
  }

  @Test func aFloodOfStrangersIsOneLine() async throws {
    try await withServer { address, warnings in
      let client = try session(address)
      let port = try port(client.command("EPSV", expecting: 229))
      for _ in 0..<14_000 { try Connection(to: Endpoint("127.0.0.1", port), from: "127.0.0.2").reset() }
      let data = try Connection(to: Endpoint("127.0.0.1", port))
      try client.command("RETR file", expecting: 150)
      #expect(try data.readToEnd().count == 4096)
      try client.expect(226)
      #expect(warnings.lines.count == 1)
      let count = warnings.lines.first?.split(separator: " ").compactMap { Int($0) }.first ?? 0
      // A connection that is reset before it is accepted is not always seen.
      #expect((1000...14_000).contains(count), "\(warnings.lines)")
    }
  }

  @Test func aClientThatComesBeforeItsCommandIsKept() async throws {
    try await withServer { address, _ in
      let client = try session(address)
      for _ in 0..<3 {
        let port = try port(client.command("EPSV", expecting: 229))
        let data = try Connection(to: Endpoint("127.0.0.1", port))
        // Taken while the session is idle; then the port is closed to everybody.
        let deadline = MonotonicTime.now.advanced(by: 20_000_000_000)
        while (try? Connection(to: Endpoint("127.0.0.1", port))) != nil { #expect(MonotonicTime.now < deadline) }
        #expect(try client.command("STAT", expecting: 211).lines.contains { latin1($0).contains("with a data") })
        try client.command("RETR file", expecting: 150)
        #expect(try data.readToEnd().count == 4096)
        try client.expect(226)
      }
      // One that is not wanted after all is closed.
      let unwanted = try client.extendedPassive()
      try client.command("EPSV", expecting: 229)
      #expect(try unwanted.isClosedByPeer())
    }
  }

  // MARK: a narrow range

  @Test func anEleventhSessionGetsOneOfTenPorts() async throws {
    try await withServer(ports: 17_400...17_409) { address, _ in
      let sessions = try (0..<10).map { _ in try session(address) }
      for client in sessions { try client.command("EPSV", expecting: 229) }
      let eleventh = try session(address)
      try eleventh.send("EPSV")
      // They renew what they hold; the first who does so after the eleventh has asked has to give way.
      var codes: [Int] = []
      while !eleventh.control.isReadable(within: .zero) {
        for client in sessions where !eleventh.control.isReadable(within: .zero) {
          codes.append(try client.command("EPSV").code)
        }
      }
      try eleventh.expect(229)
      #expect(codes.count { $0 != 229 } <= 1, "\(codes)")
    }
  }

  @Test func whoGetsNoPortIsToldWhy() async throws {
    try await withServer(ports: 17_420...17_421) { address, warnings in
      let holders = try (0..<2).map { _ in try session(address) }
      for client in holders { try client.command("EPSV", expecting: 229) }
      let late = try (0..<3).map { _ in try session(address) }
      let asked = MonotonicTime.now
      for client in late { try client.send("EPSV") }
      for client in late {
        #expect(
          try client.expect(425).text
            == "All passive ports of this server are in use (2 in all). Try again in some seconds.")
      }
      #expect(
        warnings.lines == ["no passive port: all 2 ports of passive.ports are in use; widen the range"])
      // Their places are kept for six seconds from when they asked: a machine that is slower has nothing more to show.
      guard MonotonicTime.now.since(asked) < 4_500_000_000 else { return }
      // The one who asked first and asks again gets what is free before the one who had it.
      try holders[0].send("EPSV")
      try late[0].command("EPSV", expecting: 229)
      try holders[0].expect(425)
    }
  }

  @Test func oneClientDoesNotHoldAllPorts() async throws {
    try await withServer(ports: 17_430...17_433) { address, _ in
      let greedy = try (0..<4).map { _ in try session(address) }
      let held = try greedy.map { try port($0.command("EPSV", expecting: 229)) }
      let other = try session(address, from: "127.0.0.2")
      let mine = try port(patientEPSV(other))
      let loser = try #require(held.firstIndex(of: mine))
      // Its holder is told when it wants to use it, and may ask again.
      try greedy[loser].command("RETR file", expecting: 425)
      let data = try Connection(to: Endpoint("127.0.0.1", mine), from: "127.0.0.2")
      try other.command("RETR file", expecting: 150)
      #expect(try data.readToEnd().count == 4096)
      try other.expect(226)
      // A user behind the same address is another one, too.
      let last = try port(patientEPSV(greedy[loser]))
      #expect(last == mine)
      _ = try patientEPSV(session(address, bob: true))
    }
  }

  /// EPSV as a client sends it that is told to try again: on a slow machine the server's patience may end first.
  private func patientEPSV(_ client: FTPClient) throws -> FTPReply {
    for _ in 0..<5 {
      let reply = try client.command("EPSV", expecting: 229, 425)
      if reply.code == 229 { return reply }
    }
    return try client.command("EPSV", expecting: 229)
  }

  // MARK: PORT and EPRT

  @Test func portsOfTheServerItselfAreRefused() async throws {
    try await withServer { address, warnings in
      let client = try session(address)
      let other = try session(address)
      let control = address.port
      for command in ["EPRT |1|127.0.0.1|\(control)|", "PORT 127,0,0,1,\(control >> 8),\(control & 255)"] {
        #expect(try client.command(command, expecting: 500).text.contains("one of this server's own"))
      }
      let passive = try port(other.command("EPSV", expecting: 229))
      try client.command("EPRT |1|127.0.0.1|\(passive)|", expecting: 500)
      try client.command("LPRT 4,4,127,0,0,1,2,\(passive >> 8),\(passive & 255)", expecting: 500)
      // And the session's own.
      let own = try port(client.command("EPSV", expecting: 229))
      try client.command("EPRT |1|0.0.0.0|\(own)|", expecting: 500)
      // Free again, it is a port like all others; and one that becomes the server's after PORT is not connected to.
      try other.command("PORT 127,0,0,1,200,1", expecting: 200)
      try client.command("EPRT |1|127.0.0.1|\(passive)|", expecting: 200)
      #expect(warnings.lines.count == 1)
    }
  }

  @Test func aPortThatBecomesTheServersOwnIsNotConnectedTo() async throws {
    try await withServer(ports: 17_440...17_440) { address, _ in
      let (client, other) = (try session(address), try session(address))
      try client.command("EPRT |1|127.0.0.1|17440|", expecting: 200)
      try other.command("EPSV", expecting: 229)
      try client.command("RETR file", expecting: 150)
      try client.expect(425)
    }
  }

  @Test func aListenerAtTheWildcardAddressIsAtAllOfThem() async throws {
    try await withServer(host: "0.0.0.0") { address, _ in
      let local = SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: address.port)
      let client = try session(local, from: "127.0.0.3")
      try client.command("EPRT |1|127.0.0.3|\(address.port)|", expecting: 500)
    }
  }

  @Test func anyAddressMeansTheClients() async throws {
    try await withServer { address, _ in
      let client = try session(address, from: "127.0.0.9")
      let listener = try Listener(on: "127.0.0.9")
      let (high, low) = (listener.endpoint.port >> 8, listener.endpoint.port & 255)
      for command in [
        "PORT 0,0,0,0,\(high),\(low)", "EPRT |1|0.0.0.0|\(listener.endpoint.port)|",
        "EPRT |2|::|\(listener.endpoint.port)|", "LPRT 4,4,0,0,0,0,2,\(high),\(low)",
      ] {
        try client.command(command, expecting: 200)
        try client.command("RETR file", expecting: 150)
        #expect(try listener.accept().readToEnd().count == 4096)
        try client.expect(226)
      }
      // Only the address is made up for.
      try client.command("PORT 0,0,0,0,0,25", expecting: 500)
    }
  }
}
