// Runs lines: those of a person at a terminal, or of a script. Finds the command of each and says what went wrong.

import ArgumentParser
import Dispatch
import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem

/// One shell, from its first line to its last.
final class Shell: Sendable {
  let state: ShellState
  let jobs = Jobs()
  /// Somebody types the lines.
  let isInteractive: Bool

  init(_ arguments: ConnectionArguments, isInteractive: Bool) throws {
    state = try ShellState(arguments)
    self.isInteractive = isInteractive
  }

  /// How a line ended.
  enum Outcome: Equatable {
    case went(Int32)
    case leave
  }

  /// Runs one line.
  func run(_ line: String) async -> Outcome {
    let parsed = ShellWords(line)
    if parsed.openQuote != nil { return fail(.usage, "a quote is not closed") }
    guard let name = parsed.words.first?.text else { return .went(0) }
    if ["exit", "quit", "bye"].contains(name) { return .leave }
    if parsed.isBackground { return .went(await start(line, parsed)) }
    do {
      try await ShellState.$current.withValue(state) { try await execute(parsed) }
      return .went(0)
    } catch { return .went(Shell.tell(error)) }
  }

  /// Runs a line in the background, with a connection of its own.
  private func start(_ line: String, _ parsed: ShellWords) async -> Int32 {
    let words = ShellWords(Shell.withoutAmpersand(line))
    let own = state.copy()
    let number = jobs.start(Shell.withoutAmpersand(line)) { [self] in await runInBackground(words, own) }
    if isInteractive { Output.note("[\(number)] started") }
    return 0
  }

  func runInBackground(_ words: ShellWords, _ own: ShellState) async -> Int32 {
    let code: Int32 = await Interruption.$handlesSignals.withValue(false) {
      await ShellState.$current.withValue(own) {
        do {
          try await execute(words)
          return 0
        } catch { return Shell.tell(error) }
      }
    }
    await own.close()
    return code
  }

  static func withoutAmpersand(_ line: String) -> String {
    var text = line.trimmingBlanks()
    if text.hasSuffix("&") { text.removeLast() }
    return text.trimmingBlanks()
  }

  private func execute(_ parsed: ShellWords) async throws {
    guard let name = parsed.words.first?.text else { return }
    if let builtin = Builtin.find(name) {
      // Ctrl-C ends this, too.
      let words = Array(parsed.words.dropFirst())
      try await Interruption.run { try await builtin.run(self, words) }
      return
    }
    var words = parsed.texts
    if name == "mget" { words[0] = "get" }
    if name == "mput" { words[0] = "put" }
    if words[0] == "put" { words = try Shell.expandLocally(parsed, named: "put") }
    words.insert(contentsOf: (ShellState.current ?? state).defaults(for: words[0]), at: 1)
    guard Shell.remoteCommands.contains(words[0]) else {
      throw ClientError(.usage, "there is no command \(name): help lists them")
    }
    var command = try Weftp.parseAsRoot(VerifyWord.spelled(words))
    if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
  }

  /// The commands of weftp that a shell has, too, by all their names.
  static let remoteCommands: Set<String> = {
    var names: Set<String> = []
    for command in Weftp.configuration.subcommands where command.configuration.commandName != "shell" {
      if let name = command.configuration.commandName { names.insert(name) }
      names.formUnion(command.configuration.aliases)
    }
    return names.subtracting(["open", "queue", "script", "completion"])
  }()

  /// Patterns become the names of files here; what fits nothing stays as it is.
  static func expandLocally(_ parsed: ShellWords, named name: String) throws -> [String] {
    var words = [name]
    for word in parsed.words.dropFirst() {
      guard !word.isQuoted, Glob.hasMagic(Array(word.text.utf8)), !word.text.contains("://") else {
        words.append(word.text)
        continue
      }
      let (directory, pattern) = Place.split(word.text)
      let glob = Glob(pattern)
      let names = try LocalDirectory(directory).names().filter { glob.matches($0) }
        .sorted { $0.lexicographicallyPrecedes($1) }
      let prefix =
        directory == "." && !word.text.hasPrefix("./") ? "" : directory.hasSuffix("/") ? directory : "\(directory)/"
      words += names.isEmpty ? [word.text] : names.map { prefix + String(decoding: $0, as: UTF8.self) }
    }
    return words
  }

  private func fail(_ code: ClientError.Code, _ words: String) -> Outcome {
    .went(Shell.tell(ClientError(code, words)))
  }

  /// Says what went wrong, unless the command has said so itself. Gives the exit code for it.
  static func tell(_ error: any Error) -> Int32 {
    if let code = error as? ExitCode { return code.rawValue }
    if let error = error as? ClientError {
      Output.error("\(error)")
      return ExitCode(error).rawValue
    }
    let code = Weftp.exitCode(for: error)
    let message = Weftp.fullMessage(for: error)
    if !message.isEmpty { Output.write(code == .success ? 1 : 2, Array((message + "\n").utf8)) }
    return code == .success ? 0 : code.rawValue == 1 ? 64 : code.rawValue
  }

  /// Ends everything: background jobs are waited for in a script, and cancelled by a person who leaves.
  func end() async {
    if isInteractive { jobs.cancelAll() }
    _ = await jobs.waitForAll()
    await state.close()
  }
}

// A person at a terminal.
extension Shell {
  /// Asks for lines until the person leaves.
  func interact() async {
    let history = HistoryBox(History(History.defaultPath))
    let completer = Completer(self)
    while true {
      for line in jobs.news() { Output.note(line) }
      let prompt = prompt
      let lines = history.lines
      let answer = await Blocking.run {
        LineEditor(complete: { completer.complete($0) }).read(prompt: prompt, history: lines)
      }
      switch answer {
      case .ended: return
      case .interrupted: continue
      case .line(let line):
        if line.allSatisfy({ $0 == " " }) { continue }
        history.add(line)
        if line == "history" {
          for (index, line) in history.lines.enumerated() { Output.line("\(index + 1)  \(line)") }
          continue
        }
        if await run(line) == .leave {
          if jobs.isIdle { return }
          Output.note("there are jobs still: wait for them, or exit again to end them")
          jobs.warnOnce()
          if jobs.wasWarnedTwice { return }
        }
      }
    }
  }

  private var prompt: String {
    guard let base = state.base else { return "weftp> " }
    let user = base.user.map { Output.printable($0) + "@" } ?? ""
    return "weftp \(user)\(base.host):\(Output.printable(state.directory.bytes))> "
  }
}

/// History that a command may add to.
private final class HistoryBox {
  private var history: History
  init(_ history: History) { self.history = history }
  var lines: [String] { history.lines }
  func add(_ line: String) { history.add(line) }
}

/// Work that blocks its thread.
enum Blocking {
  static func run<Value: Sendable>(_ body: @escaping () -> Value) async -> Value {
    let box = UncheckedBody(body)
    return await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .userInitiated).async { continuation.resume(returning: box.body()) }
    }
  }

  private struct UncheckedBody<Value>: @unchecked Sendable {
    // @unchecked: it is called once, while its maker waits for it.
    let body: () -> Value
    init(_ body: @escaping () -> Value) { self.body = body }
  }
}
