// The commands `weftpd user …`: parses arguments, reads the password, prints; the work is done by Accounts.

import Accounts
import ArgumentParser
import DaemonSettings
import Glibc

/// `weftpd user`: edits a user table.
struct UserCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user",
    abstract: "Edits accounts: in a user table, in SQLite, in PostgreSQL.",
    discussion: """
      A password is asked for on the terminal, or read as one line of standard input; it is never an argument. A \
      running daemon reads the table again on SIGHUP; a change in a database it sees by itself. Exit codes: 0 done, 64 wrong \
      usage, 78 broken table, 1 the rest.
      """,
    subcommands: [
      AddUser.self, ChangePassword.self, SetOptions.self, UnsetOptions.self, RenameUser.self, SecondFactorCommand.self,
      RemoveUser.self, ListUsers.self, ShowUser.self, ImportUsers.self, ExportUsers.self,
      MigrateAccounts.self, ConvertTable.self,
    ])
}

private struct AddUser: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Adds a user; makes the table, or the tables of a database, if there are none.")

  @Argument(help: "The user's name.") var name: String
  @OptionGroup var options: AccountPlace
  @Option(
    help: ArgumentHelp(
      "The directory that becomes the user's root; an absolute path. A group can give it.", valueName: "dir"))
  var home: String?
  @Option(
    help: ArgumentHelp("A group the user is in; several times, the strongest first.", valueName: "name")
  )
  var group: [String] = []
  @Flag(
    inversion: .prefixedNo,
    help: "The user may only list and download. With --replace, neither keeps what the user has.")
  var readOnly: Bool?
  @Option(help: ArgumentHelp("Take this crypt(3) hash instead of asking for a password; * locks.", valueName: "hash"))
  var hash: String?
  @Flag(help: "If there is such a user, change the password, the home and, if given, the access; all options stay.")
  var replace = false

  func validate() throws {
    if home == nil, group.isEmpty { throw ValidationError("Give --home, or a --group that has one.") }
    if replace, !group.isEmpty { throw ValidationError("--replace keeps the groups; `weftpd user set` changes them.") }
  }

  func run() throws {
    try reportingErrors {
      let name = Array(name.utf8)
      let warnings: [String]
      let editor = try options.editor
      if group.isEmpty, let home {
        try editor.checkAdd(name: name, home: home, replacing: replace)
        warnings = try editor.add(
          name: name, hash: try hash ?? newHash(for: name), home: home, isReadOnly: readOnly, replacing: replace)
      } else {
        try editor.checkAddMember(name: name, home: home, groups: group)
        warnings = try editor.addMember(
          name: name, hash: try hash ?? newHash(for: name), home: home, isReadOnly: readOnly, groups: group)
      }
      for warning in warnings { complain("warning: \(warning)") }
      print("\(Account.display(name)) is in \(editor.place)\(lockedNote(hash)).")
    }
  }
}

private struct ChangePassword: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "password", abstract: "Sets a user's password.")

  @Argument(help: "The user's name.") var name: String
  @OptionGroup var options: AccountPlace
  @Option(help: ArgumentHelp("Take this crypt(3) hash instead of asking for a password; * locks.", valueName: "hash"))
  var hash: String?

  func run() throws {
    try reportingErrors {
      let name = Array(name.utf8)
      let editor = try options.editor
      _ = try editor.entry(named: name)  // before anybody types a password for nobody
      let warnings = try editor.changePassword(of: name, hash: try hash ?? newHash(for: name))
      for warning in warnings { complain("warning: \(warning)") }
      let shown = Account.display(name)
      print(isLocked(hash) ? "\(shown) is locked: no password is right." : "\(shown) has a new password.")
    }
  }
}

private struct RemoveUser: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Removes a user from the table; the home is left alone.")

  @Argument(help: "The user's name.") var name: String
  @OptionGroup var options: AccountPlace

  func run() throws {
    try reportingErrors {
      try options.editor.remove(Array(name.utf8))
      print("\(Account.display(name.utf8)) is removed.")
    }
  }
}

private struct ListUsers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the users: access, kind of hash, name, home.")

  @OptionGroup var options: AccountPlace

  func run() throws {
    try reportingErrors {
      let table = try options.editor.listing()
      for warning in table.warnings { complain("warning: \(warning)") }
      let kinds = table.entries.map(\.hashKind)
      let kindWidth = kinds.map(\.count).max() ?? 0
      let names = table.entries.map { Account.display($0.name) }
      let nameWidth = names.map(\.count).max() ?? 0
      for (index, entry) in table.entries.enumerated() {
        print(
          entry.isReadOnly ? "ro" : "rw", padded(kinds[index], to: kindWidth), padded(names[index], to: nameWidth),
          Account.display(entry.home.utf8), separator: "  ")
      }
    }
  }

  private func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

private struct ShowUser: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows a user, without the hash itself.")

  @Argument(help: "The user's name.") var name: String
  @OptionGroup var options: AccountPlace

  func run() throws {
    try reportingErrors {
      let entry = try options.editor.entry(named: Array(name.utf8))
      print("name:    \(Account.display(entry.name))")
      print("home:    \(Account.display(entry.home.utf8))")
      print("access:  \(entry.isReadOnly ? "read-only" : "read and write")")
      print("hash:    \(entry.hashKind)")
      if !entry.groups.isEmpty {
        print("groups:  \(entry.groups.map { Account.display($0.group.name.utf8) }.joined(separator: ", "))")
      }
      let own = Set(entry.ownOptions.shown.map(\.key))
      for (key, value) in entry.options.shown {
        let origin = own.contains(key) ? "" : " (of a group)"
        print("\(key): \(Account.display(value.utf8))\(origin)")
      }
      if entry.line > 0 { print("line:    \(entry.line)") }
      if let weakness = PasswordHash.weakness(of: entry.hash) { complain("warning: \(weakness)") }
    }
  }
}

extension UserEntry {
  fileprivate var hashKind: String {
    isLocked ? "locked" : PasswordHash.kind(of: hash)?.rawValue ?? "other"
  }
}

/// Whether a hash given on the command line locks the user.
private func isLocked(_ hash: String?) -> Bool { hash.map { PasswordHash.isLocked($0) } ?? false }

private func lockedNote(_ hash: String?) -> String { isLocked(hash) ? ", locked: no password is right" : "" }

/// Asks for a new password and hashes it.
private func newHash(for name: [UInt8]) throws -> String {
  try PasswordHash.make(try PasswordPrompt().read(user: name))
}

/// Prints what `body` throws on standard error and turns it into the exit code the manual promises.
func reportingErrors(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as UserTableError {
    complain(error.description)
    switch error.code {
    case .invalidEntry: throw ExitCode(64)
    case .malformed, .unsafeFile, .schema: throw ExitCode(78)
    case .missingFile, .system, .unknownUser, .userExists: throw ExitCode(1)
    }
  } catch let error as SettingsError {
    complain(error.description)
    throw ExitCode.configuration
  } catch let error as PasswordHash.MakeError {
    complain(error.description)
    throw ExitCode(1)
  } catch let error as PasswordPrompt.Failure {
    complain(error.description)
    throw ExitCode(error == .interrupted ? 130 : 1)
  }
}

func complain(_ text: String) {
  _ = Array("weftpd: \(text)\n".utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
