// The commands that only a shell has.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem

/// A command of the shell itself.
struct Builtin: Sendable {
  let names: [String]
  let usage: String
  let help: String
  let run: @Sendable (Shell, [ShellWords.Word]) async throws -> Void

  static func find(_ name: String) -> Builtin? { all.first { $0.names.contains(name) } }

  static let all: [Builtin] = [
    Builtin(names: ["open"], usage: "open URL", help: "connect to a server") { shell, words in
      guard let text = words.first?.text else { throw usageError("open URL") }
      // In a shell, what has no scheme is a path; here it is a host.
      guard let url = ServerURL(text.contains("://") ? text : "ftp://\(text)") else {
        throw ClientError(.usage, "that is no URL of a server: it looks like ftpes://user@host/path")
      }
      try await shell.state.open(url)
    },
    Builtin(names: ["close", "disconnect"], usage: "close", help: "end the connection") { shell, _ in
      await shell.state.forget()
    },
    Builtin(names: ["cd"], usage: "cd [DIRECTORY|-]", help: "change the directory on the server") { shell, words in
      switch words.first?.text {
      case nil: try await shell.state.change(to: shell.state.home.bytes)
      case "-"?:
        guard let before = shell.state.previous else { throw ClientError(.usage, "there was no directory before") }
        try await shell.state.change(to: before.bytes)
      case let name?: try await shell.state.change(to: Array(name.utf8))
      }
    },
    Builtin(names: ["pwd"], usage: "pwd", help: "show the directory on the server") { shell, _ in
      guard let base = shell.state.base else { throw ClientError(.usage, "there is no connection: open URL") }
      var url = base
      url.path = shell.state.directory
      Output.line("", name: url.path.bytes)
    },
    Builtin(names: ["lcd"], usage: "lcd [DIRECTORY]", help: "change the directory here") { shell, words in
      guard shell.jobs.isIdle else { throw ClientError(.usage, "jobs are at work in this directory: wait for them") }
      let path = words.first?.text ?? KnownServers.environment("HOME") ?? "/"
      guard chdir(path) == 0 else {
        throw ClientError(.localFile, "\(path): cannot be entered", cause: SystemError(code: errno, call: "chdir"))
      }
    },
    Builtin(names: ["lpwd"], usage: "lpwd", help: "show the directory here") { _, _ in
      guard let path = getcwd(nil, 0) else { throw ClientError(.localFile, "the directory here is gone") }
      defer { free(path) }
      Output.line(String(cString: path))
    },
    Builtin(names: ["lls"], usage: "lls [ARGUMENT…]", help: "list a directory here (ls)") { _, words in
      try await LocalProgram.run(["ls"] + words.map(\.text))
    },
    Builtin(names: ["!"], usage: "!COMMAND", help: "run a command here; alone, a shell") { _, words in
      let line = words.first?.text ?? ""
      let shell = KnownServers.environment("SHELL") ?? "/bin/sh"
      try await LocalProgram.run(line.isEmpty ? [shell] : [shell, "-c", line])
    },
    Builtin(names: ["jobs"], usage: "jobs", help: "what runs in the background (COMMAND &)") { shell, _ in
      for job in shell.jobs.all {
        Output.line("[\(job.number)] \(job.code.map { $0 == 0 ? "done" : "failed" } ?? "running")  \(job.line)")
      }
    },
    Builtin(names: ["wait"], usage: "wait [JOB]", help: "wait for a job, or for all") { shell, words in
      let code: Int32
      if let word = words.first {
        guard let number = Int(word.text), let found = await shell.jobs.wait(for: number) else {
          throw ClientError(.usage, "there is no job \(word.text)")
        }
        code = found
      } else {
        code = await shell.jobs.waitForAll()
      }
      if code != 0 { throw ExitCode(code) }
    },
    Builtin(names: ["kill"], usage: "kill JOB|all", help: "end a job") { shell, words in
      guard let word = words.first?.text else { throw usageError("kill JOB|all") }
      if word == "all" { return shell.jobs.cancelAll() }
      guard let number = Int(word), shell.jobs.cancel(number) else {
        throw ClientError(.usage, "there is no job \(word)")
      }
    },
    Builtin(
      names: ["queue"], usage: "queue [COMMAND…|clear]", help: "run commands one after the other in the background"
    ) { shell, words in
      guard let first = words.first else {
        for line in shell.jobs.queued { Output.line(line) }
        return
      }
      if first.text == "clear", words.count == 1 { return shell.jobs.clearQueue() }
      shell.enqueue(words.map { $0.isQuoted ? ShellWords.quoted($0.text) : $0.text }.joined(separator: " "))
    },
    Builtin(names: ["set"], usage: "set [NAME [VALUE]]", help: "show or change settings") { shell, words in
      guard let name = words.first?.text else {
        for (name, value) in shell.state.settings { Output.line("\(name) \(value)") }
        return
      }
      guard words.count > 1 else { throw usageError("set NAME VALUE") }
      try await shell.state.set(name, words[1].text)
    },
    Builtin(names: ["site"], usage: "site WORD…", help: "say SITE and show the answer") { shell, words in
      try await shell.say("SITE", words.map(\.text))
    },
    Builtin(names: ["quote"], usage: "quote COMMAND…", help: "say a command and show the answer") { shell, words in
      guard let first = words.first, let verb = Verb(Array(first.text.utf8)) else {
        throw ClientError(.usage, "that is no command of FTP")
      }
      try await shell.say(verb, words.dropFirst().map(\.text))
    },
    Builtin(names: ["passive"], usage: "passive", help: "the client connects for data") { shell, _ in
      await shell.state.change { ($0.passive, $0.active) = (true, false) }
    },
    Builtin(names: ["active"], usage: "active", help: "the server connects for data") { shell, _ in
      await shell.state.change { ($0.passive, $0.active) = (false, true) }
    },
    Builtin(names: ["auto"], usage: "auto", help: "passive, and active if that fails") { shell, _ in
      await shell.state.change { ($0.passive, $0.active) = (false, false) }
    },
    Builtin(names: ["debug", "verbose"], usage: "debug [on|off]", help: "show commands and answers") { shell, words in
      switch words.first?.text {
      case "on"?: shell.state.shows.store(true, ordering: .relaxed)
      case "off"?: shell.state.shows.store(false, ordering: .relaxed)
      case nil: shell.state.shows.store(!shell.state.shows.load(ordering: .relaxed), ordering: .relaxed)
      default: throw usageError("debug [on|off]")
      }
      Output.note("commands and answers are \(shell.state.shows.load(ordering: .relaxed) ? "shown" : "not shown")")
    },
    Builtin(names: ["history"], usage: "history", help: "what was typed") { _, _ in },
    Builtin(names: ["exit", "quit", "bye"], usage: "exit", help: "leave") { _, _ in },
    Builtin(names: ["help", "?"], usage: "help [COMMAND]", help: "this list") { _, words in
      if let name = words.first?.text {
        if let builtin = find(name) { return Output.line("\(builtin.usage)\n\(builtin.help)") }
        throw CleanExit.message(Weftp.helpMessage(for: try command(name)))
      }
      for builtin in all { Output.line(padded(builtin.usage) + builtin.help) }
      for command in Weftp.configuration.subcommands {
        guard let name = command.configuration.commandName, Shell.remoteCommands.contains(name), find(name) == nil
        else {
          continue
        }
        Output.line(padded(name) + command.configuration.abstract)
      }
    },
  ]

  private static func command(_ name: String) throws -> any ParsableCommand.Type {
    let found = Weftp.configuration.subcommands.first {
      $0.configuration.commandName == name || $0.configuration.aliases.contains(name)
    }
    guard let found else { throw ClientError(.usage, "there is no command \(name)") }
    return found
  }

  private static func padded(_ text: String) -> String {
    text + String(repeating: " ", count: max(1, 28 - TextWidth.of(text)))
  }

  private static func usageError(_ text: String) -> ClientError { ClientError(.usage, "it is: \(text)") }
}

extension Shell {
  /// Says a command of FTP and shows the answer.
  func say(_ verb: Verb, _ words: [String]) async throws {
    let argument = Array(words.joined(separator: " ").utf8)
    let reply = try await state.with { session in try await session.quote(verb, argument) }
    for line in reply.lines { Output.line("\(reply.code) ", name: line) }
    if reply.kind != .completion, reply.kind != .intermediate { throw ExitCode(77) }
  }

  /// Adds a line to the queue, and begins to run it if it is at rest.
  func enqueue(_ line: String) {
    guard jobs.enqueue(line) else { return }
    let own = state.copy()
    _ = jobs.start("queue") { [self] in
      var first: Int32 = 0
      while let line = jobs.dequeue() {
        let code = await runInBackground(ShellWords(line), own.copy())
        if first == 0 { first = code }
        if Task.isCancelled { break }
      }
      return first
    }
  }
}

/// Programs of this host, with the terminal of the shell.
enum LocalProgram {
  /// Runs a program and waits for it.
  ///
  /// - Throws: its exit code, if that is not 0.
  static func run(_ words: [String]) async throws {
    let status = await Blocking.run { () -> Int32 in
      var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
      defer { for argument in arguments { free(argument) } }
      var attributes = posix_spawnattr_t()
      guard posix_spawnattr_init(&attributes) == 0 else { return 127 << 8 }
      defer { posix_spawnattr_destroy(&attributes) }
      // Ctrl-C is the program's business again, and a broken pipe ends it.
      var signals = sigset_t()
      sigemptyset(&signals)
      for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, number) }
      posix_spawnattr_setsigdefault(&attributes, &signals)
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
      var process: pid_t = 0
      guard posix_spawnp(&process, words[0], nil, &attributes, &arguments, environ) == 0 else { return 127 << 8 }
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0 { if errno != EINTR { return 127 << 8 } }
      return status
    }
    let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    if code != 0 { throw ExitCode(code) }
  }
}
