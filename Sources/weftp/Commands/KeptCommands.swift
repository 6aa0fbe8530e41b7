// weftp bookmark, queue: what is kept from one run to the next.

import ArgumentParser
import FTPClient
import Glibc
import LinuxSystem

struct BookmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bookmark", abstract: "Names for places on servers.",
    discussion: "Wherever a URL is expected, NAME:PATH means PATH beneath the bookmark.",
    subcommands: [Add.self, List.self, Remove.self], defaultSubcommand: List.self)

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Keep a URL under a name.")
    @Argument(help: "Letters, digits, - and _.") var name: String
    @Argument(help: "A URL without a password.") var url: String

    func validate() throws {
      guard Bookmarks.isName(name) else { throw ValidationError("\(name) is no name for a bookmark.") }
      guard let place = ServerURL(url), !url.contains(" ") else {
        throw ValidationError("A bookmark is a URL: ftpes://user@host/path")
      }
      if place.password != nil {
        throw ValidationError("Passwords are not kept in bookmarks: netrc and --password-file are for those.")
      }
    }

    func run() throws {
      try Interruption.plain {
        var bookmarks = try Bookmarks()
        try bookmarks.add(name, url)
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show them.")
    @Flag(help: "One line of JSON.") var json = false

    func run() throws {
      try Interruption.plain {
        let places = try Bookmarks().places
        if json {
          let list = places.map { JSONText.object([("name", .string($0.name)), ("url", .string($0.url))]) }
          return Output.line(JSONText.list(list).text)
        }
        for place in places { Output.line("\(place.name)  \(place.url)") }
      }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget one.")
    @Argument var name: String

    func run() throws {
      try Interruption.plain {
        var bookmarks = try Bookmarks()
        if try !bookmarks.remove(name) { throw ClientError(.usage, "there is no bookmark \(name)") }
      }
    }
  }
}

struct QueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue", abstract: "Commands that are kept and run later.",
    discussion: "Each runs in the directory it was added in. What went well leaves the queue; what failed stays.",
    subcommands: [Add.self, List.self, Move.self, Remove.self, Run.self], defaultSubcommand: List.self)

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Add a command: queue add get ftpes://host/a.iso")
    @Argument(parsing: .allUnrecognized, help: "A command of weftp with its arguments.") var words: [String]

    func validate() throws {
      guard let name = words.first, Shell.remoteCommands.contains(name) else {
        throw ValidationError("\(words.first ?? "That") is no command for a queue.")
      }
      let line = words.map { ShellWords.quoted($0) }.joined(separator: " ")
      guard !History.holdsSecret(line), !line.contains("\n") else {
        throw ValidationError("Passwords are not kept in the queue: netrc and --password-file are for those.")
      }
    }

    func run() throws {
      try Interruption.plain {
        let line = words.map { ShellWords.quoted($0) }.joined(separator: " ")
        try QueueFile.change { $0.append(QueueFile.Entry(directory: QueueFile.here(), line: line)) }
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show it.")
    @Flag(help: "One line of JSON.") var json = false

    func run() throws {
      try Interruption.plain {
        let entries = try QueueFile.read()
        if json {
          let list = entries.map {
            JSONText.object([("directory", .string($0.directory)), ("command", .string($0.line))])
          }
          return Output.line(JSONText.list(list).text)
        }
        for (index, entry) in entries.enumerated() {
          Output.line("\(index + 1)  \(entry.line)  (in \(entry.directory))")
        }
      }
    }
  }

  struct Move: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give one another place.")
    @Argument var from: Int
    @Argument var to: Int

    func run() throws {
      try Interruption.plain {
        try QueueFile.change { entries in
          guard entries.indices.contains(from - 1), entries.indices.contains(to - 1) else {
            throw ClientError(.usage, "the queue has \(entries.count) commands")
          }
          entries.insert(entries.remove(at: from - 1), at: to - 1)
        }
      }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take one out.")
    @Argument var number: Int

    func run() throws {
      try Interruption.plain {
        try QueueFile.change { entries in
          guard entries.indices.contains(number - 1) else {
            throw ClientError(.usage, "the queue has \(entries.count) commands")
          }
          entries.remove(at: number - 1)
        }
      }
    }
  }

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run all, one after the other.")
    @Flag(help: "Go on behind commands that fail.") var keepGoing = false

    func run() async throws {
      guard let lock = try QueueFile.lockForRunning() else {
        Output.error("the queue is being run already")
        throw ExitCode(75)
      }
      var (first, passed): (Int32, [QueueFile.Entry]) = (0, [])
      while let entry = try QueueFile.read().first(where: { !passed.contains($0) }) {
        guard chdir(entry.directory) == 0 else {
          Output.error("\(entry.directory) cannot be entered: \(entry.line)")
          passed.append(entry)
          first = first == 0 ? 66 : first
          continue
        }
        Output.note(entry.line)
        let code = await Run.run(ShellWords(entry.line).texts)
        if code == 0 {
          try QueueFile.change { entries in
            if let index = entries.firstIndex(of: entry) { entries.remove(at: index) }
          }
          continue
        }
        passed.append(entry)
        if first == 0 { first = code }
        if !keepGoing || code >= 130 { break }
      }
      _ = lock.number
      if first != 0 { throw ExitCode(first) }
    }

    /// Runs a command as the command line would. Gives its exit code.
    private static func run(_ words: [String]) async -> Int32 {
      do {
        var command = try Weftp.parseAsRoot(VerifyWord.spelled(words))
        if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        return 0
      } catch { return Shell.tell(error) }
    }
  }
}

/// The file of the queue: a line `DIRECTORY<tab>COMMAND` for each.
enum QueueFile {
  struct Entry: Equatable, Sendable {
    let directory: String
    let line: String
  }

  static var path: String {
    if let state = KnownServers.environment("XDG_STATE_HOME") { return "\(state)/weftp/queue" }
    return "\(KnownServers.environment("HOME") ?? ".")/.local/state/weftp/queue"
  }

  static func here() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }

  static func read() throws -> [Entry] {
    guard let text = try SecretFiles.readIfThere(path) else { return [] }
    return text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t", maxSplits: 1)
      return parts.count == 2 ? Entry(directory: String(parts[0]), line: String(parts[1])) : nil
    }
  }

  /// Reads, changes and writes it while no other does.
  static func change(_ body: (inout [Entry]) throws -> Void) throws {
    try KnownServers.makeDirectories(above: path)
    let lock = try File.open("\(path).lock", flags: O_RDWR | O_CREAT, mode: 0o600)
    while try !File.lock(lock.number) { usleep(20_000) }
    var entries = try read()
    try body(&entries)
    try StateFile.replace(path, entries.map { "\($0.directory)\t\($0.line)\n" }.joined())
    _ = lock.number
  }

  /// nil while another runs it. Held as long as the descriptor is open.
  static func lockForRunning() throws -> Descriptor? {
    try KnownServers.makeDirectories(above: path)
    let lock = try File.open("\(path).running", flags: O_RDWR | O_CREAT, mode: 0o600)
    guard try File.lock(lock.number) else { return nil }
    return lock
  }
}
