// What an operator reads of a session at the level info: who came in, who was refused for want of TLS, who left.

import TestSupport
import Testing

extension SystemTests {
  @Suite struct SessionLogTests {
    /// The messages at `level` of session `number`, in their order.
    private static func messages(_ log: String, _ level: String, session number: Int) -> [String] {
      log.split(separator: "\n").compactMap { line in
        guard let start = line.firstRange(of: " \(level) "), let end = line.firstRange(of: " session=\(number) ") else {
          return nil
        }
        return String(line[start.upperBound..<end.lowerBound].drop { $0 == " " })
      }
    }

    @Test func everyEndOfALoginIsALine() async throws {
      try await Blocking.run {
        let server = try Server()
        try server.session("alice").quit()
        let again = try server.session("alice")
        try again.command("REIN", expecting: 220)
        try again.quit()
        try server.client().quit()
        // The connection ends without a word.
        do { _ = try server.session("alice") }
        try require(
          Deadline.after(.seconds(20)).until { server.process.errorText.contains("logout session=4 ") },
          server.process.errorText)
        try server.stop()
        let log = server.process.errorText
        try require(Self.messages(log, "info", session: 1) == ["login", "logout"], log)
        try require(Self.messages(log, "info", session: 2) == ["login", "logout"], log)
        try require(Self.messages(log, "info", session: 3) == [], log)
        try require(Self.messages(log, "info", session: 4) == ["login", "logout"], log)
        let line = log.split(separator: "\n").first { $0.contains("logout session=2") } ?? ""
        try require(line.contains("user=\"alice\"") && line.contains("verb=REIN"), "\(line)")
      }
    }

    @Test func aRefusalForWantOfTLSIsALine() async throws {
      try await Blocking.run {
        let log = try Server.with(Server.Options(settings: ["tls.mode=required-login"])) { server in
          let client = try server.client()
          try client.command("USER alice", expecting: 530)
          try client.command("PWD", expecting: 530)
          try client.quit()
          return server.process
        }.errorText
        try require(Self.messages(log, "info", session: 1) == ["refused without TLS"], log)
        let line = log.split(separator: "\n").first { $0.contains("refused without TLS") } ?? ""
        try require(line.contains("verb=USER") && line.contains("result=530"), "\(line)")
      }
    }

    /// A user whose entry asks for more TLS than the server does.
    @Test func soIsThatOfOneUser() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        try place.write("users", bytes("bob:\(LoginTests.hash):\(place.path):rw,tls=required-login\n"))
        var options = Server.Options()
        options.user = nil
        options.arguments = ["--users", place.path + "/users"]
        let log = try Server.with(options) { server in
          let client = try server.client()
          if try client.command("USER bob").code == 331 { try client.command("PASS secret", expecting: 530, 533) }
          try client.quit()
          return server.process
        }.errorText
        try require(Self.messages(log, "info", session: 1) == ["refused without TLS"], log)
      }
    }
  }
}
