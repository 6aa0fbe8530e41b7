// The commands `weftpd quota …`: show what the store of quotas keeps, and have directories counted again.

import Accounts
import ArgumentParser
import DaemonSettings
import DaemonSupport
import LinuxSystem
import Quotas

/// `weftpd quota`: looks at the store that the settings name.
struct QuotaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quota",
    abstract: "Shows and counts what directories with quotas hold.",
    discussion: """
      Needs the setting quotas.store, and the rights to write to that file, or accounts.backend: postgres. Exit codes: 0 done, 78 wrong settings, 1 the \
      rest.
      """,
    subcommands: [ShowQuotas.self, ScanQuotas.self, ForgetServer.self])
}

/// Which store, and which directories.
struct QuotaOptions: ParsableArguments {
  @OptionGroup var settings: SettingsOptions

  func load() throws -> LoadedSettings {
    do throws(SettingsError) { return try settings.sources().load() } catch {
      for problem in error.problems { complain("\(problem)") }
      throw ExitCode.configuration
    }
  }

  /// The store that the settings name.
  func store(counting: Bool = false) throws -> any KeptQuotas {
    let loaded = try load()
    if let path = loaded.settings.quotaStore { return try QuotaFile(File.absolutePath(path), counting: counting) }
    do throws(SettingsError) {
      if let store = try QuotaSetup.shared(loaded, server: nil) {
        return QuotaDatabase(store, server: QuotaSetup.server(loaded.settings)) { name in
          try? QuotaSetup.shared(loaded, server: name)
        }
      }
    } catch {
      for problem in error.problems { complain("\(problem)") }
      throw ExitCode.configuration
    }
    complain("neither quotas.store nor accounts.backend: postgres is set: nothing is kept.")
    throw ExitCode.configuration
  }
}

/// Runs `body` and makes what it throws an exit code.
private func reporting(_ body: () throws -> Void) throws {
  do { try body() } catch let error as QuotaStoreError {
    complain("\(error)")
    throw ExitCode.failure
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
    try reporting {
      let store = try options.store()
      for tally in try store.tallies() { print(line(tally) + (tally.isInUse ? " (in use)" : "")) }
      for (name, isAlive) in try store.servers() {
        print("server \(Account.display(name.utf8)): \(isAlive ? "lives" : "is gone")")
      }
    }
  }
}

private struct ForgetServer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Forgets what a server has counted that is gone for good.",
    discussion: "For servers that count quotas in PostgreSQL, each with files of its own (quotas.storage: own).")

  @Argument(help: ArgumentHelp("The server, as `show` names it.", valueName: "server")) var server: String
  @OptionGroup var options: QuotaOptions

  func run() throws {
    try reporting {
      guard try options.store().forget(server: server) else {
        complain("there is no server \(Account.display(server.utf8)) that is gone.")
        throw ExitCode.failure
      }
      print("\(Account.display(server.utf8)) is forgotten.")
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

  @Argument(help: ArgumentHelp("Users, or directories by their absolute paths.", valueName: "name"))
  var names: [String] = []
  @OptionGroup var options: QuotaOptions

  func run() throws {
    try reporting {
      let store = try options.store(counting: true)
      let known = try store.tallies()
      for directory in names.isEmpty ? known.map(\.directory) : try directories() {
        let before = known.first { $0.directory == directory }
        let after = try store.count(directory)
        let change = before.map { $0.usage == after.usage ? ", as before" : "; before: \(Self.short($0))" }
        print(line(after) + (change ?? ""))
      }
    }
  }

  private static func short(_ tally: StoredTally) -> String { "\(tally.usage.bytes) bytes, \(tally.usage.files) files" }

  /// What the names stand for.
  private func directories() throws -> [String] {
    var editor: (any AccountEditor)?
    return try names.map { name in
      if name.hasPrefix("/") { return (try? File.resolvedPath(name)) ?? name }
      do {
        let accounts = try editor ?? AccountPlaces.editor(try options.load())
        editor = accounts
        let home = try accounts.entry(named: Array(name.utf8)).home
        return (try? File.resolvedPath(home)) ?? home
      } catch {
        complain("\(error)")
        throw ExitCode.failure
      }
    }
  }
}
