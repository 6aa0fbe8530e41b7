// weftp put: files from here to a server.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem

struct PutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Send files.",
    discussion: """
      What the server has of a file is gone on with if its digest or its last 64 KiB prove that it is the beginning of the same file.
      """)

  @OptionGroup var connection: ConnectionArguments
  @OptionGroup var copy: CopyArguments
  @OptionGroup var segments: SegmentArguments
  @Flag(help: "Append to the remote file.") var append = false
  @Option(name: .shortAndLong, help: ArgumentHelp("Where to; then all others are files.", valueName: "place"))
  var output: String?
  @Argument(help: "Files; - is standard input. The last one is where to: ftpes://user@host/dir/") var places: [String]

  func validate() throws {
    if places.count < 2, output == nil, ShellState.current == nil {
      throw ValidationError("put takes files and then a URL.")
    }
  }

  func run() async throws {
    let command = self
    try await Interruption.run {
      var files = command.places
      // In a shell all are files: they go to where the shell is.
      let target = command.output ?? (ShellState.current == nil ? files.removeLast() : "./")
      let url = try Place.url(target)
      var asking = try Connector(command.connection)
      if let shared = command.segments.options(retries: command.connection.retries) { asking.ask(for: shared) }
      let connector = asking
      let kept = files
      let failures = try await connector.ending { try await command.send(kept, url, connector) }
      if failures > 0 { throw ExitCode.partly }
    }
  }

  /// - Returns: how many failed.
  private func send(_ files: [String], _ url: ServerURL, _ connector: Connector) async throws -> Int {
    let isDirectory = try await isDirectory(url, files.count, connector)
    if let shared = segments.options(retries: connection.retries), isPlain(files, url) {
      return try await send(files, url, isDirectory, connector, shared)
    }
    if let many = many(files) {
      let copier = ManyFiles(.up, connector, url, try LocalDirectory(many.directory), copy, copy.options)
      return try await copier.run(many.names.map { try copier.file($0, to: url.path.appending($0)) })
    }
    var failures = 0
    for file in files {
      do { try await send(file, url, isDirectory, connector) } catch let error as ClientError
        where files.count > 1 && error.retry == .never && error.code != .cancelled
      {
        Output.error("\(error)")
        failures += 1
      }
    }
    return failures
  }

  /// Whether all are files that may go in parts.
  private func isPlain(_ files: [String], _ url: ServerURL) -> Bool {
    !append && !copy.ascii && url.type != "a" && !files.contains("-")
  }

  /// Sends the files one after the other, large ones over several connections each. Small ones of one directory follow each other over
  /// one connection.
  private func send(
    _ all: [String], _ url: ServerURL, _ isDirectory: Bool, _ connector: Connector, _ shared: SegmentOptions
  ) async throws -> Int {
    func isSmall(_ file: String) -> Bool {
      guard let status = try? File.status(at: file), status.isRegular else { return false }
      return status.size <= SmallFile.limit
    }
    let small = all.filter(isSmall)
    var (files, failures) = (all, 0)
    if isDirectory, let many = many(small) {
      files = all.filter { !isSmall($0) }
      let copier = ManyFiles(.up, connector, url, try LocalDirectory(many.directory), copy, copy.options)
      failures = try await copier.run(many.names.map { try copier.file($0, to: url.path.appending($0)) })
      if files.isEmpty { return failures }
    }
    let sources = try files.map { file in
      let (directory, name) = Place.split(file)
      return (place: try LocalDirectory(directory), name: name)
    }
    let run = SegmentedFiles(
      connector: connector, url: url, copy: copy, options: shared, isAlone: all.count == 1)
    let command = self
    let copying: SegmentedFiles.Copying = { transfer, index in
      let (place, name) = sources[index]
      let path = isDirectory ? url.path.appending(name) : url.path
      return try await transfer.deliver(name, in: place, to: path, command.copy.options)
    }
    let failed = try await run.run(
      files.count, name: { sources[$0].name },
      total: { try? sources[$0].place.status(sources[$0].name)?.size }, copying)
    return failures + failed
  }

  /// The directory and the names, if they are several files of one directory.
  private func many(_ files: [String]) -> (directory: String, names: [[UInt8]])? {
    let parts = files.map { Place.split($0) }
    guard files.count > 1, !append, !files.contains("-"), let first = parts.first,
      parts.allSatisfy({ $0.directory == first.directory })
    else { return nil }
    return (first.directory, parts.map(\.name))
  }

  /// Several files go into a directory; one goes there if the path says so or is one.
  private func isDirectory(_ url: ServerURL, _ count: Int, _ connector: Connector) async throws -> Bool {
    if url.path.bytes.isEmpty || url.path.bytes.last == 0x2F || count > 1 { return true }
    return try await connector.with(url, keeping: true) { session in
      do { return try await session.facts(url.path).kind == .directory } catch let error as ClientError
        where error.code == .refused
      {
        return false
      }
    }
  }

  private func send(
    _ file: String, _ url: ServerURL, _ isDirectory: Bool, _ connector: Connector
  ) async throws {
    let (directory, name) = Place.split(file)
    if file == "-", isDirectory { throw ClientError(.usage, "standard input needs a name on the server") }
    let path = isDirectory ? url.path.appending(name) : url.path
    if file == "-" {
      return try await connector.with(url) { session in
        try await session.write(path, from: StandardInput(), append ? .append : .replace)
      }
    }
    try await connector.retrying(url, keeping: true) { session in
      if copy.ascii || url.type == "a" { await session.use(TransferFormat(type: .ascii(.nonPrint))) }
      let place = try LocalDirectory(directory)
      let meter = TransferMeter()
      let start = ContinuousClock.now
      let shown = Output.printable(name)
      let total = try place.status(name)?.size
      let limits = session.options.limits
      let moved = try await copy.display.follow(shown, total: total, meter, limits: limits) {
        () async throws -> UInt64 in
        if append {
          let source = try File.open(file, flags: O_RDONLY)
          return try await session.upload(source.number, to: path, .append, meter: meter).bytes
        }
        return try await session.deliver(name, in: place, to: path, copy.options, meter: meter).transfer?.bytes ?? 0
      }
      copy.tell(name, moved: moved, of: total, ContinuousClock.now - start)
    }
  }
}

/// Standard input in pieces, read when they are asked for.
struct StandardInput: AsyncSequence, Sendable {
  struct Iterator: AsyncIteratorProtocol {
    mutating func next() async throws -> [UInt8]? {
      var piece = [UInt8](repeating: 0, count: 65536)
      while true {
        let count = Glibc.read(0, &piece, piece.count)
        if count > 0 { return Array(piece[..<count]) }
        if count == 0 { return nil }
        if errno != EINTR { throw ClientError(.localFile, "standard input cannot be read") }
      }
    }
  }

  func makeAsyncIterator() -> Iterator { Iterator() }
}
