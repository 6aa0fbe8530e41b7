// The command line: check, exit codes, the ready line, and what the log must not say.

import Foundation
import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct CommandLineTests {
    private static func weftpd(_ arguments: String..., environment: [String: String] = [:]) throws -> CommandResult {
      try run([try Server.binary()] + arguments, environment: environment, patience: .seconds(20))
    }

    @Test func checkReportsEveryMistakeAtOnce() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let text = "timeouts:\n  idel: 5\n  login: soon\nlimits:\n  sessions: -3\nnonsense: true\n"
        try place.write("bad.yaml", bytes(text))
        let result = try Self.weftpd("check", "--config", place.path + "/bad.yaml")
        try require(result.exitCode == 1, "check ended with \(result.exitCode)")
        let said = result.output + result.errors
        for word in ["bad.yaml", "timeouts.idel", "timeouts.idle", "timeouts.login", "limits.sessions", "nonsense"] {
          try require(said.contains(word), "'\(word)' is missing in: \(said)")
        }
        let serve = try Self.weftpd("serve", place.path, "--config", place.path + "/bad.yaml")
        try require(serve.exitCode == 78, "serve ended with \(serve.exitCode)")
        try require(serve.output.isEmpty, "on standard output: \(serve.output)")
      }
    }

    @Test(arguments: ["server: [", "a: b: c\n\t- d", "just words", "\u{0}"])
    func checkRefusesWhatIsNoYAML(_ text: String) async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        try place.write("bad.yaml", bytes(text))
        let result = try Self.weftpd("check", "--config", place.path + "/bad.yaml")
        try require(result.exitCode == 1, "check ended with \(result.exitCode): \(result.errors)")
        try require((result.output + result.errors).contains("bad.yaml"), "the file is not named")
      }
    }

    @Test func checkPrintsTheSettingsWithoutSecrets() async throws {
      try await Blocking.run {
        let result = try Self.weftpd(
          "check", "/tmp", "--anonymous", "--listen", "127.0.0.1:0", "--set", "timeouts.idle=77s",
          environment: ["WEFTPD_PASSWORD": "sesame-open", "WEFTPD_PASSIVE_PORTS": "40000-40100"])
        try require(result.exitCode == 0, "check ended with \(result.exitCode): \(result.errors)")
        try require(result.output.contains("40000-40100"), "the environment was not read: \(result.output)")
        try require(result.output.contains("77"), "--set was not read: \(result.output)")
        try require(!(result.output + result.errors).contains("sesame-open"), "the password is shown")
      }
    }

    @Test func exitCodes() async throws {
      try await Blocking.run {
        try require(try Self.weftpd("--version").exitCode == 0, "--version")
        try require(try Self.weftpd("--nonsense").exitCode == 64, "an unknown option is usage, 64")
        try require(try Self.weftpd("dance").exitCode == 64, "an unknown command is usage, 64")
        let place = try TemporaryDirectory()
        let key = try Self.weftpd("serve", place.path, "--user", "alice", "--set", "timeouts.idel=5")
        try require(key.exitCode == 78, "an unknown key ended with \(key.exitCode)")
        try require(key.errors.contains("timeouts.idle"), "the nearest key is not named: \(key.errors)")
        let value = try Self.weftpd("serve", place.path, "--user", "alice", "--set", "timeouts.idle=soon")
        try require(value.exitCode == 78, "an impossible value ended with \(value.exitCode)")
        let taken = try Listener()
        let busy = try Self.weftpd(
          "serve", place.path, "--user", "alice", "--listen", "127.0.0.1:\(taken.endpoint.port)",
          environment: ["WEFTPD_PASSWORD": "secret"])
        try require(busy.exitCode == 1, "a port in use ended with \(busy.exitCode): \(busy.errors)")
        try require(busy.output.isEmpty, "on standard output: \(busy.output)")
      }
    }

    /// A chroot and some containers have no /proc; Swift's own CommandLine reads the arguments there.
    @Test(.enabled(if: getuid() == 0 && isInstalled("unshare"), "needs root and unshare"))
    func argumentsAreNotLostWithoutProc() async throws {
      try await Blocking.run {
        let directory = try Server.binary().split(separator: "/").dropLast().joined(separator: "/")
        for name in ["weftpd", "weftpd-authd", "mptcpctl"] {
          let result = try run(
            ["unshare", "-m", "sh", "-c", "umount -l /proc && exec \"$0\" --version", "/\(directory)/\(name)"],
            patience: .seconds(20))
          try require(result.output.hasPrefix("\(name) "), "\(name): \(result.output)\(result.errors)")
        }
      }
    }

    /// ICU alone is 38 MB of a program that carries its libraries along.
    @Test(.enabled(if: isInstalled("readelf"), "readelf is not installed"))
    func noProgramNeedsAllOfFoundation() async throws {
      try await Blocking.run {
        let directory = try Server.binary().split(separator: "/").dropLast().joined(separator: "/")
        for name in ["weftpd", "weftpd-authd", "mptcpctl"] {
          let needed = try run(["readelf", "-d", "/\(directory)/\(name)"]).output.split(separator: "\n")
            .filter { $0.contains("NEEDED") }
          try require(needed.contains { $0.contains("libc.so") }, "\(name): \(needed)")
          for library in ["libFoundation.so", "libFoundationInternationalization.so", "lib_FoundationICU.so"] {
            try require(!needed.contains { $0.contains(library) }, "\(name) needs \(library)")
          }
        }
      }
    }

    @Test func healthOfAListenerWithImplicitTLS() async throws {
      try await Blocking.run {
        var options = Server.Options()
        options.listen = ["ftps://127.0.0.1:0"]
        try Server.with(options) { server in
          let address = "ftps://\(server.endpoint)"
          for arguments in [["--set", "listen=\(address)"], ["--address", address]] {
            let result = try run([try Server.binary(), "health"] + arguments, patience: .seconds(20))
            try require(result.exitCode == 0, "health \(arguments): \(result.errors)")
          }
          // In clear, nobody greets there.
          let clear = try run(
            [try Server.binary(), "health", "--address", "\(server.endpoint)", "--timeout", "1"], patience: .seconds(20)
          )
          try require(clear.exitCode == 1, "health in clear: \(clear.errors)")
        }
        let gone = try Listener()
        let silent = try run(
          [try Server.binary(), "health", "--address", "ftps://\(gone.endpoint)", "--timeout", "1"],
          patience: .seconds(20))
        try require(silent.exitCode == 1 && silent.errors.contains("timed out"), silent.errors)
      }
    }

    @Test func oneReadyLinePerListener() async throws {
      try await Blocking.run {
        var options = Server.Options()
        options.listen = ["127.0.0.1:0", "127.0.0.2:0"]
        try Server.with(options) { server in
          for endpoint in server.endpoints { try FTPClient(Connection(to: endpoint)).expect(220) }
        }
      }
    }

    @Test func theLogKeepsSecretsAndCannotBeForged() async throws {
      try await Blocking.run {
        let server = try Server(Server.Options(settings: ["log.format=json", "log.level=trace"]))
        let client = try server.client()
        try client.command("USER al\u{1B}[31mice\"}", expecting: 331)
        try client.command("PASS hunter2-hunter2", expecting: 530)
        try client.logIn("alice")
        try client.store("STOR evil\r\0name\u{1B}[2J", bytes("x"))
        try client.command("DELE \"},{\"level\":\"forged", expecting: 550)
        try client.quit()
        try server.stop()
        let log = server.process.errorText
        try require(!log.contains("hunter2"), "a password is in the log")
        try require(!log.contains("\u{1B}"), "an escape is in the log")
        for line in log.split(separator: "\n") {
          let parsed = try? JSONSerialization.jsonObject(with: Data(line.utf8))
          try require(parsed is [String: Any], "no JSON: \(line)")
        }
      }
    }
  }
}
