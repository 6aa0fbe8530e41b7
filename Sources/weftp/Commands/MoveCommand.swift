// weftp mv, chmod: another name, other permissions.

import ArgumentParser
import FTPClient

struct MoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mv", abstract: "Rename a file or directory.", aliases: ["rename"])

  @OptionGroup var connection: ConnectionArguments
  @Argument(help: "What is renamed: ftpes://user@host/old") var url: String
  @Argument(help: "Its new path on the same server; into a directory if it ends in /.") var target: String

  func run() async throws {
    let command = self
    try await Interruption.run {
      let url = try Place.url(command.url)
      var target = RemotePath(command.target)
      if command.target.contains("://") {
        let other = try Place.url(command.target)
        guard other.host == url.host, other.effectivePort == url.effectivePort else {
          throw ClientError(.usage, "mv stays on one server")
        }
        target = other.path
      }
      if target.bytes.isEmpty || target.bytes.last == 0x2F { target = target.appending(url.path.name) }
      let final = target
      try await Connector(command.connection).with(url) { session in
        try await session.rename(url.path, to: final)
      }
    }
  }
}

struct ChangeModeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "chmod", abstract: "Set permissions (SITE CHMOD).")

  @OptionGroup var connection: ConnectionArguments
  @Argument(help: "In octal, 644.") var mode: String
  @Argument(help: "Files or patterns: ftpes://user@host/file") var urls: [String]

  func validate() throws {
    guard let bits = UInt16(mode, radix: 8), bits <= 0o7777 else { throw ValidationError("The mode is octal: 644.") }
  }

  func run() async throws {
    let command = self
    try await connection.each(urls) { url, session in
      guard let bits = UInt16(command.mode, radix: 8) else { return }
      for found in try await RemoteNames.find(url.path, on: session) {
        try await session.setMode(found.path, bits)
      }
    }
  }
}
