// Kernels without MPTCP: switched off by sysctl, or answering like older ones. Everything works over TCP, and that is said.

import Glibc
import MultipathTCP
import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct SwitchedOffTests {
    /// Multipath off at the server, at the client, or at both.
    @Test(arguments: [(true, false), (false, true), (true, true)])
    func everythingWorksOverTCP(offAtServer: Bool, offAtClient: Bool) async throws {
      try await Blocking.run(slots: 2) {
        let lab = try NetworkLab(rate: "1gbit")
        if offAtServer { try lab.server.set(["net.mptcp.enabled": 0]) }
        if offAtClient { try lab.client.set(["net.mptcp.enabled": 0]) }
        try LabServer.with(in: lab.server) { server in
          try PatternFile.write(server.root.path + "/down", size: 300_000)
          let client = try LabClient(lab.client, server, policy: .automatic)
          try require(client.negotiation == (offAtClient ? .tcp : .fellBack), "\(client.negotiation)")
          for mode in DataMode.allCases {
            _ = try client.download("down", size: 300_000, mode)
            let logged = try server.transfer("/down")
            try require(!logged.isMultipath, "\(logged)")
            _ = try client.upload("up-\(mode)", size: 300_000, mode)
            try PatternFile.verify(server.root.path + "/up-\(mode)", size: 300_000)
          }
          let status = try client.ftp.command("STAT", expecting: 211)
          try require("\(status)".contains("TCP") && !"\(status)".contains("Multipath TCP:"), "\(status)")
          // Said at start, not for each connection.
          let complaints = server.log.split(separator: "\n").filter { $0.contains("net.mptcp.enabled") }
          try require(offAtServer == !complaints.isEmpty, "\(complaints)")
          let login = server.log.range(of: "login").map { server.log[$0.lowerBound...] } ?? ""
          try require(!login.contains("net.mptcp.enabled"), "it is said again: \(login)")
        }
      }
    }

    @Test func whatIsRequiredAndMissingIsAnErrorAtStart() async throws {
      try await Blocking.run {
        let host = try Namespace("x")
        try host.set(["net.mptcp.enabled": 0])
        let words = [try Server.binary(), "serve", "/tmp", "--anonymous", "--listen", "127.0.0.1:0"]
        let result = try run(
          host.command(words + ["--set", "mptcp.control=required"]), environment: ["WEFTPD_PASSWORD": "x"],
          patience: .seconds(10))
        try require(result.exitCode != 0 && result.output.isEmpty, "it started: \(result.output)")
        try require(result.errors.contains("net.mptcp.enabled"), "the cause is not named: \(result.errors)")
      }
    }

    @Test func aPlainClientOfAServerThatRequiresMultipathIsToldSo() async throws {
      try await Blocking.run {
        let lab = try NetworkLab(rate: "1gbit")
        try LabServer.with(in: lab.server, settings: ["mptcp.control=required"]) { server in
          let target = Endpoint(NetworkLab.serverAddress(1), server.port)
          let plain = FTPClient(try LabClient.connect(in: lab.client, to: target, policy: .off))
          let reply = try plain.expect(421)
          try require(reply.text.contains("mptcp.control"), "\(reply)")
          _ = try LabClient(lab.client, server)
        }
        try LabServer.with(in: lab.server, settings: ["mptcp.data=required"]) { server in
          try PatternFile.write(server.root.path + "/down", size: 300_000)
          let client = try LabClient(lab.client, server)
          let target = try client.passiveTarget(.epsv)
          let plain = try LabClient.connect(in: lab.client, to: target, policy: .off)
          let reply = try client.ftp.command("RETR down")
          if reply.code == 150 { try client.ftp.expect(425) } else { try require(reply.code == 425, "\(reply)") }
          try require(try plain.isClosedByPeer(), "a plain data connection was served")
          _ = try client.download("down", size: 300_000)
        }
      }
    }
  }

  /// A preloaded socket(2) that answers protocol 262 as kernels do that have no MPTCP.
  @Suite(.enabled(if: isInstalled("cc"), "cc is not installed")) struct OlderKernelTests {
    private static let source = """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <errno.h>
      #include <stdlib.h>
      int socket(int domain, int type, int protocol) {
        static int (*real)(int, int, int);
        if (!real) real = dlsym(RTLD_NEXT, "socket");
        const char *code = getenv("SOCKET_ERRNO");
        if (protocol == 262 && code) { errno = atoi(code); return -1; }
        return real(domain, type, protocol);
      }
      """

    @Test(arguments: [EINVAL, EPROTONOSUPPORT, ENOPROTOOPT, EACCES, EPERM])
    func theAnswersOfOlderKernels(code: Int32) async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        try place.write("shim.c", bytes(Self.source))
        let (shim, source) = (place.path + "/shim.so", place.path + "/shim.c")
        let built = try run(["cc", "-shared", "-fPIC", "-o", shim, source, "-ldl"])
        try require(built.exitCode == 0, "cc: \(built.errors)")
        var options = Server.Options()
        options.environment = ["LD_PRELOAD": shim, "SOCKET_ERRNO": "\(code)"]
        let root = try TemporaryDirectory()
        try root.write("f", pattern(200_000))
        try Server.with(options, root: root) { server in
          let client = try server.session("alice")
          try client.command("TYPE I", expecting: 200)
          try require(try client.retrieve("RETR f") == pattern(200_000), "f differs")
          try client.store("STOR up", pattern(200_000))
          try require(try client.retrieve("RETR up") == pattern(200_000), "up differs")
          let listener = try Listener()
          try client.command("PORT \(listener.portArgument)", expecting: 200)
          try client.command("RETR f", expecting: 150)
          try require(try listener.accept().readToEnd() == pattern(200_000), "f differs in active mode")
          try client.expect(226)
          try require(
            server.process.errorText.contains("mptcp") || server.process.errorText.contains("multipath"),
            "the log says nothing: \(server.process.errorText)")
        }
        options.settings = ["mptcp.control=required"]
        let refused = try? Server(options)
        try require(refused == nil, "it started although multipath is required")
      }
    }
  }
}
