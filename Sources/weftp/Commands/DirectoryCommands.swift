// weftp mkdir, rmdir: directories come and go.

import ArgumentParser
import FTPClient

struct MakeDirectoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "mkdir", abstract: "Make directories.")

  @OptionGroup var connection: ConnectionArguments
  @Flag(name: .short, help: "Those above, too; it is no error if one is there.") var parents = false
  @Argument(help: "Directories: ftpes://user@host/new") var urls: [String]

  func run() async throws {
    let command = self
    try await connection.each(urls) { url, session in try await command.make(url.path, session) }
  }
}

extension MakeDirectoryCommand {
  private func make(_ path: RemotePath, _ session: ClientSession) async throws {
    if parents {
      try await RemoteDirectories.make(path, session)
    } else {
      _ = try await session.makeDirectory(path)
    }
  }
}

enum RemoteDirectories {
  /// Makes a directory and those above it as far as they are not there.
  static func make(_ path: RemotePath, _ session: ClientSession) async throws {
    var made = RemotePath(path.isAbsolute ? [0x2F] : [])
    for name in path.bytes.split(separator: 0x2F) {
      made = made.appending(Array(name))
      try await makeOne(made, session)
    }
  }

  private static func makeOne(_ path: RemotePath, _ session: ClientSession) async throws {
    do throws(ClientError) { _ = try await session.makeDirectory(path) } catch {
      guard error.code == .refused, try await session.isDirectory(path) else { throw error }
    }
  }
}

struct RemoveDirectoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "rmdir", abstract: "Remove empty directories.")

  @OptionGroup var connection: ConnectionArguments
  @Argument(help: "Directories: ftpes://user@host/old") var urls: [String]

  func run() async throws {
    try await connection.each(urls) { url, session in try await session.removeDirectory(url.path) }
  }
}
