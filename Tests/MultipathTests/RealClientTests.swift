// Real clients: curl, lftp and wget made multipath by mptcpize, and a Python client with plain data connections.

import Foundation
import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct RealClientTests {
    private static let size = 12 << 20
    private static let mptcpize = isInstalled("mptcpize")
    private static let python = ProcessInfo.processInfo.environment["WEFTPD_PYTHON"] ?? "python3"

    /// Runs `words` as a client of a lab; `URL`, `HOST` and `NUMBER` (the port) in them are filled in. It fetches
    /// `down` to `got` and sends `put` as `up`.
    private static func run(
      rate: String = "100mbit", _ words: [String],
      _ check: @escaping @Sendable (LoggedTransfer, LoggedTransfer) throws -> Void
    ) async throws {
      try await Blocking.run(slots: 2, tries: 3) {
        let lab = try NetworkLab(rate: rate)
        try LabServer.with(in: lab.server) { server in
          let local = try TemporaryDirectory()
          try PatternFile.write(server.root.path + "/down", size: size)
          try PatternFile.write(local.path + "/put", size: size)
          let host = NetworkLab.serverAddress(1)
          let filled = words.map {
            $0.replacing("URL", with: "ftp://alice:\(Server.password)@\(host):\(server.port)")
              .replacing("HOST", with: host).replacing("NUMBER", with: "\(server.port)")
          }
          let result = try TestSupport.run(
            lab.client.command(filled), environment: ["HOME": local.path], directory: local.path)
          try require(result.exitCode == 0, "\(filled) ended with \(result.exitCode): \(result.output)\(result.errors)")
          try PatternFile.verify(local.path + "/got", size: size)
          try PatternFile.verify(server.root.path + "/up", size: size)
          let (down, up) = (try server.transfer("/down"), try server.transfer("/up"))
          report("\(words.joined(separator: " ").prefix(24))…: \(down.text); \(up.text)")
          try check(down, up)
        }
      }
    }

    private static func requireBothPaths(_ down: LoggedTransfer, _ up: LoggedTransfer) throws {
      for logged in [down, up] {
        try require(logged.isMultipath && logged.paths.count == 2, "\(logged)")
        try require(logged.paths.allSatisfy { $0.bytes > Double(size) / 10 }, "\(logged)")
      }
    }

    @Test(
      .enabled(if: mptcpize && isInstalled("curl"), "mptcpize or curl is not installed"),
      arguments: [[], ["--disable-epsv"], ["-P", "c1", "--disable-eprt"]])
    func curl(mode: [String]) async throws {
      let curl = ["mptcpize", "run", "curl", "-sS", "--max-time", "50"] + mode
      let upload = ["--next"] + curl.dropFirst(3) + ["-T", "put", "URL/up"]
      try await Self.run(curl + ["-o", "got", "URL/down"] + upload) { down, up in
        if mode.contains("-P") {
          // Active: the server connects, and the client has announced no address.
          try require(down.isMultipath && up.isMultipath, "\(down) \(up)")
        } else {
          try Self.requireBothPaths(down, up)
        }
      }
    }

    @Test(.enabled(if: mptcpize && isInstalled("lftp"), "mptcpize or lftp is not installed"))
    func lftp() async throws {
      let script = "set ssl:verify-certificate no; set net:max-retries 1; get down -o got; put put -o up; bye"
      try await Self.run([
        "mptcpize", "run", "lftp", "-e", script, "-u", "alice,\(Server.password)", "ftp://HOST:NUMBER",
      ]) {
        try Self.requireBothPaths($0, $1)
      }
    }

    @Test(.enabled(if: mptcpize && isInstalled("wget") && isInstalled("curl"), "mptcpize or wget is not installed"))
    func wget() async throws {
      let script = "mptcpize run wget -q -T 20 -t 1 -O got URL/down && curl -sS -T put URL/up"
      try await Self.run(["sh", "-c", script]) { down, up in
        try require(down.isMultipath && down.paths.count == 2, "\(down)")
        try require(!up.isMultipath, "curl without mptcpize: \(up)")
      }
    }

    /// ftplib's data connections do not follow its control connection; the second address is the one the kernel picks.
    @Test(
      .enabled(if: isInstalled(python), "python3 is not installed"), arguments: ["passive", "active"])
    func aPythonClientWithPlainDataConnections(mode: String) async throws {
      let script = """
        import ftplib, socket
        class Client(ftplib.FTP):
            def connect(self, host, port):
                self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
                self.sock.settimeout(20)
                self.sock.connect((host, port))
                self.timeout, self.host, self.port = 20, host, port
                self.af = self.sock.family
                self.file = self.sock.makefile('r', encoding=self.encoding)
                self.welcome = self.getresp()
                return self.welcome
        try:
            import mftpclient.client
            client = mftpclient.client.FTPClient()
        except ImportError:
            client = Client()
        client.connect('HOST', NUMBER)
        client.login('alice', '\(Server.password)')
        client.set_pasv(\(mode == "passive" ? "True" : "False"))
        with open('got', 'wb') as f: client.retrbinary('RETR down', f.write)
        with open('put', 'rb') as f: client.storbinary('STOR up', f)
        client.quit()
        """
      try await Self.run([Self.python, "-c", script]) { down, up in
        try require(down.result == 226 && !down.isMultipath && !up.isMultipath, "\(down) \(up)")
      }
    }
  }
}
