// weftp ls, cat, stat: what is on a server, and what is in it.

import ArgumentParser
import FTPClient
import FTPProtocol

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List a directory.", aliases: ["list", "dir"])

  @OptionGroup var connection: ConnectionArguments
  @Flag(name: .short, help: "Type, permissions, size and time, too.") var long = false
  @Flag(name: .customShort("t"), help: "Newest first.") var byTime = false
  @Flag(name: .customShort("r"), help: "In the opposite order.") var reversed = false
  @Flag(name: .customShort("R"), help: "What is beneath, too.") var recursive = false
  @Flag(help: "The listing as the server prints it (LIST).") var raw = false
  @Flag(help: "One line of JSON.") var json = false
  @Flag(name: [.customShort("H"), .long], help: "Sizes as 1.4 MB instead of 1400000.") var human = false
  @Flag(name: .customShort("1"), help: "A name on each line, which is how it is anyway.") var inOneColumn = false
  @Argument(help: "A directory or a pattern: ftpes://user@host/dir") var url: String?

  func validate() throws { try ShellState.requireURL(url) }

  func run() async throws {
    let command = self
    try await Interruption.run {
      let url = try Place.url(command.url ?? ".")
      try await Connector(command.connection).with(url) { session in try await command.list(url.path, session) }
    }
  }

  private func list(_ path: RemotePath, _ session: ClientSession) async throws {
    let directory = path.bytes.isEmpty ? nil : path
    if raw {
      for line in try await session.listingLines(directory) { Output.line("", name: line) }
    } else if recursive {
      let tree = try await FileTree.read(session, path)
      let entries = tree.entries.map { path, found -> ListedEntry in
        var entry = ListedEntry(
          name: path, kind: found.kind == .directory ? .directory : found.kind == .file ? .file : .unknown)
        entry.size = found.size
        entry.modified = found.modified
        return entry
      }
      for (path, reason) in tree.skipped { Output.note("\(Output.printable(path)) was passed over: \(reason)") }
      show(entries)
    } else if Glob.hasMagic(path.name) {
      show(try await RemoteNames.find(path, on: session).compactMap(\.entry))
    } else {
      show(try await session.list(directory))
    }
  }

  private func show(_ entries: [ListedEntry]) {
    Listing.show(Listing.sorted(entries, byTime: byTime, reversed: reversed), long: long, human: human, json: json)
  }
}

struct CatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat", abstract: "Write files to standard output as they are.")

  @OptionGroup var connection: ConnectionArguments
  @Option(help: "Begin at this byte.") var offset: UInt64 = 0
  @Option(name: .customShort("c"), help: "So many bytes at most.") var count: UInt64?
  @Argument(help: "Files: ftpes://user@host/file") var urls: [String]

  func run() async throws {
    let command = self
    try await connection.each(urls) { url, session in
      for found in try await RemoteNames.find(url.path, on: session) {
        try await command.copy(found.path, session)
      }
    }
  }

  private func copy(_ path: RemotePath, _ session: ClientSession) async throws {
    try await session.read(path, from: offset) { bytes in
      var rest = count ?? .max
      for try await piece in bytes where rest > 0 {
        let wanted = piece.prefix(Int(clamping: rest))
        rest -= UInt64(wanted.count)
        // A reader that has left has had enough: `weftp cat … | head`.
        if !Output.write(1, Array(wanted)) || rest == 0 { return }
      }
    }
  }
}

struct StatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stat", abstract: "Tell what the server knows of files and directories.")

  @OptionGroup var connection: ConnectionArguments
  @Flag(help: "One line of JSON for each.") var json = false
  @Argument(help: "Files or directories: ftpes://user@host/file") var urls: [String]

  func run() async throws {
    let command = self
    try await connection.each(urls) { url, session in
      for found in try await RemoteNames.find(url.path, on: session) {
        command.show(found.path, try await session.facts(found.path))
      }
    }
  }

  private func show(_ path: RemotePath, _ entry: ListedEntry) {
    var entry = entry
    entry.name = path.bytes
    if json { return Output.line(Listing.object(entry).text) }
    Output.line("name      ", name: path.bytes)
    Output.line("type      \(Listing.kind(entry.kind))")
    if let size = entry.size { Output.line("size      \(size)") }
    if let time = entry.modified { Output.line("modified  \(Output.time(time.seconds)) UTC") }
    if entry.mode != nil { Output.line("mode      \(Listing.mode(entry))") }
    if let unique = entry.unique { Output.line("unique    ", name: unique) }
  }
}
