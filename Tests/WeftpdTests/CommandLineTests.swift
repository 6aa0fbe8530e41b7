// Tests the program itself, as a shell sees it: exit codes, what goes to which stream, signals.

import Glibc
import TestSupport
import Testing
import UnitSupport
import WeftVersion

@Suite(.onThreads, .serialized) struct CommandLineTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func start(_ arguments: [String], _ environment: [String: String] = [:]) throws -> ChildProcess {
    try ChildProcess([Server.binary()] + arguments, environment: environment)
  }

  private func run(_ arguments: String..., environment: [String: String] = [:]) throws -> CommandResult {
    try TestSupport.run([Server.binary()] + arguments, environment: environment)
  }

  @Test func version() throws {
    let result = try run("--version")
    #expect(result.exitCode == 0)
    #expect(result.output == "weftpd \(weftVersion)\n")
    #expect(result.errors.isEmpty)
  }

  @Test func wrongUsageIs64() throws {
    for arguments in [
      ["--bogus"], ["serve", "--set", "x"], ["serve", "a", "b"], ["check", "--config"], ["nonsense"],
    ] {
      let result = try TestSupport.run([Server.binary()] + arguments)
      #expect(result.exitCode == 64, "\(arguments)")
      #expect(result.output.isEmpty)
      #expect(result.errors.contains("Usage:"))
    }
  }

  @Test func wrongSettingsAre78() throws {
    let file = try directory.write("file", "pasive: 1\n")
    for (arguments, words) in [
      (["serve"], "nobody could log in"),
      (["serve", directory.path], "nobody could log in"),
      (["serve", "--user", "alice"], "has no directory"),
      (["serve", "--anonymous"], "there is no directory to serve"),
      (["serve", file, "--anonymous"], "is not a directory"),
      (["serve", file + "x", "--anonymous"], "does not exist"),
      (["serve", directory.path, "--user", "anonymous"], "is taken by the anonymous login"),
      (["serve", directory.path, "--anonymous", "--config", file], "\(file):1: pasive: unknown setting"),
      (["serve", directory.path, "--anonymous", "--listen", "nowhere"], "--listen: listen: \"nowhere\" has no port"),
      (["serve", "--users", file + "x"], "accounts.table"),
    ] {
      let result = try TestSupport.run([Server.binary()] + arguments)
      #expect(result.exitCode == 78, "\(arguments)")
      #expect(result.output.isEmpty)
      #expect(result.errors.contains(words), "\(arguments)")
      // What serve refuses, check refuses, in the same words.
      let check = try TestSupport.run([Server.binary(), "check"] + arguments.dropFirst())
      #expect(check.exitCode == 1, "check of \(arguments)")
      #expect(check.output.isEmpty)
      for line in result.errors.split(separator: "\n") { #expect(check.errors.contains(line), "check of \(arguments)") }
    }
  }

  @Test func anEmptyPasswordIsRefused() throws {
    let result = try run("serve", directory.path, "--user", "alice", environment: ["WEFTPD_PASSWORD": ""])
    #expect(result.exitCode == 78)
    #expect(result.errors.contains("WEFTPD_PASSWORD: is empty"))
  }

  @Test func checkTellsAllProblemsAndExitsWith1() throws {
    let file = try directory.write("f.yaml", "pasive: 1\nlimits:\n  sessions: many\n")
    let result = try run(
      "check", "--config", file, "--set", "log.format=xml", "--set", "mptcp.warnings=off", "--set", "tls.mode=off")
    #expect(result.exitCode == 1)
    #expect(result.output.isEmpty)
    #expect(result.errors.split(separator: "\n").count == 4)
    #expect(result.errors.hasSuffix("3 problems\n"))
  }

  @Test func checkShowsWhatIsInForceAndNoSecret() throws {
    let result = try run(
      "check", directory.path, "--user", "alice", "--listen", "127.0.0.1:0", "--set", "passive.ports=5000-5100",
      environment: ["WEFTPD_PASSWORD": "topsecret", "WEFTPD_TIMEOUTS_IDLE": "7m"])
    #expect(result.exitCode == 0)
    #expect(result.output.contains("passive.ports: 5000-5100"))
    #expect(result.output.contains("# --set\n"))
    #expect(result.output.contains("# WEFTPD_TIMEOUTS_IDLE\n"))
    #expect(result.output.contains("WEFTPD_PASSWORD is set: ********"))
    #expect(!result.output.contains("topsecret"))
    #expect(!result.errors.contains("topsecret"))
    // Only what somebody has set, unless all is asked for.
    #expect(!result.output.contains("limits.sessions"))
    let all = try run("check", directory.path, "--anonymous", "--listen", "127.0.0.1:0", "--settings")
    #expect(all.output.contains("limits.sessions: 10000"))
    #expect(!all.output.contains("--settings"))
  }

  @Test func checkTakesTheArgumentsOfServe() throws {
    let result = try run(
      "check", directory.path, "--user", "alice", "--anonymous", "--read-only", "--listen", "ftps://127.0.0.1:0")
    #expect(result.exitCode == 0, "\(result.errors)")
    for (line, origin) in [
      ("accounts.root: ", "DIR"), ("accounts.user: alice", "--user"), ("accounts.anonymous: true", "--anonymous"),
      ("accounts.read-only: true", "--read-only"), ("listen: [\"ftps://127.0.0.1:0\"]", "--listen"),
    ] {
      #expect(
        result.output.split(separator: "\n").contains { $0.hasPrefix(line) && $0.hasSuffix("# \(origin)") }, "\(line)")
    }
  }

  @Test func aRefusedStartNamesKeysAndOptions() throws {
    let result = try run("serve")
    for words in [
      "accounts.table", "--users FILE", "accounts.user", "accounts.root", "--user NAME DIR", "--anonymous DIR",
    ] {
      #expect(result.errors.contains(words), "\(words)")
    }
  }

  @Test func serveListensAndEndsInOrder() throws {
    let program = try start(["serve", directory.path, "--user", "alice", "--listen", "127.0.0.1:0"])
    let line = try #require(try program.waitForLines(1, patience: .seconds(20)).first)
    #expect(line.hasPrefix("weftpd: listening on 127.0.0.1:"))
    let port = try #require(UInt16(line.dropFirst("weftpd: listening on 127.0.0.1:".count)))
    #expect(port > 0)
    program.signal(SIGTERM)
    #expect(program.waitForExit(patience: .seconds(40)) == 0)
    let log = program.errorText
    #expect(log.contains("URL       ftp://alice@127.0.0.1:\(port)/\n"))
    #expect(log.contains("  Password  "))
    #expect(log.contains("stopped"))
    #expect(program.outputText == line + "\n")
  }

  @Test func aGivenPasswordIsShownNowhere() throws {
    let program = try start(
      ["serve", directory.path, "--user", "alice", "--listen", "127.0.0.1:0", "--set", "log.level=trace"],
      ["WEFTPD_PASSWORD": "topsecret"])
    _ = try program.waitForLines(1, patience: .seconds(20))
    program.signal(SIGINT)
    #expect(program.waitForExit(patience: .seconds(40)) == 0)
    let log = program.errorText
    #expect(!log.contains("topsecret"))
    #expect(!log.contains("  Password  "))
  }
}
