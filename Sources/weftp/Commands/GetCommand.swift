// weftp get: files from a server to here.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem

/// What get and put have in common.
struct CopyArguments: ParsableArguments {
  @Flag(
    name: [.customShort("c"), .customLong("continue")],
    help: "Go on with what an earlier try has left, which is how it is anyway.")
  var goesOn = false
  @Flag(name: .customLong("no-resume"), help: "Do not go on with what an earlier try has left.") var startsAnew = false
  @Flag(help: "Compare digests of the whole in the end.") var verify = false
  @Flag(help: "Do not give the copy the time of its source.") var noTimes = false
  @Flag(help: "As text: line ends become those of the other side (TYPE A).") var ascii = false
  @Option(help: "How progress is told: auto, bar, line, json, none.") var progress = ProgressStyle.auto
  @Flag(name: .shortAndLong, help: "Tell nothing but errors.") var quiet = false
  @Flag(help: "A line of JSON for each file.") var json = false
  @Option(
    name: [.customShort("P"), .long],
    help: ArgumentHelp("Files at once; by default as many as pay.", valueName: "count"))
  var parallel: Int?

  func validate() throws {
    if goesOn, startsAnew { throw ValidationError("--continue and --no-resume exclude each other.") }
    if let parallel, !(1...100).contains(parallel) { throw ValidationError("--parallel is from 1 to 100.") }
  }

  var options: WholeFileOptions {
    var options = WholeFileOptions()
    options.resumes = !startsAnew
    options.verifies = verify
    options.keepsTimes = !noTimes
    return options
  }

  /// Tells that a file is there; as JSON it is what was asked for.
  func tell(_ name: [UInt8], moved: UInt64, of size: UInt64?, _ duration: Duration) {
    display.done(Output.printable(name), moved, duration)
    guard json else { return }
    let object = JSONText.object([
      ("name", .name(name)), ("bytes", .number(moved)), ("size", size.map { .number($0) }),
    ])
    Output.line(object.text)
  }

  /// Tells that a file failed.
  func tell(_ name: [UInt8], failed error: ClientError) {
    Output.error("\(Output.printable(name)): \(error)")
    guard json else { return }
    Output.line(JSONText.object([("name", .name(name)), ("error", .string(error.code.rawValue))]).text)
  }

  var display: Progress { Progress(quiet ? .none : progress) }
}

struct GetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Fetch files.",
    discussion: """
      A file has its name only when it is whole. What has come stays when something breaks, as .NAME.weftp-part, and the same command \
      goes on with it, if the server's digest or the last 64 KiB prove that it is the same file.
      """)

  @OptionGroup var connection: ConnectionArguments
  @OptionGroup var copy: CopyArguments
  @OptionGroup var segments: SegmentArguments
  @Flag(help: "Leave files that are there as they are.") var noClobber = false
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file or directory to fetch to; - is standard output.", valueName: "place"))
  var output: String?
  @Argument(help: "Files or patterns: ftpes://user@host/dir/*.iso") var urls: [String]

  func run() async throws {
    let command = self
    try await Interruption.run {
      var asking = try Connector(command.connection)
      if let shared = command.segments.options(retries: command.connection.retries) { asking.ask(for: shared) }
      let connector = asking
      let failures = try await connector.ending {
        var failures = 0
        for text in command.urls { failures += try await command.fetch(try Place.url(text), connector) }
        return failures
      }
      if failures > 0 { throw ExitCode.partly }
    }
  }

  private func fetch(_ url: ServerURL, _ connector: Connector) async throws -> Int {
    var found = [RemoteNames.Found(path: url.path, entry: nil)]
    if Glob.hasMagic(url.path.name) {
      found = try await connector.with(url, keeping: true) { session in
        try await RemoteNames.find(url.path, on: session)
      }
    }
    let files = found.filter { $0.entry?.kind != .directory }
    if files.isEmpty { throw ClientError(.usage, "\(url.path) stands for directories only: mirror copies those") }
    if let shared = segments.options(retries: connection.retries), output != "-", !copy.ascii, url.type != "a" {
      return try await fetch(files, url, connector, shared)
    }
    if files.count > 1, output != "-" {
      var options = copy.options
      options.replaces = !noClobber
      let many = ManyFiles(.down, connector, url, try GetCommand.target(output ?? "."), copy, options)
      return try await many.run(
        files.map {
          TransferBatch.File($0.path, local: $0.path.name, size: $0.entry?.size, modified: $0.entry?.modified)
        })
    }
    for file in files {
      try await connector.retrying(url, keeping: true) { session in
        if copy.ascii || url.type == "a" { await session.use(TransferFormat(type: .ascii(.nonPrint))) }
        try await fetch(file, session)
      }
    }
    return 0
  }

  /// Fetches the files one after the other, large ones over several connections each. Small ones follow each other over one connection.
  private func fetch(
    _ all: [RemoteNames.Found], _ url: ServerURL, _ connector: Connector, _ shared: SegmentOptions
  ) async throws -> Int {
    let small = all.filter { ($0.entry?.size).map { $0 <= SmallFile.limit } ?? false }
    if small.count > 1 {
      let large = all.filter { ($0.entry?.size).map { $0 > SmallFile.limit } ?? true }
      var options = copy.options
      options.replaces = !noClobber
      let many = ManyFiles(.down, connector, url, try GetCommand.target(output ?? "."), copy, options)
      let failures = try await many.run(
        small.map {
          TransferBatch.File($0.path, local: $0.path.name, size: $0.entry?.size, modified: $0.entry?.modified)
        })
      return large.isEmpty ? failures : failures + (try await fetchLarge(large, all.count, url, connector, shared))
    }
    return try await fetchLarge(all, all.count, url, connector, shared)
  }

  /// - Parameter count: how many files there are in all: with more than one, all go into a directory.
  private func fetchLarge(
    _ files: [RemoteNames.Found], _ count: Int, _ url: ServerURL, _ connector: Connector, _ shared: SegmentOptions
  ) async throws -> Int {
    let targets = try files.map { file in
      let (directory, name) = count > 1 ? (output ?? ".", file.path.name) : target(file.path)
      return (place: try GetCommand.target(directory), name: name)
    }
    let command = self
    let run = SegmentedFiles(
      connector: connector, url: url, copy: copy, options: shared, isAlone: count == 1)
    let copying: SegmentedFiles.Copying = { transfer, index in
      let (place, name) = targets[index]
      try command.requireFree(name, in: place)
      var options = command.copy.options
      options.replaces = !command.noClobber
      let entry = files[index].entry
      return try await transfer.fetch(
        files[index].path, to: name, in: place, options, entry: entry?.kind == .file ? entry : nil)
    }
    return try await run.run(
      files.count, name: { targets[$0].name }, total: { files[$0].entry?.size }, copying)
  }

  private func requireFree(_ name: [UInt8], in place: LocalDirectory) throws {
    guard noClobber, try place.status(name) != nil else { return }
    throw ClientError(
      .localFile, "\(place.path(of: name)) is there already", cause: SystemError(code: EEXIST, call: "open"))
  }

  private func fetch(_ file: RemoteNames.Found, _ session: ClientSession) async throws {
    if output == "-" {
      return try await session.read(file.path) { bytes in
        for try await piece in bytes { if !Output.write(1, piece) { return } }
      }
    }
    let (directory, name) = target(file.path)
    var options = copy.options
    options.replaces = !noClobber
    let place = try GetCommand.target(directory)
    try requireFree(name, in: place)
    let entry: ListedEntry
    if let known = file.entry, known.kind == .file { entry = known } else { entry = try await session.facts(file.path) }
    let meter = TransferMeter()
    let start = ContinuousClock.now
    let shown = Output.printable(name)
    let (wanted, kept) = (options, entry)
    let report = try await copy.display.follow(shown, total: entry.size, meter, limits: session.options.limits) {
      try await session.fetch(file.path, to: name, in: place, wanted, entry: kept, meter: meter)
    }
    copy.tell(name, moved: report.moved, of: report.size, ContinuousClock.now - start)
    if connection.paths, let transfer = report.transfer { Output.note("\(shown): \(transfer.connection)") }
  }

  /// The directory and the name that a file is fetched to.
  private func target(_ path: RemotePath) -> (directory: String, name: [UInt8]) {
    guard let output else { return (".", path.name) }
    let isDirectory = output.hasSuffix("/") || (try? File.status(at: output))?.isDirectory == true
    return isDirectory ? (output, path.name) : Place.split(output)
  }

  /// A directory that files are to come into. One that is not there is no missing source (exit code 66).
  private static func target(_ path: String) throws -> LocalDirectory {
    do throws(ClientError) { return try LocalDirectory(path) } catch {
      guard (error.cause as? SystemError)?.code == SystemCode.noSuchFile else { throw error }
      Output.error("there is no directory \(path) to fetch into")
      throw ExitCode.cannotCreate
    }
  }
}
