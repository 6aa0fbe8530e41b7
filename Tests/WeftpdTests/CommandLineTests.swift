// Tests the program itself, as a shell sees it: exit codes, what goes to which stream, signals.

import DaemonTestSupport
import Glibc
import Testing
import WeftVersion

/// A running weftpd.
private final class Program {
  let pid: pid_t
  let output: Pipe
  let errors: Pipe

  /// The program lies beside the tests.
  private static let path: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Under `swift test` the runner is a helper of the toolchain, and the bundle is among its arguments.
    let candidates = [own] + CommandLine.arguments
    for candidate in candidates {
      guard let slash = candidate.lastIndex(of: "/") else { continue }
      let path = candidate[..<slash] + "/weftpd"
      if access(String(path), X_OK) == 0 { return String(path) }
    }
    return ".build/debug/weftpd"
  }()

  init(_ arguments: [String], environment: [String] = []) throws {
    output = try Pipe()
    errors = try Pipe()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, output.writeEnd, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.writeEnd, 2)
    var argv: [UnsafeMutablePointer<CChar>?] = ([Self.path] + arguments).map { strdup($0) } + [nil]
    // Tests that run as root mean no harm by it.
    let root = geteuid() == 0 ? ["WEFTPD_SERVER_ALLOW_ROOT=true"] : []
    var envp: [UnsafeMutablePointer<CChar>?] = (environment + ["PATH=/usr/bin:/bin"] + root).map { strdup($0) } + [nil]
    var pid: pid_t = 0
    let result = posix_spawn(&pid, Self.path, &actions, nil, &argv, &envp)
    posix_spawn_file_actions_destroy(&actions)
    for pointer in argv + envp { free(pointer) }
    guard result == 0 else { throw TemporaryDirectory.Failure(call: "posix_spawn \(Self.path)", code: result) }
    self.pid = pid
  }

  /// Waits for the end and gives the exit code, or -1 after a signal. The little these programs write fits the pipes.
  func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
  }

  /// All that was written until now; never waits.
  static func content(_ pipe: Pipe) -> String {
    _ = fcntl(pipe.readEnd, F_SETFL, O_NONBLOCK)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(pipe.readEnd, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }
}

@Suite(.serialized) struct CommandLineTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func run(_ arguments: String..., environment: [String] = []) throws -> (code: Int32, out: String, err: String)
  {
    let program = try Program(arguments, environment: environment)
    let code = program.wait()
    return (code, Program.content(program.output), Program.content(program.errors))
  }

  @Test func version() throws {
    let result = try run("--version")
    #expect(result.code == 0)
    #expect(result.out == "weftpd \(weftVersion)\n")
    #expect(result.err.isEmpty)
  }

  @Test func wrongUsageIs64() throws {
    for arguments in [
      ["--bogus"], ["serve", "--set", "x"], ["serve", "a", "b"], ["check", "--config"], ["nonsense"],
    ] {
      let program = try Program(arguments)
      #expect(program.wait() == 64, "\(arguments)")
      #expect(Program.content(program.output).isEmpty)
      #expect(Program.content(program.errors).contains("Usage:"))
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
      let program = try Program(arguments)
      #expect(program.wait() == 78, "\(arguments)")
      #expect(Program.content(program.output).isEmpty)
      #expect(Program.content(program.errors).contains(words), "\(arguments)")
    }
  }

  @Test func anEmptyPasswordIsRefused() throws {
    let result = try run("serve", directory.path, "--user", "alice", environment: ["WEFTPD_PASSWORD="])
    #expect(result.code == 78)
    #expect(result.err.contains("WEFTPD_PASSWORD: is empty"))
  }

  @Test func checkTellsAllProblemsAndExitsWith1() throws {
    let file = try directory.write("f.yaml", "pasive: 1\nlimits:\n  sessions: many\n")
    let result = try run("check", "--config", file, "--set", "log.format=xml")
    #expect(result.code == 1)
    #expect(result.out.isEmpty)
    #expect(result.err.split(separator: "\n").count == 4)
    #expect(result.err.hasSuffix("3 problems\n"))
  }

  @Test func checkShowsWhatIsInForceAndNoSecret() throws {
    let result = try run(
      "check", "--set", "passive.ports=5000-5100",
      environment: ["WEFTPD_PASSWORD=topsecret", "WEFTPD_TIMEOUTS_IDLE=7m"])
    #expect(result.code == 0)
    #expect(result.out.contains("passive.ports: 5000-5100"))
    #expect(result.out.contains("# --set\n"))
    #expect(result.out.contains("# WEFTPD_TIMEOUTS_IDLE\n"))
    #expect(result.out.contains("WEFTPD_PASSWORD is set: ********"))
    #expect(!result.out.contains("topsecret"))
    #expect(!result.err.contains("topsecret"))
    #expect(result.err.contains("nobody could log in"))
  }

  @Test func serveListensAndEndsInOrder() throws {
    let program = try Program(["serve", directory.path, "--user", "alice", "--listen", "127.0.0.1:0"])
    let line = try #require(program.output.lines(1).first)
    #expect(line.hasPrefix("weftpd: listening on 127.0.0.1:"))
    let port = try #require(UInt16(line.dropFirst("weftpd: listening on 127.0.0.1:".count)))
    #expect(port > 0)
    kill(program.pid, SIGTERM)
    #expect(program.wait() == 0)
    let log = Program.content(program.errors)
    #expect(log.contains("URL       ftp://alice@127.0.0.1:\(port)/\n"))
    #expect(log.contains("  Password  "))
    #expect(log.contains("stopped"))
    #expect(Program.content(program.output).isEmpty)
  }

  @Test func aGivenPasswordIsShownNowhere() throws {
    let program = try Program(
      ["serve", directory.path, "--user", "alice", "--listen", "127.0.0.1:0", "--set", "log.level=trace"],
      environment: ["WEFTPD_PASSWORD=topsecret"])
    #expect(program.output.lines(1).count == 1)
    kill(program.pid, SIGINT)
    #expect(program.wait() == 0)
    let log = Program.content(program.errors)
    #expect(!log.contains("topsecret"))
    #expect(!log.contains("  Password  "))
  }
}
