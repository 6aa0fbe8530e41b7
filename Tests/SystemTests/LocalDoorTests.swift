// The Unix socket at which one user of the host passes clients on: whose address counts, what is refused, where its file may be.

import Glibc
import TestSupport
import Testing

/// The Unix socket of a server under test: a place for it, the settings that name it, and clients that come by it.
struct LocalDoor {
  let place: TemporaryDirectory
  let user: String
  var path: String { place.path(of: "ftp") }

  init(for user: String? = nil) throws {
    place = try TemporaryDirectory()
    self.user = user ?? getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
  }

  func options(_ settings: String...) -> Server.Options {
    Server.Options(settings: ["proxy.socket=\(path)", "proxy.socket-user=\(user)"] + settings)
  }

  /// A control connection that begins with `header`; the greeting is still to be read.
  func connect(_ header: String = "PROXY TCP4 192.0.2.7 127.0.0.1 40000 0\r\n") throws -> FTPClient {
    let connection = try Connection(toSocket: path)
    try connection.send(bytes(header))
    return FTPClient(connection)
  }

  func session(_ header: String = "PROXY TCP4 192.0.2.7 127.0.0.1 40000 0\r\n") throws -> FTPClient {
    let client = try connect(header)
    try client.expect(220)
    try client.logIn("alice")
    try client.command("TYPE I", expecting: 200)
    return client
  }
}

extension SystemTests {
  @Suite struct LocalDoorTests {
    private static func upload(_ content: [UInt8], _ name: String, _ client: FTPClient) throws {
      let data = try client.passive()
      try client.command("STOR \(name)", expecting: 150)
      try data.send(content)
      // Of a connection that is closed the kernel does not know any more whose it was.
      data.finishSending()
      try client.expect(226)
    }

    private static func download(_ name: String, _ client: FTPClient) throws -> [UInt8] {
      let data = try client.extendedPassive()
      try client.command("RETR \(name)", expecting: 150)
      let content = try data.readToEnd()
      try client.expect(226)
      return content
    }

    @Test func aSessionHasTheClientsAddress() async throws {
      try await Blocking.run {
        let door = try LocalDoor()
        let log = door.place.path(of: "xferlog")
        try Server.with(
          door.options(
            "log.xferlog=\(log)", "passive.address=198.51.100.1", "mptcp.control=required", "log.level=debug")
        ) { server in
          let client = try door.session()
          try require(try client.command("STAT").description.contains("192.0.2.7"), "STAT does not know the client")
          let content = pattern(3_000_000)
          try Self.upload(content, "file", client)
          try require(try server.root.read("file") == content, "the upload is another one")
          try require(try Self.download("file", client) == content, "the download is another one")
          let list = try client.passive()
          try client.command("MLSD", expecting: 150)
          try require(latin1(try list.readToEnd()).contains("file"), "the file is not in the list")
          try client.expect(226)
          // Where the control connection is, whatever the outside is told.
          let endpoint = FTPClient.passiveEndpoint(try client.command("PASV", expecting: 227))
          try require(endpoint?.host == "127.0.0.1", "\(String(describing: endpoint))")
          // weftpd would connect to the client, and not to who has passed it on.
          for command in ["PORT 192,0,2,7,200,10", "EPRT |1|192.0.2.7|2000|", "PORT 127,0,0,1,200,10"] {
            let reply = try client.command(command, expecting: 502)
            try require(reply.text.contains("not possible on this way in"), "\(reply)")
          }
          try client.quit()
          try waitForLog(server.process, "login session=1 peer=192.0.2.7:40000")
          try waitForLog(server.process, "upload session=1 peer=192.0.2.7:40000")
          let isThere = try Deadline.after(.seconds(60)).until {
            latin1(try readFile(log)).contains(" 192.0.2.7 3000000 ")
          }
          try require(isThere, "the transfer log has: \(latin1(try readFile(log)))")
          // IPv6, and nobody in particular.
          let six = try door.session("PROXY TCP6 2001:db8::1 :: 40000 0\r\n")
          try require(try Self.download("file", six) == content, "the download is another one")
          try waitForLog(server.process, "peer=[2001:db8::1]:40000")
          let own = try door.session("PROXY UNKNOWN\r\n")
          try require(try Self.download("file", own) == content, "the download is another one")
          try waitForLog(server.process, "login session=3 peer=127.0.0.1:0")
        }
      }
    }

    @Test func bansAndLimitsAreTheClients() async throws {
      try await Blocking.run {
        let door = try LocalDoor()
        try Server.with(
          door.options("bans.file=\(door.place.path)/bans", "bans.failures=2", "limits.sessions-per-address=2")
        ) { _ in
          let held = [try door.session(), try door.session()]
          try door.connect().expect(421)
          try door.connect("PROXY TCP4 192.0.2.8 127.0.0.1 1 0\r\n").expect(220)
          for client in held { try client.quit() }
          for _ in 0..<2 {
            let client = try door.connect("PROXY TCP4 192.0.2.9 127.0.0.1 1 0\r\n")
            try client.expect(220)
            try client.command("USER alice", expecting: 331)
            try client.command("PASS wrong", expecting: 530)
          }
          try door.connect("PROXY TCP4 192.0.2.9 127.0.0.1 1 0\r\n").expect(421)
          try door.session("PROXY TCP4 192.0.2.8 127.0.0.1 1 0\r\n").quit()
        }
      }
    }

    @Test func whoBringsNoHeaderIsClosed() async throws {
      try await Blocking.run {
        let broken = [
          ("USER alice\r\n", "there is no PROXY header"), ("PROXY TCP4 192.0.2.7\r\n", "the PROXY line is malformed"),
          ("PROXY TCP4 0.0.0.0 127.0.0.1 1 2\r\n", "a client that cannot be"), ("PRO", "did not come in time"),
        ]
        for (header, words) in broken {
          let door = try LocalDoor()
          try Server.with(door.options("proxy.timeout=300ms")) { server in
            let client = try door.connect(header)
            try require(try client.control.isClosedByPeer(), "\(words): there is an answer")
            try waitForLog(server.process, "closed a connection to proxy.socket of \(door.user): ")
            try waitForLog(server.process, words)
            // The others go on, and nobody's header is believed elsewhere.
            try door.session().quit()
            let other = FTPClient(try Connection(to: server.endpoint))
            try other.send("PROXY TCP4 192.0.2.7 127.0.0.1 40000 21")
            try other.expect(220)
            try other.expect(500)
          }
        }
      }
    }

    /// What listens on the loopback network could not: a Unix socket needs no TLS.
    @Test func noTLSIsAskedFor() async throws {
      try await Blocking.run {
        let door = try LocalDoor()
        try Server.with(door.options("tls.mode=required-data")) { server in
          let client = try door.session()
          try Self.upload(bytes("x"), "file", client)
          try require(try Self.download("file", client) == bytes("x"), "the download is another one")
          let byTCP = try server.client()
          try byTCP.command("USER alice", expecting: 530, 522)
        }
      }
    }

    // MARK: the file

    @Test func whatACrashHasLeftIsReplaced() async throws {
      try await Blocking.run {
        let door = try LocalDoor()
        let first = try Server(door.options())
        first.process.signal(SIGKILL)
        _ = first.process.waitForExit(patience: .seconds(60))
        try require(door.place.exists("ftp"), "the socket is gone by itself")
        try Server.with(door.options()) { _ in try door.session().quit() }
      }
    }

    /// `weftpd check` says the same.
    @Test func whereItCannotBe() async throws {
      try await Blocking.run {
        func refusal(_ door: LocalDoor, _ command: String = "serve") throws -> String {
          let options = door.options()
          let settings = options.settings.flatMap { ["--set", $0] }
          let result = try TestSupport.run(
            [try Server.binary(), command, door.place.path, "--anonymous", "--listen", "127.0.0.1:0"] + settings)
          try require(result.exitCode != 0, "it starts: \(result)")
          return result.output + result.errors
        }
        let unsafe = try LocalDoor()
        chmod(unsafe.place.path, 0o777)
        for command in ["serve", "check"] {
          let words = try refusal(unsafe, command)
          try require(words.contains("where others may write (mode 777)"), words)
        }
        let taken = try LocalDoor()
        try taken.place.write("ftp", "a file of somebody's")
        try require(try refusal(taken).contains("there is a file that is no socket"), "a file is replaced")
        try require(try taken.place.read("ftp") == bytes("a file of somebody's"), "the file is gone")
        try require(
          try refusal(LocalDoor(for: "no-such-user"), "check").contains("there is no user \"no-such-user\""),
          "who is that?")
        let busy = try LocalDoor()
        try Server.with(busy.options()) { _ in
          try require(try refusal(busy).contains("another weftpd is there"), "two are at one socket")
          try busy.session().quit()
        }
      }
    }
  }
}
