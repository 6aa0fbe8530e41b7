// The PROXY protocol in a running daemon, by headers as balancers write them: whose address counts, and what is refused.

import TestSupport
import Testing

extension SystemTests {
  @Suite struct ProxyTests {
    private static func line(_ client: String, _ server: String = "198.51.100.1", port: UInt16 = 21) -> [UInt8] {
      let isIPv6 = client.contains(":")
      return bytes(
        "PROXY TCP\(isIPv6 ? 6 : 4) \(client) \(isIPv6 ? "2001:db8::ffff" : server) 40000 \(port)\r\n")
    }

    /// A header of version 2 for IPv4, with a field that nobody needs.
    private static func binary(_ client: [UInt8], _ server: [UInt8] = [198, 51, 100, 1]) -> [UInt8] {
      let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
      let field: [UInt8] = [0x05, 0x00, 0x03, 0x61, 0x62, 0x63]
      return signature + [0x21, 0x11, 0, UInt8(12 + field.count)] + client + server + [0x9C, 0x40, 0x00, 0x15] + field
    }

    private static func options(_ settings: String...) -> Server.Options {
      Server.Options(settings: ["proxy.trusted=127.0.0.0/28"] + settings)
    }

    /// A control connection from a balancer with this header; the greeting is still to be read.
    private static func connect(_ server: Server, _ header: [UInt8], from balancer: String = "127.0.0.2") throws
      -> FTPClient
    {
      let connection = try Connection(to: server.endpoint, from: balancer, patience: .seconds(60))
      try connection.send(header)
      return FTPClient(connection)
    }

    @Test func theClientsAddressCounts() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let settings = Self.options(
          "bans.file=\(place.path)/bans", "bans.failures=2", "limits.sessions-per-address=2")
        try Server.with(settings) { server in
          for header in [Self.line("192.0.2.7"), Self.binary([192, 0, 2, 7])] {
            let client = try Self.connect(server, header)
            try client.expect(220)
            try client.logIn("alice")
            try require(try client.command("STAT").description.contains("192.0.2.7"), "STAT does not know the client")
            try client.quit()
          }
          try waitForLog(server.process, "login session=1 peer=192.0.2.7:40000")
          // In pieces, with the first command in the same breath.
          let slow = try Connection(to: server.endpoint, from: "127.0.0.2", patience: .seconds(60))
          let header = Self.binary([192, 0, 2, 8])
          for byte in header.dropLast() { try slow.send([byte]) }
          try slow.send([header[header.count - 1]] + bytes("USER anonymous\r\n"))
          let pipelined = FTPClient(slow)
          try pipelined.expect(220)
          try pipelined.expect(331)
          // Limits and bans are of the client, not of the balancer.
          let held = try (0..<2).map { _ in try Self.connect(server, Self.line("192.0.2.9")) }
          for client in held { try client.expect(220) }
          try Self.connect(server, Self.line("192.0.2.9")).expect(421)
          try Self.connect(server, Self.line("192.0.2.10")).expect(220)
          for _ in 0..<2 {
            let client = try Self.connect(server, Self.line("2001:db8::1"))
            try client.expect(220)
            try client.command("USER alice", expecting: 331)
            try client.command("PASS wrong", expecting: 530)
          }
          try Self.connect(server, Self.line("2001:db8::2")).expect(421)
          try waitForLog(server.process, "banned 2001:db8::/64 until")
        }
      }
    }

    @Test func onlyBalancersAreHeard() async throws {
      try await Blocking.run {
        try Server.with(Self.options()) { server in
          // From elsewhere a header is no command, and the address is not believed.
          let stranger = try Self.connect(server, Self.line("192.0.2.7"), from: "127.0.0.99")
          try stranger.expect(220)
          try stranger.expect(500)
          try stranger.logIn("alice")
          try waitForLog(server.process, "peer=127.0.0.99")
        }
      }
    }

    @Test func localAndUnknownAreTheBalancersOwn() async throws {
      try await Blocking.run {
        try Server.with(Self.options()) { server in
          let local: [UInt8] = [
            0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x20, 0x00, 0x00, 0x00,
          ]
          for header in [local, bytes("PROXY UNKNOWN\r\n")] {
            let client = try Self.connect(server, header)
            try client.expect(220)
            try client.logIn("alice")
          }
          try waitForLog(server.process, "peer=127.0.0.2:")
        }
      }
    }

    @Test func whatIsMalformedIsClosedAndLogged() async throws {
      try await Blocking.run {
        let broken: [(header: [UInt8], words: String)] = [
          (bytes("USER alice\r\n"), "there is no PROXY header"),
          (bytes("PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n"), "the PROXY line is malformed"),
          (bytes("PROXY TCP4 0.0.0.0 198.51.100.1 1 2\r\n"), "a client that cannot be"),
          (Self.binary([224, 0, 0, 1]), "a client that cannot be"),
        ]
        for (header, words) in broken {
          try Server.with(Self.options()) { server in
            let client = try Self.connect(server, header)
            try require(try client.control.isClosedByPeer(), "\(words): there is an answer")
            try waitForLog(server.process, "closed a connection from a proxy: ")
            try waitForLog(server.process, words)
          }
        }
      }
    }

    @Test func whoSendsNoHeaderIsClosedInTime() async throws {
      try await Blocking.run {
        try Server.with(Self.options("proxy.timeout=300ms")) { server in
          let silent = try Self.connect(server, [])
          let slow = try Self.connect(server, Array(Self.line("192.0.2.7").prefix(9)))
          try require(try silent.control.isClosedByPeer(), "the silent one is answered")
          try require(try slow.control.isClosedByPeer(), "the slow one is answered")
          try waitForLog(server.process, "did not come in time")
          // The server goes on with the others.
          try Self.connect(server, Self.line("192.0.2.7")).expect(220)
        }
      }
    }

    @Test func dataConnectionsByWayOfABalancer() async throws {
      try await Blocking.run {
        try Server.with(Self.options("proxy.data=true", "proxy.timeout=500ms")) { server in
          let content = pattern(100_000)
          try server.root.write("file", content)
          let client = try Self.connect(server, Self.line("192.0.2.7", "127.0.0.1"))
          try client.expect(220)
          try client.logIn("alice")
          try client.command("TYPE I", expecting: 200)
          func passive() throws -> Endpoint {
            // What the client connected to, as the balancer said.
            guard let endpoint = FTPClient.passiveEndpoint(try client.command("PASV", expecting: 227)) else {
              throw TestFailure("no address")
            }
            return endpoint
          }
          func open(_ endpoint: Endpoint, _ header: [UInt8], from: String = "127.0.0.2") throws -> Connection {
            let data = try Connection(to: endpoint, from: from, patience: .seconds(60))
            try data.send(header)
            return data
          }
          // Before the command, and after it.
          let early = try open(try passive(), Self.binary([192, 0, 2, 7]))
          try client.command("RETR file", expecting: 150, 125)
          try require(try early.readToEnd() == content, "the file is another one")
          try client.expect(226)
          let endpoint = try passive()
          try client.send("STOR copy")
          try client.expect(150)
          // Others come first: another client of the balancer, one without a header, one that is no client of it.
          let other = try open(endpoint, Self.line("192.0.2.8"))
          let silent = try open(endpoint, [])
          let direct = try open(endpoint, [], from: "127.0.0.99")
          let data = try open(endpoint, Array(Self.line("192.0.2.7").prefix(5)))
          try data.send(Array(Self.line("192.0.2.7").dropFirst(5)) + content)
          data.close()
          try client.expect(226)
          try require(try server.root.read("copy") == content, "the upload is another one")
          for connection in [other, silent, direct] {
            try require(try connection.isClosedByPeer(), "a stranger is heard")
          }
          // Active data connections go to the client itself, and nowhere else.
          try client.command("PORT 127,0,0,2,200,10", expecting: 500, 501, 504, 521, 522)
          try client.command("PORT 192,0,2,7,200,10", expecting: 200)
        }
      }
    }

    @Test func withoutTheSettingDataComesFromTheClientItself() async throws {
      try await Blocking.run {
        try Server.with(Self.options()) { server in
          try server.root.write("file", bytes("x"))
          let client = try Self.connect(server, Self.line("127.0.0.99", "127.0.0.1"))
          try client.expect(220)
          try client.logIn("alice")
          let endpoint = FTPClient.passiveEndpoint(try client.command("PASV", expecting: 227))
          try client.send("RETR file")
          guard let endpoint else { throw TestFailure("no address") }
          let balancer = try Connection(to: endpoint, from: "127.0.0.2", patience: .seconds(60))
          let own = try Connection(to: endpoint, from: "127.0.0.99", patience: .seconds(60))
          try require(try own.readToEnd() == bytes("x"), "the file is another one")
          try require(try balancer.isClosedByPeer(), "the balancer got the file")
          try client.expect(150, 125)
          try client.expect(226)
        }
      }
    }
  }
}
