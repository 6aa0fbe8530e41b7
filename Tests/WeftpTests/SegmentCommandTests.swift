// weftp -n as a shell sees it: files over several connections, whoever is killed meanwhile, within the limits of --rate.

import Glibc
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct SegmentCommandTests {
  private static let size = 24_000_000
  private static let content = pattern(size, seed: 21)
  private static let rate = "--rate=8M"

  private func arguments(_ shell: CommandTests.Shell, _ words: [String]) -> [String] {
    [words[0], "--tls=off", "-q"] + words.dropFirst()
  }

  private func url(_ server: Server) -> String { "ftp://alice@127.0.0.1:\(server.endpoint.port)/" }

  private func start(_ shell: CommandTests.Shell, _ words: String...) throws -> ChildProcess {
    let program = try #require(builtProgram("weftp"), "weftp is not built")
    return try ChildProcess(
      [program] + arguments(shell, words), environment: ["HOME": shell.local.path, "WEFTP_PASSWORD": Server.password],
      directory: shell.local.path)
  }

  private func weftp(_ shell: CommandTests.Shell, _ words: String..., code: Int32 = 0) throws -> CommandResult {
    let program = try #require(builtProgram("weftp"), "weftp is not built")
    let result = try TestSupport.run(
      [program] + arguments(shell, words), environment: ["HOME": shell.local.path, "WEFTP_PASSWORD": Server.password],
      directory: shell.local.path)
    try require(result.exitCode == code, "\(words) ended with \(result.exitCode): \(result.output) \(result.errors)")
    return result
  }

  /// Waits until the control file tells of so many pieces.
  private func waitForPieces(_ count: Int, _ shell: CommandTests.Shell) throws {
    let isThere = Deadline.after(.seconds(60)).until {
      guard let text = try? shell.local.read(".large.weftp") else { return false }
      return text.filter { $0 == 0x0A }.count >= 6 + count
    }
    try require(isThere, "nothing came")
  }

  /// Waits until the server has a part of an upload.
  private func waitForPart(_ root: TemporaryDirectory) throws {
    try require(Deadline.after(.seconds(60)).until { root.exists(".weftpd-up.part") }, "nothing came")
  }

  @Test func downAndUp() async throws {
    try await CommandTests().with { shell in
      let url = url(shell.server)
      _ = try weftp(shell, "get", "-n", "4", "--block=64k", url + "data.bin")
      #expect(try shell.local.read("data.bin") == pattern(1_234_567))
      _ = try weftp(shell, "put", "-n", "4", "--block=64k", "--verify=full", "data.bin", url + "up.bin")
      #expect(try shell.server.root.read("up.bin") == pattern(1_234_567))
      let auto = try weftp(shell, "get", "-n", "auto", "--json", "--verify=full", "-o", "again", url + "up.bin")
      #expect(auto.output == #"{"name":"again","bytes":1234567,"size":1234567}"# + "\n")
      _ = try weftp(shell, "cp", "-n", "2", url + "up.bin", "copied")
      #expect(try shell.local.read("copied") == pattern(1_234_567))
      for words in [["-n", "0"], ["-n", "many"], ["--rate=fast"], ["--rate=speed=3"], ["-n", "2", "--block=1"]] {
        let program = try #require(builtProgram("weftp"))
        let result = try TestSupport.run([program, "get"] + words + [url + "data.bin"], environment: [:])
        #expect(result.exitCode == 64, "\(words): \(result.errors)")
      }
    }
  }

  /// Large ones one after the other over the same sessions, small ones over one data connection: the server's log has one login for each
  /// session.
  @Test func connectionsAreHandedOn() async throws {
    try await CommandTests().with { shell in
      let root = shell.server.root
      for name in ["l1", "l2", "l3"] { try root.write(name, pattern(2_000_000, seed: 3)) }
      for index in 0..<20 { try root.write("s\(index)", pattern(1000 + index)) }
      let url = url(shell.server)
      _ = try weftp(shell, "get", "-n", "3", "--block=64k", "-o", ".", url + "l*", url + "s*")
      for name in ["l1", "l2", "l3"] { #expect(try shell.local.read(name) == pattern(2_000_000, seed: 3)) }
      for index in 0..<20 { #expect(try shell.local.read("s\(index)") == pattern(1000 + index)) }
      let log = shell.server.process.errorText
      // One session looks for the names of each pattern, one fetches the small files, and three the large ones.
      let logins = log.split(separator: "\n").filter { $0.contains("login") && $0.contains("alice") }.count
      #expect(logins <= 8, "\(logins) logins")
      _ = try weftp(shell, "put", "-n", "3", "l1", "s1", "s2", "s3", "l2", url + "dir/")
      #expect(try root.read("dir/l2") == pattern(2_000_000, seed: 3))
      #expect(try root.read("dir/s3") == pattern(1003))
    }
  }

  @Test func aClientThatIsKilledGoesOn() async throws {
    try await CommandTests().with { shell in
      let (url, root) = (url(shell.server), shell.server.root)
      try root.write("large", Self.content)
      for kill in 1...3 {
        let child = try start(shell, "get", "-n", "4", Self.rate, url + "large")
        try waitForPieces(2 * kill, shell)
        child.signal(SIGKILL)
        _ = child.waitForExit(patience: .seconds(20))
      }
      #expect(!shell.local.exists("large"))
      let last = try weftp(shell, "get", "-n", "4", "--json", url + "large")
      #expect(try shell.local.read("large") == Self.content)
      #expect(try shell.local.names().filter { $0.hasPrefix(".large") } == [])
      // What had come before was not fetched again.
      #expect(!last.output.contains("\"bytes\":\(Self.size),"), "\(last.output)")
      for _ in 0..<3 {
        let child = try start(shell, "put", "-n", "4", Self.rate, "large", url + "up")
        try waitForPart(root)
        _ = child.waitForExit(patience: .milliseconds(300))
        child.signal(SIGKILL)
        _ = child.waitForExit(patience: .seconds(20))
      }
      let isThere = Deadline.after(.seconds(60)).until {
        (try? weftp(shell, "put", "-n", "4", "large", url + "up")) != nil
      }
      try require(isThere, "it never went through")
      #expect(try root.read("up") == Self.content)
    }
  }

  @Test func aServerThatIsKilledAndComesBack() async throws {
    try await Blocking.run {
      let root = try TemporaryDirectory()
      try root.write("large", Self.content)
      var server = try Server(root: root)
      defer { server.process.signal(SIGKILL) }
      let shell = CommandTests.Shell(server: server, local: try TemporaryDirectory())
      let url = url(server)
      var options = Server.Options()
      options.listen = ["127.0.0.1:\(server.endpoint.port)"]
      func killed(_ child: ChildProcess, after begun: () throws -> Void) throws {
        try begun()
        for _ in 0..<2 {
          _ = child.waitForExit(patience: .milliseconds(700))
          server.process.signal(SIGKILL)
          _ = server.process.waitForExit(patience: .seconds(20))
          server = try Server(options, root: root)
        }
        let code = child.waitForExit(patience: .seconds(90))
        try require(code == 0, "weftp ended with \(String(describing: code)): \(child.errorText)")
      }
      try killed(start(shell, "get", "-n", "4", "--retries=12", Self.rate, url + "large")) {
        try waitForPieces(2, shell)
      }
      #expect(try shell.local.read("large") == Self.content)
      try killed(start(shell, "put", "-n", "4", "--retries=12", Self.rate, "large", url + "up")) {
        try waitForPart(root)
      }
      #expect(try root.read("up") == Self.content)
      try server.stop()
    }
  }
}
