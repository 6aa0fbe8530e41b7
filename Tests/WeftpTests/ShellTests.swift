// The shell as a script sees it, and the commands that came with it, against a real weftpd.

import Glibc
import LinuxSystem
import TestSupport
import Testing

extension CommandTests {
  @Suite(.onThreads, .timeLimit(.minutes(5))) struct ShellTests {
    private let commands = CommandTests()

    private func script(_ shell: Shell, _ lines: String, _ options: String...) throws -> CommandResult {
      try shell.weftp2(["script", "--trust=none"] + options + ["-"], input: lines)
    }

    @Test func linesRunOneAfterTheOther() async throws {
      try await commands.with { shell in
        let result = try script(
          shell,
          """
          # where it begins
          open \(shell.url)
          pwd
          ls
          cd dir
          pwd
          get a.txt
          !cat a.txt
          mkdir "new dir"
          put a.txt -o 'new dir/'
          ls new\\ dir
          cd ..
          ls dir
          cd -
          rm -r 'new dir'
          quote NOOP
          exit
          nothing behind it is run
          """)
        try commands.expect(result, 0, "/\ndata.bin\ndir\n/dir\nhello\na.txt\na.txt\nnew dir\n200 OK.\n")
      }
    }

    @Test func theFirstFailureEndsAScript() async throws {
      try await commands.with { shell in
        let lines = "open \(shell.url)\ncat missing\nls\n"
        try commands.expect(script(shell, lines), 72)
        try commands.expect(script(shell, lines, "--keep-going"), 72, "data.bin\ndir\n")
        try commands.expect(script(shell, "ls\n"), 64)
        try commands.expect(script(shell, "open \(shell.url)\nno-such-command\n"), 64)
        try commands.expect(script(shell, "get 'open quote\n"), 64)
      }
    }

    @Test func jobsRunInTheBackground() async throws {
      try await commands.with { shell in
        let lines = "open \(shell.url)\nget data.bin &\nget dir/a.txt &\nwait\nqueue get dir/a.txt -o b\nwait\n!ls\n"
        try commands.expect(script(shell, lines), 0, "a.txt\nb\ndata.bin\n")
        #expect(try shell.local.read("data.bin") == pattern(1_234_567))
        try commands.expect(script(shell, "open \(shell.url)\ncat missing &\nwait\n"), 72)
      }
    }

    @Test func ctrlCReachesTheCommandThatRuns() async throws {
      try await commands.with { shell in
        try shell.server.root.makeSparse("huge", size: 8 << 30)
        try shell.local.write("lines", "open \(shell.url)\nls\nget huge\nls\n")
        let program = try #require(builtProgram("weftp"))
        let child = try ChildProcess(
          [program, "script", "--trust=none", "lines"],
          environment: ["HOME": shell.local.path, "WEFTP_PASSWORD": Server.password], directory: shell.local.path)
        let part = shell.local.path(of: ".huge.weftp-part")
        let hasBegun = Deadline.after(.seconds(60)).until { (try? File.status(at: part).size).map { $0 > 0 } ?? false }
        try require(hasBegun, "nothing came: \(child.errorText)")
        child.signal(SIGINT)
        let code = child.waitForExit(patience: .seconds(60))
        try require(code == 130, "\(String(describing: code)): \(child.errorText)")
        #expect(child.errorText.contains("goes on where this one stopped"))
        #expect(shell.local.exists(".huge.weftp-part"))
      }
    }

    @Test func mirrorsInTheShell() async throws {
      try await commands.with { shell in
        let lines = "open \(shell.url)\nmirror -q dir copy\n!echo new > copy/n\nmirror -q -R copy dir\nls dir\n"
        try commands.expect(script(shell, lines), 0, "a.txt\nn\n")
      }
    }

    @Test func passwordsStayHiddenInDebug() async throws {
      try await commands.with { shell in
        let result = try script(shell, "debug on\nopen \(shell.url)\nls\n")
        #expect(result.errors.contains("> PASS ****"))
        #expect(result.errors.contains("> MLSD"))
        #expect(!result.errors.contains(Server.password))
      }
    }

    @Test func treesAndFiles() async throws {
      try await commands.with { shell in
        let trust = "--trust=none"
        try commands.expect(shell.weftp("find", trust, shell.url), 0, "data.bin\ndir\ndir/a.txt\n")
        try commands.expect(shell.weftp("find", trust, "--name", "*.txt", shell.url), 0, "dir/a.txt\n")
        try commands.expect(shell.weftp("find", trust, "--type", "f", "--min-size", "1M", shell.url), 0, "data.bin\n")
        try commands.expect(shell.weftp("find", trust, "-0", "--older", "1d", shell.url), 0)
        try commands.expect(shell.weftp("du", trust, shell.url), 0, "1234573\t.\n6\tdir\n")
        try commands.expect(
          shell.weftp("du", trust, "-s", "--json", shell.url), 0,
          #"[{"path":"","bytes":1234573,"files":2}]"# + "\n")
        try shell.local.write("a.txt", "hello\n")
        let path = shell.url + "dir/a.txt"
        try commands.expect(shell.weftp("verify", trust, "a.txt", path), 0, "the same, by SHA-256\n")
        try commands.expect(
          shell.weftp("verify", trust, "a.txt", shell.url + "data.bin"), 65, "different, by SHA-256\n")
        try commands.expect(shell.weftp("touch", trust, "--time", "2020-02-03T04:05", path, shell.url + "new"), 0)
        let listing = try shell.weftp("ls", trust, "-l", "--json", shell.url + "dir")
        #expect(listing.output.contains(#""modified":1580702700"#))
        #expect(try shell.server.root.read("new") == [])
        try commands.expect(shell.weftp("touch", trust, "-c", shell.url + "missing"), 72)
      }
    }

    @Test func fromServerToServer() async throws {
      try await commands.with { shell in
        let trust = "--trust=none"
        try commands.expect(shell.weftp("cp", trust, "-q", shell.url + "data.bin", shell.url + "dir/"), 0)
        #expect(try shell.server.root.read("dir/data.bin") == pattern(1_234_567))
        try commands.expect(shell.weftp("cp", trust, "-q", "--verify", shell.url + "data.bin", shell.url + "d2"), 0)
        try commands.expect(shell.weftp("mirror", trust, "-q", shell.url + "dir", shell.url + "other/place"), 0)
        #expect(try shell.server.root.read("other/place/data.bin") == pattern(1_234_567))
        let again = try shell.weftp("mirror", trust, "--json", shell.url + "dir", shell.url + "other/place")
        let outcome = #"{"copied":0,"bytes":0,"removed":0,"unchanged":2,"failed":[],"commands":"#
        try require(again.exitCode == 0 && again.output.hasPrefix(outcome), again.output + again.errors)
        try commands.expect(shell.weftp("cp", trust, "-q", shell.url + "dir/a.txt", "here"), 0)
        try commands.expect(shell.weftp("cp", trust, "-q", "here", shell.url + "there"), 0)
        #expect(try shell.server.root.read("there") == bytes("hello\n"))
      }
    }

    @Test func whatDiffersByContentsIsFound() async throws {
      try await commands.with { shell in
        let trust = "--trust=none"
        try commands.expect(shell.weftp("mirror", trust, "-q", shell.url, "copy"), 0)
        var changed = pattern(1_234_567)
        changed[77] ^= 1
        try shell.local.write("copy/data.bin", changed)
        try commands.expect(shell.weftp("mirror", trust, "--compare=size", "--dry-run", shell.url, "copy"), 0)
        try commands.expect(
          shell.weftp("mirror", trust, "--compare=hash", "--dry-run", shell.url, "copy"), 0, "copy   data.bin\n")
        try commands.expect(shell.weftp("mirror", trust, "-q", "--compare=hash", shell.url, "copy"), 0)
        #expect(try shell.local.read("copy/data.bin") == pattern(1_234_567))
      }
    }

    @Test func aFileIsEdited() async throws {
      try await commands.with { shell in
        let path = shell.url + "dir/a.txt"
        try commands.expect(shell.weftp2(["edit", "--trust=none", path], editor: "sed -i s/hello/bye/"), 0)
        #expect(try shell.server.root.read("dir/a.txt") == bytes("bye\n"))
        try commands.expect(shell.weftp2(["edit", "--trust=none", path], editor: "true"), 0)
        // An editor that fails says nothing of its own.
        let failed = try shell.weftp2(["edit", "--trust=none", path], editor: "sh -c 'exit 3'")
        try require(failed.exitCode == 3 && failed.errors.contains("nothing was sent"), failed.errors)
        // Somebody else writes meanwhile: nothing is lost.
        let other = "sh -c 'echo longer text > \(shell.server.root.path(of: "dir/a.txt")); echo mine > \"$0\"'"
        let result = try shell.weftp2(["edit", "--trust=none", path], editor: other)
        try require(result.exitCode == 65, result.errors)
        #expect(try shell.server.root.read("dir/a.txt") == bytes("longer text\n"))
        #expect(result.errors.contains("what you have written is in"))
      }
    }

    @Test func bookmarksAndTheQueue() async throws {
      try await commands.with { shell in
        try commands.expect(shell.weftp("bookmark", "add", "work", shell.url + "dir"), 0)
        try commands.expect(shell.weftp("bookmark"), 0, "work  \(shell.url)dir\n")
        try commands.expect(shell.weftp("cat", "--trust=none", "work:a.txt"), 0, "hello\n")
        try commands.expect(shell.weftp("bookmark", "add", "x", "ftp://a:secret@host/"), 64)
        try commands.expect(shell.weftp("queue", "add", "get", "--trust=none", "work:missing"), 0)
        try commands.expect(shell.weftp("queue", "add", "get", "--trust=none", "work:a.txt"), 0)
        try commands.expect(shell.weftp("queue", "run", "--keep-going"), 72)
        #expect(try shell.local.read("a.txt") == bytes("hello\n"))
        let rest = try shell.weftp("queue", "--json")
        #expect(rest.output.contains("work:missing") && !rest.output.contains("a.txt"))
        try commands.expect(shell.weftp("queue", "remove", "1"), 0)
        try commands.expect(shell.weftp("queue", "list"), 0)
        try commands.expect(shell.weftp("bookmark", "remove", "work"), 0)
      }
    }

    @Test func manyFilesOfOneCommand() async throws {
      try await commands.with { shell in
        for index in 0..<40 { try shell.local.write("s\(index)", pattern(index * 321, seed: UInt64(index))) }
        let names = (0..<40).map { "s\($0)" }
        try commands.expect(shell.weftp2(["put", "--trust=none", "-q"] + names + [shell.url + "dir/"]), 0)
        for (index, name) in names.enumerated() {
          try require(shell.server.root.read("dir/\(name)") == pattern(index * 321, seed: UInt64(index)), name)
        }
        try shell.local.makeDirectory("down")
        try commands.expect(shell.weftp("get", "--trust=none", "-q", "-P", "3", "-o", "down", shell.url + "dir/s*"), 0)
        for (index, name) in names.enumerated() {
          try require(shell.local.read("down/\(name)") == pattern(index * 321, seed: UInt64(index)), name)
        }
        // Once more, into what is there.
        try commands.expect(
          shell.weftp("get", "--trust=none", "-q", "--no-clobber", "-o", "down", shell.url + "dir/s*"), 1)
      }
    }

    @Test func completionScripts() async throws {
      try await commands.with { shell in
        for name in ["bash", "zsh", "fish"] {
          let result = try shell.weftp("completion", name)
          try require(result.exitCode == 0 && result.output.contains("mirror"), name)
        }
      }
    }
  }
}

extension CommandTests.Shell {
  func weftp2(_ arguments: [String], input: String? = nil, editor: String? = nil) throws -> CommandResult {
    let program = try #require(builtProgram("weftp"), "weftp is not built")
    var environment = ["HOME": local.path, "WEFTP_PASSWORD": Server.password]
    if let editor { environment["EDITOR"] = editor }
    return try TestSupport.run(
      [program] + arguments, environment: environment, directory: local.path, input: input.map { Array($0.utf8) })
  }
}
