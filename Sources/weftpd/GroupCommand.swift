// The commands `weftpd group …`: groups of a YAML table or a database, whose members have what the groups say.

import Accounts
import ArgumentParser

/// `weftpd group`: edits groups.
struct GroupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "group", abstract: "Edits groups of users: in a YAML user table, in SQLite, in PostgreSQL.",
    discussion: """
      Members have the home, the access and the options of their groups unless their own entries say otherwise. \
      `weftpd user set NAME groups=A` makes NAME a member of A.
      """,
    subcommands: [
      AddGroup.self, SetGroup.self, UnsetGroup.self, RemoveGroup.self, ListGroups.self, ShowGroup.self,
    ])

  /// The keys with what they do, as help.
  fileprivate static var keys: String {
    let fields = [
      ("access", "ro (list and download) or rw (read and write), for members that do not say."),
      ("home", "The home of members that name none; %u in it is the name of the user."),
    ]
    let all = fields + UserAttribute.all.map { ($0.key, $0.meaning) }
    return all.sorted { $0.0 < $1.0 }.map { "\($0.0): \($0.1)" }.joined(separator: "\n")
  }
}

private struct AddGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Adds a group.",
    discussion: "For example: weftpd group add staff --table users.yaml home=/srv/ftp/%u access=rw tls=required\n\n"
      + GroupCommand.keys)

  @Argument(help: "The group's name.") var name: String
  @Argument(help: ArgumentHelp("What its members have.", valueName: "key=value")) var assignments: [String] = []
  @OptionGroup var options: AccountPlace

  func validate() throws { try check(assignments) }

  func run() throws {
    try reportingErrors {
      let editor = try options.editor
      try editor.addGroup(name, set: pairs(of: assignments))
      print("The group \(Account.display(name.utf8)) is in \(editor.place).")
    }
  }
}

private struct SetGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Sets options of a group, and keeps all others.", discussion: GroupCommand.keys)

  @Argument(help: "The group's name.") var name: String
  @Argument(help: ArgumentHelp("What to set.", valueName: "key=value")) var assignments: [String]
  @OptionGroup var options: AccountPlace

  func validate() throws {
    if assignments.isEmpty { throw ValidationError("Give at least one key=value.") }
    try check(assignments)
  }

  func run() throws {
    try reportingErrors { try show(options.editor.updateGroup(name, set: pairs(of: assignments)), of: name) }
  }
}

private struct UnsetGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unset", abstract: "Takes options of a group away, and keeps all others.")

  @Argument(help: "The group's name.") var name: String
  @Argument(help: ArgumentHelp("The options.", valueName: "key")) var keys: [String]
  @OptionGroup var options: AccountPlace

  func validate() throws {
    if keys.isEmpty { throw ValidationError("Give at least one key.") }
  }

  func run() throws {
    try reportingErrors { try show(options.editor.updateGroup(name, unset: keys), of: name) }
  }
}

private struct RemoveGroup: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Removes a group that has no members.")

  @Argument(help: "The group's name.") var name: String
  @OptionGroup var options: AccountPlace

  func run() throws {
    try reportingErrors {
      try options.editor.removeGroup(name)
      print("The group \(Account.display(name.utf8)) is removed.")
    }
  }
}

private struct ListGroups: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the groups: access, number of members, name, home.")

  @OptionGroup var options: AccountPlace

  func run() throws {
    try reportingErrors {
      let table = try options.editor.listing()
      var members: [String: Int] = [:]
      for entry in table.entries { for group in entry.groups { members[group.group.name, default: 0] += 1 } }
      for group in table.groups {
        let access = group.permissions.map { $0.isReadOnly ? "ro" : "rw" } ?? "--"
        print(
          access, members[group.name] ?? 0, Account.display(group.name.utf8),
          Account.display((group.home ?? "-").utf8), separator: "  ")
      }
    }
  }
}

private struct ShowGroup: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows a group with its members.")

  @Argument(help: "The group's name.") var name: String
  @OptionGroup var options: AccountPlace

  func run() throws {
    try reportingErrors {
      let editor = try options.editor
      let group = try editor.group(named: name)
      print("name:    \(Account.display(group.name.utf8))")
      if let home = group.home { print("home:    \(Account.display(home.utf8))") }
      if let permissions = group.permissions {
        print("access:  \(permissions.isReadOnly ? "read-only" : "read and write")")
      }
      for (key, value) in group.options.shown { print("\(key): \(Account.display(value.utf8))") }
      let members = try editor.listing().entries.filter { $0.groups.contains { $0.group.name == name } }
      print("members: \(members.map { Account.display($0.name) }.joined(separator: ", "))")
      if group.line > 0 { print("line:    \(group.line)") }
    }
  }
}
