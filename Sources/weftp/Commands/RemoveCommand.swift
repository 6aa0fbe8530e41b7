// weftp rm: removes files, and directories with all that is beneath.

import ArgumentParser
import FTPClient
import FTPProtocol

struct RemoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove files.", aliases: ["delete"])

  @OptionGroup var connection: ConnectionArguments
  @Flag(name: .short, help: "Directories with all that is beneath, too.") var recursive = false
  @Flag(name: .short, help: "It is no error if there is nothing to remove.") var force = false
  @Flag(help: "Only tell what would be removed.") var dryRun = false
  @Argument(help: "Files or patterns: ftpes://user@host/*.tmp") var urls: [String]

  func run() async throws {
    let command = self
    try await connection.each(urls) { url, session in
      do {
        for found in try await RemoteNames.find(url.path, on: session) {
          try await command.remove(found.path, found.entry, session)
        }
      } catch let error as ClientError {
        let isGone = ExitCode(error) == ExitCode(72) || error.code == .usage
        guard command.force, isGone else { throw error }
      }
    }
  }

  private func remove(_ path: RemotePath, _ entry: ListedEntry?, _ session: ClientSession) async throws {
    var isDirectory = entry?.kind == .directory
    if entry == nil, recursive { isDirectory = try await session.facts(path).kind == .directory }
    guard isDirectory else { return try await act("rm \(path)") { try await session.delete(path) } }
    guard recursive else { throw ClientError(.usage, "\(path) is a directory: -r removes it with all that is beneath") }
    let tree = try await FileTree.read(session, path)
    // Backwards, what is in a directory comes before it.
    for (inner, entry) in tree.entries.sorted(by: { $1.key.lexicographicallyPrecedes($0.key) }) {
      let victim = path.appending(inner)
      if entry.kind == .directory {
        try await act("rmdir \(victim)") { try await session.removeDirectory(victim) }
      } else {
        try await act("rm \(victim)") { try await session.delete(victim) }
      }
    }
    try await act("rmdir \(path)") { try await session.removeDirectory(path) }
  }

  private func act(_ words: String, _ body: () async throws -> Void) async throws {
    if dryRun { Output.line(words) } else { try await body() }
  }
}
