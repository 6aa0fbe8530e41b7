// The commands `weftpd quota …`: show what the store of quotas keeps, and have directories counted again.

import Accounts
import ArgumentParser
import DaemonSettings
import FTPServer
import Glibc
import LinuxSystem
import Quotas
import SQLiteQuotas

/// `weftpd quota`: looks at the store that `quotas.store` names.
struct QuotaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quota",
    abstract: "Shows and counts what directories with quotas hold.",
    discussion: """
      Needs the setting quotas.store, and the rights to write to that file. Exit codes: 0 done, 78 wrong settings, 1 the \
      rest.
      """,
    subcommands: [ShowQuotas.self, ScanQuotas.self])
}

/// Which store, and which directories.
struct QuotaOptions: ParsableArguments {
  @OptionGroup var settings: SettingsOptions

  /// The store that the settings name.
  func load() throws -> (path: String, settings: Settings) {
    let loaded: LoadedSettings
    do throws(SettingsError) { loaded = try settings.sources().load() } catch {
      for problem in error.problems { complain("\(problem)") }
      throw ExitCode.configuration
    }
    guard let path = loaded.settings.quotaStore else {
      complain("quotas.store is not set: nothing is kept.")
      throw ExitCode.configuration
    }
    return (File.absolutePath(path), loaded.settings)
  }
}

private func line(_ tally: StoredTally) -> String {
  "\(tally.usage.bytes) bytes, \(tally.usage.files) files in \(Account.display(tally.directory.utf8))"
}

private struct ShowQuotas: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows what is kept of every directory.")

  @OptionGroup var options: QuotaOptions

  func run() throws {
    let (path, _) = try options.load()
    do throws(QuotaStoreError) {
      for tally in try SQLiteQuotaStore(path, owning: false).tallies() {
        print(line(tally) + (tally.isInUse ? " (in use)" : ""))
      }
    } catch {
      complain("\(error)")
      throw ExitCode.failure
    }
  }
}

private struct ScanQuotas: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan", abstract: "Counts directories again.",
    discussion: """
      While a server runs, the server counts, and nothing changes in a directory meanwhile; else this command does. Without \
      names, all directories that are kept are counted.
      """)

  @Argument(help: ArgumentHelp("Users of the table, or directories by their absolute paths.", valueName: "name"))
  var names: [String] = []
  @OptionGroup var options: QuotaOptions

  func run() throws {
    let (path, settings) = try options.load()
    do {
      let isServed = SQLiteQuotaStore.isOwned(path)
      let store = try SQLiteQuotaStore(path, owning: !isServed)
      let known = try store.tallies().map(\.directory)
      for directory in names.isEmpty ? known : try directories(settings) {
        let before = try store.tally(of: directory)
        let after = isServed ? try ask(store, directory, path) : try count(store, directory)
        let change = before.map { $0.usage == after.usage ? ", as before" : "; before: \(Self.short($0))" }
        print(line(after) + (change ?? ""))
      }
    } catch let error as QuotaStoreError {
      complain("\(error)")
      throw ExitCode.failure
    }
  }

  private static func short(_ tally: StoredTally) -> String { "\(tally.usage.bytes) bytes, \(tally.usage.files) files" }

  /// What the names stand for.
  private func directories(_ settings: Settings) throws -> [String] {
    let table = try settings.accountsTable.map { try UserTableEditor(path: $0).load() }
    return try names.map { name in
      if name.hasPrefix("/") { return (try? File.resolvedPath(name)) ?? name }
      guard let entry = table?.entry(named: Array(name.utf8)) else {
        complain("there is no user \(Account.display(name.utf8)) in the table.")
        throw ExitCode.failure
      }
      return (try? File.resolvedPath(entry.home)) ?? entry.home
    }
  }

  private func count(_ store: SQLiteQuotaStore, _ directory: String) throws -> StoredTally {
    guard let usage = QuotaLedger.count(directory) else {
      complain("\(Account.display(directory.utf8)) cannot be counted.")
      throw ExitCode.failure
    }
    let tally = StoredTally(directory, usage, isInUse: false)
    try store.save([tally])
    return tally
  }

  /// Has the server count, and waits for it.
  private func ask(_ store: SQLiteQuotaStore, _ directory: String, _ path: String) throws -> StoredTally {
    try store.request(directory)
    while try store.requests().contains(directory) {
      guard SQLiteQuotaStore.isOwned(path) else {
        complain("the server has ended before it counted \(Account.display(directory.utf8)).")
        throw ExitCode.failure
      }
      usleep(100_000)
    }
    return try store.tally(of: directory) ?? StoredTally(directory, QuotaUsage(), isInUse: true)
  }
}
