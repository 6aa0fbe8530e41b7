// Starts a process, hears what it prints, waits for its end with a deadline, and signals it by its own id only.

import Glibc

/// A child process whose standard output is a pipe to us and whose standard error goes to a file (which cannot fill up).
public final class ChildProcess {
  /// Its process id.
  public let id: pid_t
  /// The raw wait status once it has ended.
  public private(set) var status: Int32?
  private let output: Int32
  private let errorPath: String
  private let scratch: TemporaryDirectory
  private var outputBytes: [UInt8] = []
  private var outputEnded = false

  /// Starts `arguments[0]`, looked up along PATH. `environment` adds to (or replaces in) our own, less
  /// the WEFTPD_ variables that steer the tests: the server would take them for settings.
  public init(
    _ arguments: [String], environment: [String: String] = [:], directory: String? = nil, input: [UInt8]? = nil
  ) throws {
    scratch = try TemporaryDirectory()
    errorPath = scratch.path + "/stderr"
    if let input { try scratch.write("stdin", input) }
    let arguments = (directory.map { ["env", "-C", $0] } ?? []) + arguments
    inheritance.lock()
    defer { inheritance.unlock() }
    var ends: [Int32] = [-1, -1]
    try require(pipe(&ends) == 0, "pipe: \(Connection.text(errno))")
    for end in ends { setCloseOnExec(end) }
    output = ends[0]
    defer { Glibc.close(ends[1]) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input == nil ? "/dev/null" : scratch.path + "/stdin", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var variables = currentEnvironment().filter { !$0.key.hasPrefix("WEFTPD_") }
    // Tests that run as root mean no harm by it; those about privileges say otherwise.
    if geteuid() == 0 { variables["WEFTPD_SERVER_ALLOW_ROOT"] = "true" }
    for (name, value) in environment { variables[name] = value }
    variables["SWIFT_BACKTRACE"] = "enable=no"
    var argumentPointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var variablePointers: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0.key + "=" + $0.value) } + [nil]
    defer {
      for pointer in argumentPointers + variablePointers { free(pointer) }
    }
    var child: pid_t = 0
    let failure = posix_spawnp(&child, arguments[0], &actions, &attributes, &argumentPointers, &variablePointers)
    guard failure == 0 else {
      Glibc.close(output)
      throw TestFailure("cannot start \(arguments[0]): \(Connection.text(failure))")
    }
    id = child
  }

  deinit {
    if status == nil {
      kill(id, SIGKILL)
      var ignored: Int32 = 0
      waitpid(id, &ignored, 0)
    }
    Glibc.close(output)
  }

  /// Sends a signal, unless the process has already been waited for.
  public func signal(_ number: Int32) {
    if status == nil { kill(id, number) }
  }

  /// What it wrote to standard error so far.
  public var errorText: String { (try? readFile(errorPath)).map { String(decoding: $0, as: UTF8.self) } ?? "" }

  /// What it wrote to standard output so far, as far as it has been read.
  public var outputText: String { String(decoding: outputBytes, as: UTF8.self) }

  /// The next `count` whole lines of standard output from its very beginning.
  public func waitForLines(_ count: Int, patience: Duration) throws -> [String] {
    let deadline = Deadline.after(patience)
    while true {
      let lines = outputText.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      if lines.count >= count { return lines.prefix(count).map(String.init) }
      if outputEnded {
        _ = waitForExit(patience: .seconds(2))
        throw TestFailure(
          "the process ended with status \(exitText) after printing '\(outputText)': \(errorText.suffix(2000))")
      }
      try require(deadline.wait(output, POLLIN), "no line on standard output in \(patience): \(errorText.suffix(2000))")
      readOutput()
    }
  }

  /// Waits for the end; nil when it still runs at the deadline. The exit code, or 128 + the signal that ended it.
  public func waitForExit(patience: Duration) -> Int32? {
    let deadline = Deadline.after(patience)
    while status == nil {
      var raw: Int32 = 0
      if waitpid(id, &raw, WNOHANG) == id {
        status = raw
        break
      }
      if deadline.hasPassed { return nil }
      if outputEnded {
        poll(nil, 0, 2)
      } else if Deadline.after(.milliseconds(20)).wait(output, POLLIN) {
        readOutput()
      }
    }
    while !outputEnded, Deadline.after(.milliseconds(100)).wait(output, POLLIN) { readOutput() }
    return exitCode
  }

  /// The exit code, or 128 + the signal that ended it; nil while it runs.
  public var exitCode: Int32? {
    guard let status else { return nil }
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
  }

  private var exitText: String { exitCode.map(String.init) ?? "none" }

  private func readOutput() {
    let piece = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, filled in
      filled = max(0, read(output, buffer.baseAddress, 65536))
    }
    if piece.isEmpty { outputEnded = true } else { outputBytes += piece }
  }
}

/// Waits until the words are in what a server wrote to standard error: a line is written a moment after what it tells of.
public func waitForLog(_ server: ChildProcess, _ words: String, patience: Duration = .seconds(60)) throws {
  let isThere = Deadline.after(patience).until { server.errorText.contains(words) }
  try require(isThere, "'\(words)' is not in the log: \(server.errorText.suffix(3000))")
}

/// What an external command left behind.
public struct CommandResult: Sendable {
  /// Exit code, or 128 + signal.
  public let exitCode: Int32
  /// Standard output as text.
  public let output: String
  /// Standard error as text.
  public let errors: String
}

/// Runs a command to its end and returns what it printed. Throws when it has not ended in time (it is then killed).
@discardableResult
public func run(
  _ arguments: [String], environment: [String: String] = [:], directory: String? = nil, input: [UInt8]? = nil,
  patience: Duration = .seconds(60)
) throws -> CommandResult {
  let child = try ChildProcess(arguments, environment: environment, directory: directory, input: input)
  guard let code = child.waitForExit(patience: patience) else {
    throw TestFailure(
      "\(arguments.joined(separator: " ")) still runs after \(patience): \(child.errorText.suffix(2000))")
  }
  return CommandResult(exitCode: code, output: child.outputText, errors: child.errorText)
}

/// Whether a command of that name is found along PATH.
public func isInstalled(_ name: String) -> Bool {
  let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
  return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
}

/// Our own environment.
private func currentEnvironment() -> [String: String] {
  var variables: [String: String] = [:]
  var entry = environ
  while let pointer = entry.pointee {
    let text = String(cString: pointer)
    if let equals = text.firstIndex(of: "=") {
      variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    entry += 1
  }
  return variables
}
