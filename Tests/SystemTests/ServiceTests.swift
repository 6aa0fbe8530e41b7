// weftpd under a service manager: every message it sends, and sockets it is handed.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct ServiceTests {
    @Test func theManagerHearsOfTheStartAReloadTheWatchdogAndTheEnd() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let manager = try DatagramReceiver(place.path + "/notify")
        try place.write("weftpd.yaml", bytes("server: {greeting: one}\n"))
        var options = Server.Options()
        options.arguments = ["--config", place.path + "/weftpd.yaml"]
        options.environment = ["NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "400000"]
        let server = try Server(options)
        try require(
          try manager.nextLines() == ["READY=1", "MAINPID=\(server.process.id)", "STATUS=0 sessions, 0 transfers"],
          "the first message is not READY with the pid")
        for _ in 0..<3 { try manager.wait(for: "WATCHDOG=1") }
        let client = try server.session()
        try manager.wait(for: "STATUS=1 session, 0 transfers")

        server.process.signal(SIGHUP)
        let reloading = try manager.wait(for: "RELOADING=1")
        try require(reloading.contains { $0.hasPrefix("MONOTONIC_USEC=") }, "no time in \(reloading)")
        try manager.wait(for: "READY=1")
        // Settings that are refused are no end of the service either.
        try place.write("weftpd.yaml", bytes("server: {greetin: one}\n"))
        server.process.signal(SIGHUP)
        try manager.wait(for: "RELOADING=1")
        try manager.wait(for: "READY=1")

        server.process.signal(SIGTERM)
        let stopping = try manager.wait(for: "STOPPING=1")
        try require(stopping.contains { $0.hasPrefix("STATUS=Shutting down") }, "no status in \(stopping)")
        try client.expect(421)
        try server.waitForCleanExit()
      }
    }

    @Test func thePasswordIsNotLeftInTheEnvironment() async throws {
      try await Blocking.run {
        var options = Server.Options()
        options.environment = ["WEFTPD_PASSWORD": "not-for-readers-of-proc"]
        try Server.with(options) { server in
          let variables = latin1(try readFile("/proc/\(server.process.id)/environ"))
          try require(variables.contains("PATH="), "there is no environment to look at")
          try require(!variables.contains("not-for-readers"), "the password is in /proc/PID/environ")
          let client = try server.client()
          try client.logIn("alice", "not-for-readers-of-proc")
        }
      }
    }

    @Test func aProcessThatIsStoppedFeedsNoWatchdog() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let manager = try DatagramReceiver(place.path + "/notify")
        var options = Server.Options()
        options.environment = ["NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "100000"]
        let server = try Server(options)
        for _ in 0..<2 { try manager.wait(for: "WATCHDOG=1") }
        server.process.signal(SIGSTOP)
        while try manager.next(patience: .milliseconds(60)) != nil {}
        try require(try manager.next(patience: .milliseconds(100)) == nil, "a stopped process still feeds the watchdog")
        server.process.signal(SIGCONT)
        try manager.wait(for: "WATCHDOG=1")
        try server.stop()
      }
    }

    // MARK: - Socket activation

    /// A port that was free a moment ago: systemd-socket-activate does not tell which one it got.
    private static func freePort() throws -> UInt16 { try Listener(on: "127.0.0.1").endpoint.port }

    /// Has systemd-socket-activate listen and, when `knock` comes, start weftpd.
    private static func activated(
      _ wrapper: [String] = [], _ options: [String], name: String = "ftp",
      _ body: @escaping @Sendable (_ process: ChildProcess, _ endpoint: Endpoint) throws -> Void
    ) async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        let endpoint = Endpoint("127.0.0.1", try freePort())
        let process = try ChildProcess(
          wrapper + [
            "systemd-socket-activate", "-E", "WEFTPD_PASSWORD=secret", "-E", "WEFTPD_SERVER_ALLOW_ROOT=true",
            "--fdname=\(name)",
          ] + options
            + ["-l", "\(endpoint)", try Server.binary(), "serve", root.path, "--user", "alice"])
        let listens = Deadline.after(.seconds(20)).until { process.errorText.contains("Listening on") }
        try require(listens, "systemd-socket-activate does not listen: \(process.errorText)")
        do { try body(process, endpoint) } catch {
          process.signal(SIGKILL)
          throw TestFailure("\(error)\n\(process.errorText.suffix(2000))")
        }
      }
    }

    @Test(
      .enabled(if: isInstalled("systemd-socket-activate"), "systemd-socket-activate is not installed"),
      arguments: ["TCP", "MPTCP"])
    func anActivatedSocketIsServedAndKeepsWhatItIs(_ kind: String) async throws {
      let isMultipath = kind == "MPTCP"
      guard !isMultipath || isInstalled("mptcpize") else { return }
      try await Self.activated(isMultipath ? ["mptcpize", "run"] : [], []) { process, endpoint in
        let client = FTPClient(try Connection(to: endpoint))
        try client.expect(220)
        try client.logIn("alice")
        try require(try client.store("STOR a", bytes("hello")).code == 226, "the upload failed")
        try require(try client.retrieve("RETR a") == bytes("hello"), "the download differs")
        let words = "inherited \(endpoint), \(isMultipath ? "multipath" : "plain") TCP"
        try require(process.errorText.contains(words), "the log does not say '\(words)'")
        try require(process.errorText.contains("the setting listen is not used"), "the log does not tell of listen")
        let lines = try process.waitForLines(1, patience: .seconds(20))
        try require(lines == ["weftpd: listening on \(endpoint)"], "it listens on: \(lines)")
        try client.quit()
        process.signal(SIGTERM)
        try require(process.waitForExit(patience: .seconds(20)) == 0, "it did not end with 0")
      }
    }

    @Test(.enabled(if: isInstalled("systemd-socket-activate"), "systemd-socket-activate is not installed"))
    func aSocketOfTheWrongKindIsRefused() async throws {
      try await Self.activated([], ["--datagram"]) { process, endpoint in
        let knock = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(knock) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = endpoint.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let sent = withUnsafePointer(to: &address) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            sendto(knock, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
        }
        try require(sent == 1, "the datagram was not sent")
        try require(process.waitForExit(patience: .seconds(20)) == 78, "it did not end with 78")
        let text = process.errorText
        try require(text.contains("use ListenStream=, not ListenDatagram="), "the refusal says: \(text)")
      }
    }
  }
}
