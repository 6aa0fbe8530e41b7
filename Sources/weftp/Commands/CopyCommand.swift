// weftp cp: one file from anywhere to anywhere, also from one server to another.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem

struct CopyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cp", abstract: "Copy a file between servers, or between a server and here.",
    discussion: """
      From one server to another the bytes go through this host, piece by piece: neither server has to know of the other. The copy gets \
      the time of its source where the server can set times.
      """)

  @OptionGroup var connection: ConnectionArguments
  @OptionGroup var copy: CopyArguments
  @OptionGroup var segments: SegmentArguments
  @Argument(help: "A file: ftpes://user@host/file, or one here.") var source: String
  @Argument(help: "Where to: a URL or a path here; into a directory if it ends in /.") var target: String

  func run() async throws {
    let command = self
    let (from, to) = (try Place(remoteInShell: source), try Place(remoteInShell: target))
    switch (from, to) {
    case (.remote(let from), .remote(let to)):
      try await Interruption.run { try await command.copy(from, to) }
    case (.remote, .local), (.remote, .standard):
      var get = try GetCommand.parse([source, "-o", target])
      (get.connection, get.copy, get.segments) = (connection, copy, segments)
      try await get.run()
    case (.local, .remote), (.standard, .remote):
      var put = try PutCommand.parse([source, "-o", target])
      (put.connection, put.copy, put.segments) = (connection, copy, segments)
      try await put.run()
    default:
      Output.error("one of the two has to be on a server")
      throw ExitCode.usage
    }
  }

  private func copy(_ from: ServerURL, _ to: ServerURL) async throws {
    let connector = try Connector(connection)
    var target = to.path
    if target.bytes.isEmpty || target.bytes.last == 0x2F { target = target.appending(from.path.name) }
    let path = target
    let meter = TransferMeter()
    let start = ContinuousClock.now
    let shown = Output.printable(from.path.name)
    let facts = try await copy.display.follow(shown, total: nil, meter) {
      try await connector.with(from) { source in
        // On one server, too, there are two control connections: each has one transfer at a time.
        let other = try await connector.open(to)
        do {
          let facts = try await RemoteCopy.run(from.path, on: source, to: path, on: other, meter)
          if copy.verify { try await RemoteCopy.compare(from.path, on: source, path, on: other) }
          await other.quit()
          return facts
        } catch {
          await other.quit()
          throw error
        }
      }
    }
    copy.tell(from.path.name, moved: meter.bytes, of: facts.size, ContinuousClock.now - start)
  }
}

/// A file from one session to another.
enum RemoteCopy {
  /// Copies a file; gives what the source knows of it.
  static func run(
    _ source: RemotePath, on from: ClientSession, to target: RemotePath, on to: ClientSession, _ meter: TransferMeter
  ) async throws -> ListedEntry {
    let facts = try await from.facts(source)
    if facts.kind == .directory { throw ClientError(.usage, "\(source) is a directory: mirror copies those") }
    try await from.read(source, expecting: facts.size) { bytes in
      _ = try await to.write(target, from: bytes, meter: meter)
    }
    if let time = facts.modified, await to.features.contains("MFMT") {
      do throws(ClientError) { try await to.setModificationTime(target, time.seconds) } catch {
        guard error.code == .refused || error.code == .unsupported else { throw error }
      }
    }
    return facts
  }

  /// Compares the digests of two files.
  static func compare(
    _ source: RemotePath, on from: ClientSession, _ target: RemotePath, on to: ClientSession
  ) async throws {
    let first = try await from.digest(source)
    guard try await to.digest(target, first.algorithm).digest == first.digest else {
      throw ClientError(.incomplete, "the copy of \(source) differs from its source: their digests are not the same")
    }
  }
}

extension Place {
  /// An argument of which a shell takes every plain name for one of the server.
  init(remoteInShell text: String) throws {
    if ShellState.current != nil, text != "-", !text.contains("://") {
      self = .remote(try Place.url(text))
    } else {
      try self.init(text)
    }
  }
}
