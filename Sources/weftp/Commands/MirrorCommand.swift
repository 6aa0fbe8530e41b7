// weftp mirror: makes a directory like another one, here or there, and copies only what is new or changed.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem

struct MirrorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mirror", abstract: "Copy what is new or changed of a directory.",
    discussion: "One of the two is a URL, or both are. A second run moves nothing.", aliases: ["sync"])

  @OptionGroup var connection: ConnectionArguments
  @OptionGroup var filter: FilterArguments
  @OptionGroup var arguments: MirrorArguments
  @Flag(help: "Only tell what would be done.") var dryRun = false
  @Option(help: "How progress is told: auto, bar, line, json, none.") var progress = ProgressStyle.auto
  @Flag(help: "The plan or the outcome as one line of JSON.") var json = false
  @Flag(name: .shortAndLong, help: "Tell nothing but errors.") var quiet = false
  @Option(
    name: [.customShort("P"), .long],
    help: ArgumentHelp("Files at once; by default as many as pay.", valueName: "count"))
  var parallel: Int?
  @Option(
    help: ArgumentHelp(
      "Go on: upwards at each change, downwards every so many seconds.", valueName: "seconds"))
  var watch: Int?
  @Flag(name: [.customShort("R"), .long], help: "In the shell: from here to the server.") var reverse = false
  @Argument(help: "A directory here or on a server.") var source: String
  @Argument(help: "A directory on a server or here.") var target: String

  func validate() throws {
    if let parallel, !(1...100).contains(parallel) { throw ValidationError("--parallel is from 1 to 100.") }
    if let watch, !(1...86_400).contains(watch) { throw ValidationError("--watch is from 1 to 86400 seconds.") }
    if reverse, ShellState.current == nil {
      throw ValidationError("-R is for the shell: here a URL says what is where.")
    }
  }

  func run() async throws {
    let command = self
    try await Interruption.run {
      let inShell = ShellState.current != nil
      let first = inShell && !command.reverse ? try Place(remoteInShell: command.source) : try Place(command.source)
      let second = inShell && command.reverse ? try Place(remoteInShell: command.target) : try Place(command.target)
      switch (first, second) {
      case (.remote(let url), .local(let path)):
        if !command.dryRun { try command.make(path) }
        try await command.run(.down, url, path)
      case (.local(let path), .remote(let url)): try await command.run(.up, url, path)
      case (.remote(let from), .remote(let to)): try await command.run(from, to)
      default: throw ClientError(.usage, "one of the two has to be on a server")
      }
    }
  }

  /// Mirrors, and with `--watch` does so again whenever something may have changed.
  private func run(_ direction: Mirror.Direction, _ url: ServerURL, _ path: String) async throws {
    let connector = try Connector(connection)
    let options = try arguments.options(filter)
    while true {
      let watched = watch != nil && direction == .up ? try DirectoryWatch(path, options) : nil
      let before = connector.runtime.commandCount
      do {
        try await connector.retrying(url) { session in
          let pool = connector.pool(url, parallel: parallel)
          do {
            // A dry run makes nothing.
            let isMissing = dryRun && direction == .down && !File.exists(path)
            let local = try LocalDirectory(
              isMissing ? "/" : path, followingLinks: direction == .up && options.links == .follow)
            var mirror = Mirror(direction, session, local: local, remote: url.path, options: options)
            mirror.localIsMissing = isMissing
            mirror.pool = pool
            try await run(mirror) { connector.runtime.commandCount - before }
          } catch {
            await pool?.quit()
            throw error
          }
          await pool?.quit()
        }
      } catch let error as ClientError where watch != nil && error.retry != .never {
        Output.note("\(error.message); it is tried again in \(watch ?? 0) s")
        try await pause()
        continue
      } catch let code as ExitCode where watch != nil && code == .partly {
        // What failed was told; the rest goes on.
      }
      guard watch != nil else { return }
      if let watched { try await watched.wait() } else { try await pause() }
    }
  }

  private func pause() async throws {
    do { try await Task.sleep(for: .seconds(watch ?? 1)) } catch {
      throw ClientError(.cancelled, "the mirror was interrupted", cause: error)
    }
  }

  /// From one server to another.
  private func run(_ from: ServerURL, _ to: ServerURL) async throws {
    if watch != nil { throw ClientError(.usage, "--watch is for mirrors between a server and here") }
    let connector = try Connector(connection)
    let options = try arguments.options(filter)
    let before = connector.runtime.commandCount
    try await connector.retrying(from) { source in
      // On one server, too, there are two control connections: each has one transfer at a time.
      let target = try await connector.open(to)
      do {
        try await run(RemoteMirror(source: source, target: target, from: from.path, to: to.path, options: options)) {
          connector.runtime.commandCount - before
        }
        await target.quit()
      } catch {
        await target.quit()
        throw error
      }
    }
  }

  /// - Parameter commands: how many the servers were sent until now.
  private func run(_ mirror: RemoteMirror, _ commands: () -> Int) async throws {
    let (plan, skipped) = try await mirror.plan()
    tell(plan, skipped)
    if dryRun { return show(plan) }
    let report = try await mirror.run(plan) { event in
      if case .failed(let path, let error) = event { Output.error("\(Output.printable(path)): \(error)") }
    }
    try end(report, commands())
  }

  private func make(_ path: String) throws {
    if mkdir(path, 0o777) != 0, errno != EEXIST {
      throw ClientError(.localFile, "\(path) cannot be made", cause: SystemError(code: errno, call: "mkdir"))
    }
  }

  /// - Parameter commands: how many the server was sent until now.
  private func run(_ mirror: Mirror, _ commands: () -> Int) async throws {
    let (plan, skipped) = try await mirror.plan(measuresClock: !dryRun)
    tell(plan, skipped)
    if dryRun { return show(plan) }
    let report = try await run(mirror, plan)
    try end(report, commands())
  }

  private func tell(_ plan: MirrorPlan, _ skipped: [(path: [UInt8], reason: String)]) {
    for (path, reason) in skipped { Output.note("\(Output.printable(path)) was passed over: \(reason)") }
    for path in plan.conflicts where !quiet {
      Output.note("\(Output.printable(path)) is left alone: it is a link, or of another kind on the other side")
    }
  }

  private func end(_ report: Mirror.Report, _ commands: Int) throws {
    show(report, commands)
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
        case .copies, .makesDirectory, .makesLink, .deletes: break
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
          ("link", .list(plan.links.map { .name($0.path) })), ("chmod", .list(plan.modes.map { .name($0.path) })),
          ("remove", .list(plan.deletions.map { .name($0.path) })), ("unchanged", .number(UInt64(plan.unchanged))),
          ("bytes", .number(plan.bytes)),
        ]).text)
    }
    for path in plan.directories { Output.line("mkdir  ", name: path) }
    for copy in plan.copies { Output.line("copy   ", name: copy.path) }
    for link in plan.links { Output.line("link   ", name: link.path) }
    for mode in plan.modes { Output.line("chmod \(String(mode.mode, radix: 8)) ", name: mode.path) }
    for deletion in plan.deletions { Output.line("remove ", name: deletion.path) }
    Output.note(
      "\(plan.copies.count) to copy (\(Output.amount(plan.bytes))), \(plan.deletions.count) to remove, \(plan.unchanged) unchanged"
    )
  }

  private func show(_ report: Mirror.Report, _ commands: Int) {
    if json {
      return Output.line(
        JSONText.object([
          ("copied", .number(UInt64(report.copied))), ("bytes", .number(report.bytes)),
          ("removed", .number(UInt64(report.deleted))), ("unchanged", .number(UInt64(report.unchanged))),
          ("failed", .list(report.failures.map { .name($0.path) })), ("commands", .number(UInt64(commands))),
        ]).text)
    }
    if quiet { return }
    Output.note(
      "\(report.copied) copied (\(Output.amount(report.bytes))), \(report.deleted) removed, \(report.unchanged) unchanged, "
        + "\(report.failures.count) failed; \(commands) commands")
  }
}
