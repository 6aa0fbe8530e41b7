// The commands `weftpd ban …`: show and change the bans in a file or in PostgreSQL, which running daemons watch.

import ArgumentParser
import Bans
import DaemonSettings
import DaemonSupport
import Glibc
import LinuxSystem

/// `weftpd ban`: shows and changes bans.
struct BanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ban",
    abstract: "Shows and changes who is banned.",
    discussion: """
      A SUBJECT is an address (192.0.2.1), a network (2001:db8::/64) or a user (user:alice; on a virtual host \
      user:alice@ftp.example.org). A running daemon acts on a change within a second: sessions of the banned end with 421. Bans in PostgreSQL \
      (accounts.backend: postgres without bans.file) hold on all servers that share it.

      Exit codes: 0 done, 64 wrong usage, 78 wrong settings or a broken file, 1 any other failure.
      """,
    subcommands: [ListBans.self, AddBans.self, RemoveBans.self, ExportBans.self])
}

/// Where the bans are.
private struct BanFileOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The file of bans, instead of the one the settings name.", valueName: "file"))
  var file: String?

  @OptionGroup var settings: SettingsOptions

  func validate() throws {
    if file?.isEmpty == true { throw ValidationError("--file expects the path of a file.") }
  }

  /// The rules of the settings; those by default if there are no settings to read.
  var rules: BanRules { settings.config == nil && settings.set.isEmpty ? BanRules() : read().banRules }

  private func read() -> Settings { settings.sources().read().loaded.settings }

  /// - Throws: exit code 78 when no place is named anywhere.
  func store() throws -> any BanStore {
    if let file { return BanFile(path: file) }
    let loaded = settings.sources().read().loaded
    if let path = loaded.settings.bans.file { return BanFile(path: path) }
    do throws(SettingsError) {
      if let store = try BanSetup.shared(loaded) { return store }
    } catch {
      for problem in error.problems { complain("\(problem)") }
      throw ExitCode.configuration
    }
    write(
      "weftpd: no place of bans: give --file, or --config with a file that sets bans.file or accounts.backend: postgres\n",
      to: STDERR_FILENO)
    throw ExitCode.configuration
  }
}

/// Runs `body` and makes what it throws an exit code.
private func reporting(_ body: () throws -> Void) throws {
  do { try body() } catch let error as BanStoreError {
    write("weftpd: \(error)\n", to: STDERR_FILENO)
    throw error.isMalformed ? ExitCode.configuration : ExitCode.failure
  }
}

private struct ListBans: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the bans in force: subject, since, until, by whom, why.")

  @OptionGroup var options: BanFileOptions

  func run() throws {
    try reporting {
      let now = WallClock.seconds
      let bans = try options.store().list().filter { $0.holds(at: now) }
      let width = bans.map { $0.subject.description.utf8.count }.max() ?? 0
      for ban in bans.sorted(by: { ($0.since, $0.line) < ($1.since, $1.line) }) {
        let subject = ban.subject.description
        let end = ban.until.map(Ban.text) ?? "never"
        print(
          subject + String(repeating: " ", count: width - subject.utf8.count), Ban.text(ban.since),
          end + String(repeating: " ", count: max(0, 20 - end.count)), ban.origin.rawValue, ban.reason,
          separator: "  ")
      }
    }
  }
}

private struct AddBans: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Bans addresses, networks or users; an earlier ban of the same subject is replaced.")

  @Argument(help: ArgumentHelp("Who.", valueName: "subject")) var subjects: [String]
  @OptionGroup var options: BanFileOptions
  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("How long: 90s, 15m, 2h, 7d. Without it until it is removed.", valueName: "duration"))
  var duration: String?
  @Option(help: ArgumentHelp("Why, for those who read the list.", valueName: "text")) var reason = ""

  func validate() throws {
    _ = try parsed(subjects)
    if let duration, SettingsTable.duration(duration) == nil {
      throw ValidationError("'\(duration)' is not a duration such as 90s, 15m, 2h or 7d.")
    }
  }

  func run() throws {
    try reporting {
      let now = WallClock.seconds
      let until = duration.flatMap(SettingsTable.duration).map { now + max(1, $0.components.seconds) }
      let subjects = try parsed(subjects)
      try options.store().change(
        adding: subjects.map { Ban($0, since: now, until: until, origin: .operator, reason: reason) }, removing: [])
      for subject in subjects {
        print("\(subject) is banned\(until.map { " until \(Ban.text($0))" } ?? "").")
        let allowed = options.rules.allowed
        if case .network(let network) = subject, allowed.contains(where: { $0.contains(network.address) }) {
          write("weftpd: warning: bans.allow contains \(subject), so the ban does not hold\n", to: STDERR_FILENO)
        }
      }
    }
  }
}

private struct RemoveBans: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "remove", abstract: "Lifts bans.")

  @Argument(help: ArgumentHelp("Who, as `list` shows it.", valueName: "subject")) var subjects: [String]
  @OptionGroup var options: BanFileOptions

  func validate() throws { _ = try parsed(subjects) }

  func run() throws {
    try reporting {
      let store = try options.store()
      let now = WallClock.seconds
      let known = Set(try store.list().filter { $0.holds(at: now) }.map(\.subject))
      let subjects = try parsed(subjects)
      try store.change(adding: [], removing: subjects)
      for subject in subjects where known.contains(subject) { print("\(subject) is not banned any more.") }
      let unknown = subjects.filter { !known.contains($0) }
      for subject in unknown { write("weftpd: \(subject) was not banned\n", to: STDERR_FILENO) }
      if !unknown.isEmpty { throw ExitCode.failure }
    }
  }
}

private struct ExportBans: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Prints the bans as sets of nftables, for `nft -f -`.")

  @OptionGroup var options: BanFileOptions

  func run() throws {
    try reporting {
      let batch = NftablesExport.batch(
        try options.store().list(), allowing: options.rules.allowed, at: WallClock.seconds)
      print(batch, terminator: "")
    }
  }
}

/// - Throws: which of them is no subject.
private func parsed(_ subjects: [String]) throws -> [BanSubject] {
  guard !subjects.isEmpty else { throw ValidationError("Name at least one subject.") }
  return try subjects.map { text in
    guard let subject = BanSubject(text) else {
      throw ValidationError(
        "'\(text)' is no address, no network (or has bits set behind its prefix) and no user:NAME.")
    }
    return subject
  }
}
