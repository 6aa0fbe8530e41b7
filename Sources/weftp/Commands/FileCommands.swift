// weftp touch, verify, edit: single files.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem

struct TouchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "touch", abstract: "Set the time of files, and make those that are not there.")

  @OptionGroup var connection: ConnectionArguments
  @Option(help: ArgumentHelp("The time: 2026-01-31T14:05 (UTC); now if there is none.", valueName: "time"))
  var time: String?
  @Flag(name: [.customShort("c"), .customLong("no-create")], help: "Make no files.") var makesNone = false
  @Argument(help: "Files or patterns: ftpes://user@host/file") var urls: [String]

  func validate() throws {
    if let time, FilterArguments.time(time, now: 0) == nil {
      throw ValidationError("\(time) is no time: 2026-01-31T14:05.")
    }
  }

  func run() async throws {
    let command = self
    try await connection.each(urls) { url, session in
      for found in try await RemoteNames.find(url.path, on: session) {
        try await command.touch(found.path, session)
      }
    }
  }

  private func touch(_ path: RemotePath, _ session: ClientSession) async throws {
    let now = WallClock.seconds
    let seconds = time.flatMap { FilterArguments.time($0, now: now) } ?? now
    do throws(ClientError) { try await session.setModificationTime(path, seconds) } catch {
      guard error.code == .refused, !makesNone else { throw error }
      // APPE of nothing leaves a file that is there after all as it is.
      try await session.write(path, from: NoBytes(), .append)
      if time != nil { try await session.setModificationTime(path, seconds) }
    }
  }
}

/// An empty file.
private struct NoBytes: AsyncSequence, Sendable {
  struct Iterator: AsyncIteratorProtocol {
    mutating func next() async -> [UInt8]? { nil }
  }

  func makeAsyncIterator() -> Iterator { Iterator() }
}

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Tell whether a file here and one on a server are the same.",
    discussion:
      "By a digest that the server computes, or else by reading it. Exit code 0 if they are, 65 if they differ.")

  @OptionGroup var connection: ConnectionArguments
  @Flag(help: "One line of JSON.") var json = false
  @Argument(help: "A file here.") var file: String
  @Argument(help: "A file or a directory on a server: ftpes://user@host/file") var url: String

  func run() async throws {
    let command = self
    try await Interruption.run {
      var url = try Place.url(command.url)
      let (directory, name) = Place.split(command.file)
      if url.path.bytes.isEmpty || url.path.bytes.last == 0x2F { url.path = url.path.appending(name) }
      let (place, path) = (try LocalDirectory(directory), url.path)
      let proof = try await Connector(command.connection).with(url) { session in
        try await session.compare(name, in: place, with: path)
      }
      command.show(proof)
      if !proof.isEqual { throw ExitCode(65) }
    }
  }

  private func show(_ proof: FileComparison) {
    if json {
      return Output.line(
        JSONText.object([
          ("equal", .bool(proof.isEqual)), ("by", .string(proof.algorithm?.name ?? "contents")),
          ("digest", proof.digest.map { .string(Output.hexadecimal($0)) }),
        ]).text)
    }
    let how = proof.algorithm.map { "by \($0.name)" } ?? "byte by byte"
    Output.line("\(proof.isEqual ? "the same" : "different"), \(how)")
  }
}

struct EditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Edit a file of a server with $VISUAL or $EDITOR.",
    discussion: """
      The file is fetched, and sent back if it was changed here and not meanwhile there. Otherwise what was written stays here, and weftp \
      says where.
      """)

  @OptionGroup var connection: ConnectionArguments
  @Argument(help: "A file: ftpes://user@host/file") var url: String

  func run() async throws {
    let command = self
    try await Interruption.run {
      let url = try Place.url(command.url)
      let connector = try Connector(command.connection)
      let directory = try EditCommand.temporaryDirectory()
      let place = try LocalDirectory(directory)
      let name = url.path.name
      let before = try await connector.with(url) { session -> ListedEntry? in
        do {
          let facts = try await session.facts(url.path)
          try await session.fetch(url.path, to: name, in: place, entry: facts)
          return facts
        } catch let error as ClientError where ExitCode(error) == ExitCode(72) { return nil }
      }
      let path = "\(directory)/\(String(decoding: name, as: UTF8.self))"
      let old = try place.status(name)
      let editor = KnownServers.environment("VISUAL") ?? KnownServers.environment("EDITOR") ?? "vi"
      // What the variable holds may have arguments.
      do { try await LocalProgram.run(["/bin/sh", "-c", "\(editor) \"$1\"", "sh", path]) } catch let code as ExitCode {
        Output.error("\(editor) ended with exit code \(code.rawValue): nothing was sent, and the file stays in \(path)")
        throw code
      }
      guard let new = try place.status(name), !EditCommand.isSame(old, new) else {
        Output.note("nothing was changed")
        return try EditCommand.remove(name, place, directory)
      }
      do {
        try await connector.with(url) { session in
          try await EditCommand.requireUnchanged(before, url.path, session)
          var options = WholeFileOptions()
          (options.resumes, options.keepsTimes) = (false, false)
          try await session.deliver(name, in: place, to: url.path, options)
        }
      } catch {
        Output.note("what you have written is in \(path)")
        throw error
      }
      try EditCommand.remove(name, place, directory)
    }
  }

  private static func temporaryDirectory() throws -> String {
    var template = Array("\(KnownServers.environment("TMPDIR") ?? "/tmp")/weftp-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ClientError(.localFile, "no temporary directory", cause: SystemError(code: errno, call: "mkdtemp"))
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func remove(_ name: [UInt8], _ place: LocalDirectory, _ directory: String) throws {
    try place.remove(name)
    rmdir(directory)
  }

  private static func isSame(_ old: FileStatus?, _ new: FileStatus) -> Bool {
    guard let old else { return false }
    return old.size == new.size && old.modified == new.modified && old.modifiedNanoseconds == new.modifiedNanoseconds
  }

  private static func requireUnchanged(
    _ before: ListedEntry?, _ path: RemotePath, _ session: ClientSession
  ) async throws {
    let now: ListedEntry?
    do throws(ClientError) { now = try await session.facts(path) } catch {
      guard ExitCode(error) == ExitCode(72) else { throw error }
      now = nil
    }
    guard now?.size == before?.size, now?.modified == before?.modified else {
      throw ClientError(.incomplete, "\(path) was changed on the server meanwhile, so it was left alone")
    }
  }
}
