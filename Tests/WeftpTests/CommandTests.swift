// weftp as a shell sees it, against a real weftpd: what it does, what it prints where, and how it ends.

import Glibc
import TestSupport
import Testing
import WeftVersion

@Suite(.timeLimit(.minutes(5))) struct CommandTests {
  struct Shell {
    let server: Server
    let local: TemporaryDirectory
    var url: String { "ftpes://alice@127.0.0.1:\(server.endpoint.port)/" }

    func weftp(_ arguments: String..., input: String? = nil, password: String? = Server.password) throws
      -> CommandResult
    { try weftp(arguments, input: input, password: password) }

    func weftp(_ arguments: [String], input: String? = nil, password: String? = Server.password) throws
      -> CommandResult
    {
      let program = try #require(builtProgram("weftp"), "weftp is not built")
      var environment = ["HOME": local.path]
      environment["WEFTP_PASSWORD"] = password
      return try TestSupport.run(
        [program] + arguments, environment: environment, directory: local.path, input: input.map { Array($0.utf8) })
    }
  }

  func with(_ body: @escaping @Sendable (Shell) throws -> Void) async throws {
    try await Blocking.run {
      let root = try TemporaryDirectory()
      try root.write("data.bin", pattern(1_234_567))
      try root.makeDirectory("dir")
      try root.write("dir/a.txt", "hello\n")
      try Server.with(root: root) { server in try body(Shell(server: server, local: TemporaryDirectory())) }
    }
  }

  func expect(_ result: CommandResult, _ code: Int32, _ output: String = "") throws {
    try require(result.exitCode == code, "ended with \(result.exitCode): \(result.output) \(result.errors)")
    try require(result.output == output, "printed '\(result.output)'")
  }

  @Test func downAndUp() async throws {
    try await with { shell in
      let trust = "--trust=none"
      try expect(shell.weftp("ls", trust, shell.url), 0, "data.bin\ndir\n")
      try expect(shell.weftp("cat", trust, shell.url + "dir/a.txt"), 0, "hello\n")
      try expect(shell.weftp("cat", trust, "-c", "2", "--offset", "1", shell.url + "dir/a.txt"), 0, "el")
      try expect(shell.weftp("get", "-c", trust, shell.url + "data.bin", shell.url + "dir/*.txt"), 0)
      #expect(try shell.local.read("data.bin") == pattern(1_234_567))
      #expect(try shell.local.names() == ["a.txt", "data.bin"])
      try expect(shell.weftp("mkdir", trust, "-p", shell.url + "up/x"), 0)
      try expect(shell.weftp("put", trust, "data.bin", "a.txt", shell.url + "up/x/"), 0)
      #expect(try shell.server.root.read("up/x/data.bin") == pattern(1_234_567))
      try expect(shell.weftp("put", trust, "-", shell.url + "up/typed", input: "typed\n"), 0)
      #expect(try shell.server.root.read("up/typed") == bytes("typed\n"))
      try expect(shell.weftp("mv", trust, shell.url + "up/typed", "up/moved"), 0)
      try expect(shell.weftp("chmod", trust, "600", shell.url + "up/moved"), 0)
      try expect(shell.weftp("rm", trust, shell.url + "up/moved"), 0)
      try expect(shell.weftp("rm", trust, "-r", shell.url + "up"), 0)
      #expect(try shell.server.root.names() == ["data.bin", "dir"])
    }
  }

  @Test func mirrors() async throws {
    try await with { shell in
      try expect(shell.weftp("mirror", "--trust=none", "-q", shell.url, "copy"), 0)
      #expect(try shell.local.read("copy/dir/a.txt") == bytes("hello\n"))
      let again = try shell.weftp("sync", "--trust=none", "--json", shell.url, "copy")
      let outcome = #"{"copied":0,"bytes":0,"removed":0,"unchanged":2,"failed":[],"commands":"#
      try require(again.exitCode == 0 && again.output.hasPrefix(outcome), again.output + again.errors)
      try shell.local.write("copy/new", "n")
      let plan = try shell.weftp("mirror", "--trust=none", "--dry-run", "--delete", shell.url, "copy")
      try expect(plan, 0, "remove new\n")
      try expect(shell.weftp("mirror", "--trust=none", "-q", "copy", shell.url), 0)
      #expect(try shell.server.root.read("new") == bytes("n"))
    }
  }

  /// A second session would cost a second handshake and a second login.
  @Test func aCommandLogsInOnce() async throws {
    try await with { shell in
      try shell.local.write("mine", "x")
      let (trust, url) = ("--trust=none", shell.url)
      let commands = [
        ["get", trust, "-v", url + "data.bin"], ["get", trust, "-v", url + "*.bin"],
        ["get", trust, "-v", url + "data.bin", url + "dir/a.txt"], ["put", trust, "-v", "mine", url + "dir"],
        ["put", trust, "-v", "mine", url + "other"], ["stat", trust, "-v", url + "data.bin", url + "dir"],
        ["cat", trust, "-v", "-c", "1", url + "data.bin", url + "dir/a.txt"],
      ]
      for command in commands {
        let result = try shell.weftp(command)
        try require(result.exitCode == 0, "\(command): \(result.errors)")
        let lines = result.errors.split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("> USER") } == 1, "\(command)")
        #expect(lines.count { $0 == "> QUIT" } == 1, "\(command)")
      }
    }
  }

  @Test func howItEnds() async throws {
    try await with { shell in
      try expect(shell.weftp("ls", shell.url), 80)
      try expect(shell.weftp("get", "--trust=none", shell.url + "nothing"), 72)
      try expect(shell.weftp("ls", "--trust=none", shell.url, password: "wrong"), 77)
      try expect(shell.weftp("ls", "ftp://127.0.0.1:1/"), 69)
      try expect(shell.weftp("ls", "nonsense"), 64)
      try expect(shell.weftp("put", "--trust=none", "missing", shell.url + "x"), 66)
      try expect(shell.weftp("get", "--trust=none", "-o", "none/", shell.url + "data.bin"), 73)
      try expect(shell.weftp("get", "--trust=none", "-o", "none/", shell.url + "data.bin", shell.url + "dir/*"), 73)
      try expect(shell.weftp("cp", "here", "there"), 64)
      try expect(shell.weftp("get", "--continue", "--no-resume", shell.url + "data.bin"), 64)
      try expect(shell.weftp("quote", "--trust=none", shell.url, "CCC"), 64)
      try expect(shell.weftp("--version"), 0, "weftp \(weftVersion)\n")
      // The words of the whole program, although a command is read by itself.
      for (words, said) in [(["ls", "--bogus"], "Usage: weftp ls"), (["ls", "--help"], "USAGE: weftp ls")] {
        let told = try shell.weftp(words)
        #expect((told.output + told.errors).contains(said))
      }
      // A link to somewhere is not written through.
      let clear = "ftp://alice@127.0.0.1:\(shell.server.endpoint.port)/"
      try expect(shell.weftp("ls", "--tls=off", clear), 0, "data.bin\ndir\n")
      let result = try shell.weftp("ls", "-v", "--tls=off", clear)
      #expect(result.errors.contains("> PASS ****"))
      #expect(!result.errors.contains(Server.password))
    }
  }

  @Test func aScriptSendsNoPasswordInClearUnasked() async throws {
    try await Blocking.run {
      try Server.with(Server.Options(settings: ["tls.mode=off"])) { server in
        let shell = Shell(server: server, local: try TemporaryDirectory())
        let clear = "ftp://alice@127.0.0.1:\(server.endpoint.port)/"
        try expect(shell.weftp("ls", clear), 77)
        try expect(shell.weftp("ls", shell.url), 77)
        try expect(shell.weftp("ls", "--tls=off", clear), 0)
      }
    }
  }

  @Test func netrcIsRefusedUnlessItIsPrivate() async throws {
    try await with { shell in
      try shell.local.write(".netrc", "machine 127.0.0.1 login alice password \(Server.password)\n", mode: 0o644)
      let url = "ftpes://127.0.0.1:\(shell.server.endpoint.port)/"
      try expect(shell.weftp("ls", "--trust=none", url, password: nil), 78)
      try require(chmod(shell.local.path(of: ".netrc"), 0o600) == 0, "chmod")
      try expect(shell.weftp("ls", "--trust=none", url, password: nil), 0, "data.bin\ndir\n")
      try expect(shell.weftp("put", "--trust=none", ".netrc", url + "n", password: nil), 0)
    }
  }

  @Test func whoeverIsKilledInAnUploadGoesOn() async throws {
    try await with { shell in
      try shell.local.write("large", pattern(60_000_000, seed: 5))
      let program = try #require(builtProgram("weftp"))
      for _ in 0..<10 {
        let child = try ChildProcess(
          [program, "put", "--trust=none", "-q", "large", shell.url],
          environment: ["HOME": shell.local.path, "WEFTP_PASSWORD": Server.password], directory: shell.local.path)
        _ = child.waitForExit(patience: .milliseconds(Int.random(in: 50...400)))
        child.signal(SIGKILL)
        _ = child.waitForExit(patience: .seconds(20))
        if shell.server.root.exists("large") { break }
      }
      // The server may still be at work on the last piece of the one that was killed.
      let isThere = Deadline.after(.seconds(60)).until {
        guard let result = try? shell.weftp("put", "--trust=none", "-q", "large", shell.url) else { return false }
        return result.exitCode == 0
      }
      try require(isThere, "it never went through")
      #expect(try shell.server.root.read("large") == pattern(60_000_000, seed: 5))
    }
  }

  @Test func aFlippedByteInThePartIsFoundAndRepaired() async throws {
    try await with { shell in
      var part = Array(pattern(1_234_567).prefix(1_000_000))
      part[333_333] ^= 0x10
      try shell.local.write(".data.bin.weftp-part", part)
      try expect(shell.weftp("get", "--trust=none", "-q", shell.url + "data.bin"), 0)
      #expect(try shell.local.read("data.bin") == pattern(1_234_567))
      // The other way: what the server has of it is not its beginning.
      try shell.server.root.write("up.bin", part)
      try expect(shell.weftp("put", "--trust=none", "-q", "data.bin", shell.url + "up.bin"), 0)
      #expect(try shell.server.root.read("up.bin") == pattern(1_234_567))
    }
  }

  @Test func jsonOfSingleCommands() async throws {
    try await with { shell in
      let (trust, path) = ("--trust=none", shell.url + "dir/a.txt")
      try expect(
        shell.weftp("hash", trust, "--json", "--algorithm", "MD5", path), 0,
        #"{"path":"dir/a.txt","algorithm":"MD5","digest":"b1946ac92492d2347c6235b4d2611184"}"# + "\n")
      try expect(shell.weftp("quote", trust, "--json", shell.url, "NOOP"), 0, #"{"code":200,"lines":["OK."]}"# + "\n")
      try expect(
        shell.weftp("get", trust, "-q", "--json", path), 0, #"{"name":"a.txt","bytes":6,"size":6}"# + "\n")
      let check = try shell.weftp("check", trust, "--json", shell.url)
      #expect(check.exitCode == 0 && check.output.contains(#""machineListings":true"#))
    }
  }

  @Test func overIPv6() async throws {
    try await Blocking.run {
      let root = try TemporaryDirectory()
      try root.write("a", pattern(300_000))
      var options = Server.Options()
      options.listen = ["[::1]:0"]
      try Server.with(options, root: root) { server in
        let shell = Shell(server: server, local: try TemporaryDirectory())
        let url = "ftpes://alice@[::1]:\(server.endpoint.port)/"
        for mode in ["--passive", "--active"] {
          try expect(shell.weftp("get", "--trust=none", "-q", mode, "-o", "b", url + "a"), 0)
          #expect(try shell.local.read("b") == pattern(300_000))
          try expect(shell.weftp("put", "--trust=none", "-q", mode, "b", url + "c"), 0)
          #expect(try root.read("c") == pattern(300_000))
        }
      }
    }
  }

  @Test func whoeverIsKilledGoesOn() async throws {
    try await with { shell in
      try shell.server.root.write("large", pattern(60_000_000, seed: 4))
      let program = try #require(builtProgram("weftp"))
      for _ in 0..<10 {
        let child = try ChildProcess(
          [program, "get", "--trust=none", "-q", shell.url + "large"],
          environment: ["HOME": shell.local.path, "WEFTP_PASSWORD": Server.password], directory: shell.local.path)
        _ = child.waitForExit(patience: .milliseconds(Int.random(in: 50...400)))
        child.signal(SIGKILL)
        _ = child.waitForExit(patience: .seconds(20))
        if shell.local.exists("large") { break }
      }
      try expect(shell.weftp("get", "--trust=none", "-q", shell.url + "large"), 0)
      #expect(try shell.local.read("large") == pattern(60_000_000, seed: 4))
      #expect(try shell.local.names().filter { $0.hasSuffix("part") } == [])
    }
  }
}
