// The Unix socket at which one user of the host passes clients on, while other users of the host try to come in or to take the data.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct LocalDoorStrangersTests {
    private static let canBeOthers = geteuid() == 0 && isInstalled("setpriv") && access("/usr/bin/python3", X_OK) == 0
    private static let nobody = "nobody"
    private static let nobodysNumber = 65534

    /// Runs a script as another user, who gives each word it says.
    private static func run(_ script: String, as user: Int, _ arguments: String...) throws -> ChildProcess {
      try ChildProcess(
        ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "/usr/bin/python3", "-I", "-c", script]
          + arguments)
    }

    // MARK: who may come

    @Test(.enabled(if: canBeOthers, "needs root, setpriv and /usr/bin/python3"))
    func onlyItsUserComesIn() async throws {
      try await Blocking.run {
        let door = try LocalDoor(for: Self.nobody)
        try Server.with(door.options()) { server in
          let knock = """
            import socket, sys
            door = socket.socket(socket.AF_UNIX)
            try:
              door.connect(sys.argv[1])
            except OSError as error:
              print(error.strerror, flush=True)
              sys.exit()
            try:
              door.sendall(b"PROXY TCP4 192.0.2.7 127.0.0.1 40000 0\\r\\n")
              print(door.recv(3).decode(), flush=True)
            except OSError:
              print("", flush=True)
            """
          try require(
            try Self.run(knock, as: Self.nobodysNumber, door.path).waitForLines(1, patience: .seconds(60)) == ["220"],
            "its user is turned away")
          // The kernel does not let others connect.
          try require(
            try Self.run(knock, as: 1, door.path).waitForLines(1, patience: .seconds(60)) == ["Permission denied"],
            "another user comes in")
          // Root may connect to anything, and is no other user.
          let root = try Connection(toSocket: door.path)
          try require(try root.isClosedByPeer(), "root is heard")
          try waitForLog(server.process, "refused a connection to proxy.socket of uid 0, pid ")
          // Nor does it help if somebody opens the file to all.
          chmod(door.path, 0o777)
          try require(
            try Self.run(knock, as: 1, door.path).waitForLines(1, patience: .seconds(60)) == [""],
            "another user is heard")
        }
      }
    }

    // MARK: data connections

    /// Connects, sends a few bytes, and tells what comes.
    private static let thief = """
      import socket, sys
      kind = int(sys.argv[3])
      thief = socket.create_connection((sys.argv[1], int(sys.argv[2]))) if kind == 0 else socket.socket(socket.AF_INET, socket.SOCK_STREAM, kind)
      if kind:
        thief.connect((sys.argv[1], int(sys.argv[2])))
      thief.sendall(b"evil")
      print("connected", flush=True)
      if sys.argv[4] == "leave":
        thief.close()
        print("left", flush=True)
        sys.exit()
      try:
        got = thief.recv(1000)
      except OSError:
        got = b""
      print("got", len(got), flush=True)
      """

    @Test(
      .enabled(if: canBeOthers, "needs root, setpriv and /usr/bin/python3"), arguments: [0, 262])
    func anotherUserGetsAndGivesNothing(_ kind: Int) async throws {
      if kind == 262, access("/proc/sys/net/mptcp/enabled", R_OK) != 0 { return }
      try await Blocking.run {
        let door = try LocalDoor()
        try Server.with(door.options()) { server in
          let content = pattern(100_000)
          try server.root.write("file", content)
          let client = try door.session()
          func open() throws -> Endpoint {
            guard let endpoint = FTPClient.passiveEndpoint(try client.command("PASV", expecting: 227)) else {
              throw TestFailure("no address")
            }
            return endpoint
          }
          func steal(_ endpoint: Endpoint, _ how: String = "stay") throws -> ChildProcess {
            let thief = try Self.run(
              Self.thief, as: Self.nobodysNumber, "127.0.0.1", "\(endpoint.port)", "\(kind)", how)
            try require(
              try thief.waitForLines(1, patience: .seconds(60)).first == "connected", "the thief does not connect")
            return thief
          }
          // Before the command, and after it; the first at the port each time.
          for isEarly in [true, false] {
            let endpoint = try open()
            var thief = isEarly ? try steal(endpoint) : nil
            try client.send("RETR file")
            if !isEarly { thief = try steal(endpoint) }
            let own = try Connection(to: endpoint)
            try require(try own.readToEnd() == content, "the file is another one")
            try client.expect(150)
            try client.expect(226)
            try require(try thief?.waitForLines(2, patience: .seconds(60)).last == "got 0", "the thief got something")
          }
          try waitForLog(server.process, "127.0.0.1, uid \(Self.nobodysNumber)")
          let endpoint = try open()
          let giver = try steal(endpoint)
          try client.send("STOR up")
          let own = try Connection(to: endpoint)
          try client.expect(150)
          try own.send(content)
          own.finishSending()
          try client.expect(226)
          try require(try server.root.read("up") == content, "the upload is another one")
          try require(try giver.waitForLines(2, patience: .seconds(60)).last == "got 0", "the giver is answered")
          // What is left of a connection when its owner has closed it is root's, the kernel says: the user of this door.
          let port = try open()
          server.process.signal(SIGSTOP)
          let gone = try steal(port, "leave")
          _ = try gone.waitForLines(2, patience: .seconds(60))
          let isRoots = kind != 0 || Deadline.after(.seconds(10)).until { Self.isSaidToBeRoots(connectedTo: port) }
          server.process.signal(SIGCONT)
          try require(isRoots, "the rest of the connection is still somebody's")
          try client.send("STOR again")
          let right = try Connection(to: port)
          try client.expect(150)
          try right.send(content)
          right.finishSending()
          try client.expect(226)
          try require(try server.root.read("again") == content, "the upload is another one")
        }
      }
    }

    /// Whether the kernel says of what is left of a connection to `endpoint` that it is root's; soon after it was closed, at the latest.
    private static func isSaidToBeRoots(connectedTo endpoint: Endpoint) -> Bool {
      let digits = String(endpoint.port, radix: 16, uppercase: true)
      let suffix = ":" + String(repeating: "0", count: 4 - digits.count) + digits
      guard let table = try? readFile("/proc/net/tcp") else { return false }
      return latin1(table).split(separator: "\n").contains { line in
        let fields = line.split(separator: " ")
        return fields.count > 7 && fields[2].hasSuffix(suffix) && fields[3] != "01" && fields[7] == "0"
      }
    }

    /// The client's own connection may be multipath, where its kernel makes it so.
    @Test(.enabled(if: access("/proc/sys/net/mptcp/enabled", R_OK) == 0, "the kernel has no multipath TCP"))
    func theClientMayBeMultipath() async throws {
      try await Blocking.run {
        let door = try LocalDoor()
        try Server.with(door.options("mptcp.data=automatic")) { server in
          let client = try door.session()
          let reply = try client.command("EPSV", expecting: 229)
          guard let port = FTPClient.extendedPassivePort(reply) else { throw TestFailure("no port") }
          let data = try Connection(to: Endpoint("127.0.0.1", port), protocol: 262)
          try client.command("STOR up", expecting: 150)
          try data.send(bytes("by two ways"))
          data.finishSending()
          try client.expect(226)
          try require(try server.root.read("up") == bytes("by two ways"), "the upload is another one")
        }
      }
    }
  }
}
