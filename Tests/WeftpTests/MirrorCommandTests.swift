// weftp mirror as a shell sees it: what it goes on to copy when it watches, and the options that say what is copied.

import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct MirrorCommandTests {
  private typealias Shell = CommandTests.Shell

  private func with(_ body: @escaping @Sendable (CommandTests.Shell) throws -> Void) async throws {
    try await CommandTests().with(body)
  }

  /// Runs `body` beside a mirror that watches, and ends it as Ctrl-C would.
  private func watching(_ shell: Shell, _ arguments: [String], _ body: () throws -> Void) throws {
    let program = try #require(builtProgram("weftp"))
    let child = try ChildProcess(
      [program, "mirror", "--trust=none", "--watch", "1"] + arguments,
      environment: ["HOME": shell.local.path, "WEFTP_PASSWORD": Server.password], directory: shell.local.path)
    defer {
      child.signal(SIGKILL)
      _ = child.waitForExit(patience: .seconds(20))
    }
    do { try body() } catch { throw TestFailure("\(error); weftp said: \(child.errorText)") }
    child.signal(SIGINT)
    let status = try #require(child.waitForExit(patience: .seconds(60)), "Ctrl-C does not end it")
    #expect(status == 130, "ended with \(status)")
  }

  private func until(_ what: String, _ condition: () -> Bool) throws {
    let isSo = Deadline.after(.seconds(60)).until {
      if condition() { return true }
      poll(nil, 0, 50)
      return false
    }
    try require(isSo, "it did not come to be that \(what)")
  }

  @Test func upwardsAtEachChange() async throws {
    try await with { shell in
      try shell.local.makeDirectory("tree")
      try shell.local.write("tree/first", "1")
      let root = shell.server.root
      try watching(shell, ["--delete", "tree", shell.url + "mirrored"]) {
        try until("the first file is there") { (try? root.read("mirrored/first")) == bytes("1") }
        // In a directory that was not there when the watch began, and whose name is no text.
        let name: [UInt8] = Array((shell.local.path + "/tree/d").utf8) + [0xFF]
        try require(mkdir(name.map { CChar(bitPattern: $0) } + [0], 0o755) == 0, "mkdir")
        try until("the directory is there") { (try? root.names(in: "mirrored").count) == 2 }
        let file = (name + Array("/inner".utf8)).map { CChar(bitPattern: $0) } + [0]
        let number = open(file, O_CREAT | O_WRONLY, 0o644)
        try require(number >= 0, "open")
        close(number)
        try shell.local.write("tree/second", pattern(400_000))
        try until("the second file is there") { (try? root.read("mirrored/second")) == pattern(400_000) }
        try require(unlink(shell.local.path(of: "tree/first")) == 0, "unlink")
        try until("the first file is gone") { !root.exists("mirrored/first") }
      }
    }
  }

  @Test func downwardsEveryFewSeconds() async throws {
    try await with { shell in
      try watching(shell, [shell.url + "dir", "copy"]) {
        try until("the file is here") { (try? shell.local.read("copy/a.txt")) == bytes("hello\n") }
        try shell.server.root.write("dir/b.txt", "more\n")
        try until("the second file is here") { (try? shell.local.read("copy/b.txt")) == bytes("more\n") }
      }
    }
  }

  @Test func patternsFromAFile() async throws {
    try await with { shell in
      try shell.local.write("patterns", "# not these\n\n  *.bin \ndir\n")
      let plan = try shell.weftp(
        "mirror", "--trust=none", "--dry-run", "--exclude-from", "patterns", "--include", "dir", shell.url, "copy")
      #expect(plan.exitCode == 0, "\(plan.errors)")
      #expect(plan.output == "mkdir  dir\ncopy   dir/a.txt\n")
      let missing = try shell.weftp("mirror", "--trust=none", "--exclude-from", "nothing", shell.url, "copy")
      #expect(missing.exitCode == 66, "\(missing.errors)")
    }
  }

  @Test func linksAndPermissions() async throws {
    try await with { shell in
      try shell.local.makeDirectory("tree")
      try shell.local.write("tree/f", "f", mode: 0o604)
      try require(symlink("f", shell.local.path(of: "tree/l")) == 0, "symlink")
      let skipping = try shell.weftp("mirror", "--trust=none", "tree", shell.url + "a")
      #expect(skipping.exitCode == 0 && skipping.errors.contains("l is left alone"), "\(skipping.errors)")
      #expect(try shell.server.root.names(in: "a") == ["f"])
      let keeping = try shell.weftp(
        "mirror", "--trust=none", "--links", "keep", "--perms", "--json", "tree", shell.url + "b")
      #expect(keeping.exitCode == 0, "\(keeping.errors)")
      var status = stat()
      try require(lstat(shell.server.root.path(of: "b/l"), &status) == 0, "no link")
      #expect(status.st_mode & S_IFMT == S_IFLNK)
      try require(stat(shell.server.root.path(of: "b/f"), &status) == 0, "no file")
      #expect(status.st_mode & 0o777 == 0o604)
      let again = try shell.weftp(
        "mirror", "--trust=none", "--links=keep", "--perms", "tree", shell.url + "b")
      #expect(again.errors.contains("0 copied (0 B), 0 removed, 2 unchanged, 0 failed; "), "\(again.errors)")
      let following = try shell.weftp("mirror", "--trust=none", "-q", "--links=follow", "tree", shell.url + "c")
      #expect(following.exitCode == 0, "\(following.errors)")
      #expect(try shell.server.root.read("c/l") == bytes("f"))
    }
  }
}
