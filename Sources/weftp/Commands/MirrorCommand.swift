// weftp mirror: makes a directory like another one, here or there, and copies only what is new or changed.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem

/// What makes two files the same.
enum ComparisonChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
  case sizeAndTime = "size+time"
  case size
}

struct MirrorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mirror", abstract: "Copy what is new or changed of a directory.",
    discussion: "One of the two is a URL, the other a directory here. A second run moves nothing.", aliases: ["sync"])

  @OptionGroup var connection: ConnectionArguments
  @Option(help: "What makes two files the same: size+time, size.") var compare = ComparisonChoice.sizeAndTime
  @Flag(help: "Remove what the source does not have, in the end.") var delete = false
  @Option(help: "Remove nothing if it would be more than this.") var maxDelete: Int?
  @Flag(help: "Only tell what would be done.") var dryRun = false
  @Option(help: ArgumentHelp("Leave alone what fits: a name or a path.", valueName: "pattern")) var exclude: [String] =
    []
  @Option(help: ArgumentHelp("But not what fits this.", valueName: "pattern")) var include: [String] = []
  @Option(help: "How progress is told: auto, bar, line, json, none.") var progress = ProgressStyle.auto
  @Flag(help: "The plan or the outcome as one line of JSON.") var json = false
  @Flag(name: .shortAndLong, help: "Tell nothing but errors.") var quiet = false
  @Option(
    name: [.customShort("P"), .long],
    help: ArgumentHelp("Files at once; by default as many as pay.", valueName: "count"))
  var parallel: Int?
  @Argument(help: "A directory here or on a server.") var source: String
  @Argument(help: "A directory on a server or here.") var target: String

  func run() async throws {
    let command = self
    try await Interruption.run {
      let url: ServerURL
      let direction: Mirror.Direction
      let path: String
      switch (try Place(command.source), try Place(command.target)) {
      case (.remote(let remote), .local(let local)): (url, direction, path) = (remote, .down, local)
      case (.local(let local), .remote(let remote)): (url, direction, path) = (remote, .up, local)
      default: throw ClientError(.usage, "a mirror is between a server and a directory here")
      }
      if direction == .down, !command.dryRun { try command.make(path) }
      let connector = try Connector(command.connection)
      try await connector.retrying(url) { session in
        let pool = connector.pool(url, parallel: command.parallel)
        do { try await command.mirror(direction, session, pool, path, url.path) } catch {
          await pool?.quit()
          throw error
        }
        await pool?.quit()
      }
    }
  }

  private func make(_ path: String) throws {
    if mkdir(path, 0o777) != 0, errno != EEXIST {
      throw ClientError(.localFile, "\(path) cannot be made", cause: SystemError(code: errno, call: "mkdir"))
    }
  }

  private func mirror(
    _ direction: Mirror.Direction, _ session: ClientSession, _ pool: SessionPool?, _ path: String,
    _ remote: RemotePath
  ) async throws {
    var options = MirrorOptions()
    options.comparison = compare == .size ? .size : .sizeAndTime
    options.deletes = delete
    options.deletionLimit = maxDelete
    options.excludes = exclude
    options.includes = include
    var mirror = Mirror(
      direction, session, local: try LocalDirectory(path), remote: remote, options: options)
    mirror.pool = pool
    let (plan, skipped) = try await mirror.plan()
    for (path, reason) in skipped { Output.note("\(Output.printable(path)) was passed over: \(reason)") }
    for path in plan.conflicts where !quiet {
      Output.note("\(Output.printable(path)) is left alone: it is a link, or of another kind on the other side")
    }
    if dryRun { return show(plan) }
    let report = try await run(mirror, plan)
    show(report)
    if let why = report.whyNotDeleted { Output.note("nothing was removed: \(why)") }
    if !report.failures.isEmpty || report.whyNotDeleted != nil { throw ExitCode.partly }
  }

  private func run(_ mirror: Mirror, _ plan: MirrorPlan) async throws -> Mirror.Report {
    let style = quiet ? ProgressStyle.none : progress
    let display = Progress(style)
    let all = TransferMeter()
    var mirror = mirror
    mirror.meter = all
    let running = mirror
    return try await display.follow("mirror", total: plan.bytes, all) {
      try await running.run(plan) { event in
        switch event {
        case .copied(let path, let report):
          display.done(Output.printable(path), report.moved, report.transfer?.duration ?? .zero)
        case .failed(let path, let error): Output.error("\(Output.printable(path)): \(error)")
        case .copies, .makesDirectory, .deletes: break
        }
      }
    }
  }

  private func show(_ plan: MirrorPlan) {
    if json {
      let copies = plan.copies.map {
        JSONText.object([("path", .name($0.path)), ("size", $0.entry.size.map { .number($0) })])
      }
      return Output.line(
        JSONText.object([
          ("make", .list(plan.directories.map { .name($0) })), ("copy", .list(copies)),
          ("remove", .list(plan.deletions.map { .name($0.path) })), ("unchanged", .number(UInt64(plan.unchanged))),
          ("bytes", .number(plan.bytes)),
        ]).text)
    }
    for path in plan.directories { Output.line("mkdir  ", name: path) }
    for copy in plan.copies { Output.line("copy   ", name: copy.path) }
    for deletion in plan.deletions { Output.line("remove ", name: deletion.path) }
    Output.note(
      "\(plan.copies.count) to copy (\(Output.amount(plan.bytes))), \(plan.deletions.count) to remove, \(plan.unchanged) unchanged"
    )
  }

  private func show(_ report: Mirror.Report) {
    if json {
      return Output.line(
        JSONText.object([
          ("copied", .number(UInt64(report.copied))), ("bytes", .number(report.bytes)),
          ("removed", .number(UInt64(report.deleted))), ("unchanged", .number(UInt64(report.unchanged))),
          ("failed", .list(report.failures.map { .name($0.path) })),
        ]).text)
    }
    if quiet { return }
    Output.note(
      "\(report.copied) copied (\(Output.amount(report.bytes))), \(report.deleted) removed, \(report.unchanged) unchanged, "
        + "\(report.failures.count) failed")
  }
}
