// The commands `weftpd user set`, `unset` and `rename`: change one thing of an entry, keep the rest, print what changed.

import Accounts
import ArgumentParser

struct SetOptions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Sets options of a user, and keeps all others.",
    discussion: """
      For example: weftpd user set bob --table users tls=required access=ro

      \(optionList)
      """)

  @Argument(help: "The user's name.") var name: String
  @Argument(help: ArgumentHelp("What to set.", valueName: "key=value")) var assignments: [String]
  @OptionGroup var options: AccountPlace

  func validate() throws {
    if assignments.isEmpty { throw ValidationError("Give at least one key=value.") }
    try check(assignments)
  }

  func run() throws {
    try reportingErrors {
      try show(options.editor.update(Array(name.utf8), set: pairs(of: assignments), unset: []), of: name)
    }
  }

  /// The keys with what they do, as help.
  private static var optionList: String {
    let fields = [
      ("access", "ro (list and download) or rw (read and write)."),
      ("groups", "The groups the user is in, with ; between them, the strongest first."),
      ("home", "The directory that becomes the user's root."),
    ]
    let all = fields + UserAttribute.ofUsers.map { ($0.key, $0.meaning) }
    return all.sorted { $0.0 < $1.0 }.map { "\($0.0): \($0.1)" }.joined(separator: "\n")
  }
}

struct UnsetOptions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unset", abstract: "Takes options of a user away, and keeps all others.")

  @Argument(help: "The user's name.") var name: String
  @Argument(help: ArgumentHelp("The options.", valueName: "key")) var keys: [String]
  @OptionGroup var options: AccountPlace

  func validate() throws {
    if keys.isEmpty { throw ValidationError("Give at least one key.") }
  }

  func run() throws {
    try reportingErrors { try show(options.editor.update(Array(name.utf8), set: [], unset: keys), of: name) }
  }
}

struct RenameUser: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rename", abstract: "Gives a user another name; password, home and options stay.")

  @Argument(help: "The user's name.") var name: String
  @Argument(help: "The new name.") var newName: String
  @OptionGroup var options: AccountPlace

  func run() throws {
    try reportingErrors {
      try options.editor.rename(Array(name.utf8), to: Array(newName.utf8))
      print("\(Account.display(name.utf8)) is \(Account.display(newName.utf8)) now.")
    }
  }
}

/// Refuses what is not `key=value`, and keys given twice.
func check(_ assignments: [String]) throws {
  for assignment in assignments where !assignment.contains("=") {
    throw ValidationError("'\(assignment)' is not key=value; `unset` takes an option away.")
  }
  let keys = assignments.map { $0.prefix { $0 != "=" } }
  if let twice = keys.first(where: { key in keys.count { $0 == key } > 1 }) {
    throw ValidationError("'\(twice)' is given twice.")
  }
}

func pairs(of assignments: [String]) -> [(key: String, value: String)] {
  assignments.map { text in
    let key = text.prefix { $0 != "=" }
    return (key: String(key), value: String(text.dropFirst(key.count + 1)))
  }
}

/// One line for each change.
func show(_ changes: [EntryChange], of name: String) {
  let name = Account.display(name.utf8)
  if changes.isEmpty { print("\(name): nothing to change.") }
  for change in changes {
    func text(_ value: String?) -> String { value.map { Account.display($0.utf8) } ?? "not set" }
    // A secret that is replaced looks the same before and after.
    let arrow = change.before == change.after ? "changed" : "\(text(change.before)) -> \(text(change.after))"
    print("\(name): \(change.key): \(arrow)")
  }
}
