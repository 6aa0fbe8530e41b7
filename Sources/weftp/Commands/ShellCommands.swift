// weftp shell, open, script: lines of commands instead of one command.

import ArgumentParser
import FTPClient
import Glibc
import LinuxSystem

struct ShellCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell", abstract: "Work on a server interactively.",
    discussion: """
      Tab completes commands and names, the arrows and Ctrl-R find what was typed before, help lists the commands. What ends in & runs \
      in the background. Where nobody is at a terminal, the lines come from standard input.
      """,
    aliases: ["open"])

  @OptionGroup var connection: ConnectionArguments
  @Argument(help: "The server: ftpes://user@host/dir") var url: String?

  func run() async throws {
    let command = self
    let isInteractive = LineEditor.isPossible
    let shell = try Shell(connection, isInteractive: isInteractive)
    if let text = command.url {
      let url = try Place.url(text)
      try await Interruption.run { try await shell.state.open(url) }
    }
    guard isInteractive else {
      try await ScriptCommand.run(shell, ScriptLines(0), stopsAtErrors: false)
      return
    }
    await shell.interact()
    await shell.end()
  }
}

struct ScriptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "script", abstract: "Run the commands of a file.",
    discussion: "A line is a command of the shell. The first that fails ends the script with its exit code.")

  @OptionGroup var connection: ConnectionArguments
  @Flag(help: "Go on behind commands that fail; the first failure is the exit code.") var keepGoing = false
  @Argument(help: "A file; - is standard input.") var file: String

  func run() async throws {
    let shell = try Shell(connection, isInteractive: false)
    if file == "-" {
      return try await ScriptCommand.run(shell, ScriptLines(0), stopsAtErrors: !keepGoing)
    }
    let source: Descriptor
    do throws(SystemError) { source = try File.open(file, flags: O_RDONLY) } catch {
      Output.error("\(file): \(error.reason)")
      throw ExitCode(66)
    }
    try await ScriptCommand.run(shell, ScriptLines(source.release()), stopsAtErrors: !keepGoing)
  }

  /// Runs lines until they end, one fails, or one says exit.
  static func run(_ shell: Shell, _ lines: ScriptLines, stopsAtErrors: Bool) async throws {
    var first: Int32 = 0
    while let line = lines.next() {
      guard case .went(let code) = await shell.run(line) else { break }
      if first == 0 { first = code }
      if code != 0, stopsAtErrors || code >= 130 { break }
    }
    if first != 0, stopsAtErrors { shell.jobs.cancelAll() }
    let code = await shell.jobs.waitForAll()
    if first == 0 { first = code }
    await shell.end()
    if first != 0 { throw ExitCode(first) }
  }
}

/// The lines of a descriptor, read when they are asked for: what a command reads behind them is its own.
final class ScriptLines {
  private let number: Int32

  /// - Parameter number: is closed in the end, unless it is standard input.
  init(_ number: Int32) { self.number = number }

  deinit { if number > 2 { close(number) } }

  func next() -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      let count = read(number, &byte, 1)
      if count < 0, errno == EINTR { continue }
      if count != 1 { return line.isEmpty ? nil : String(decoding: line, as: UTF8.self) }
      if byte == 0x0A { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
      if line.count > 65536 { return String(decoding: line, as: UTF8.self) }
    }
  }
}
