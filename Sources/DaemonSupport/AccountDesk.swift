// Looks accounts up and changes them for operators of the control socket, with the rules of `weftpd user` and the rights of this process.

import Accounts
import ControlProtocol
import ControlSocket
import DaemonSettings
import FTPServer
import Glibc
import LinuxSystem

/// The accounts of a running daemon, wherever its settings have them. Accounts of virtual hosts, groups, and `accounts.user` are left to
/// the commands and the settings.
struct AccountDesk: AccountKeeper {
  let daemon: Daemon

  /// The settings in force, and what edits the accounts they name.
  private func open() throws(AccountRefusal) -> (loaded: LoadedSettings, editor: any AccountEditor) {
    let loaded = daemon.loadedSettings
    do throws(SettingsError) { return (loaded, try AccountPlaces.editor(loaded)) } catch {
      throw AccountRefusal(.unavailable, error.problems.map { "\($0)" }.joined(separator: "\n"))
    }
  }

  // MARK: looking

  func place() throws(AccountRefusal) -> AccountPlaceEntry {
    let (loaded, editor) = try open()
    return AccountPlaceEntry(place: editor.place, obstacle: AccountObstacle.words(loaded.settings) ?? "")
  }

  func accounts(
    matching pattern: [UInt8], from first: Int, count: Int
  ) throws(AccountRefusal) -> (accounts: [AccountEntry], total: Int) {
    let (loaded, editor) = try open()
    let found = try refusing(loaded) { try editor.listing() }.entries.filter { entry in
      pattern.isEmpty || Self.contains(entry.name, pattern) || Self.contains(Array(entry.home.utf8), pattern)
        || entry.groups.contains { Self.contains(Array($0.group.name.utf8), pattern) }
    }
    let chosen = found.dropFirst(first).prefix(count).map { entry in
      AccountEntry(
        name: entry.name, home: entry.home, isReadOnly: entry.isReadOnly, isEnabled: entry.options.isEnabled,
        isLocked: entry.isLocked, hasSecondFactor: entry.options.oneTimeSecret != nil,
        groups: entry.groups.map(\.group.name).joined(separator: ";"))
    }
    return (Array(chosen), found.count)
  }

  /// Letters of ASCII are the same in both cases.
  private static func contains(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    func folded(_ byte: UInt8) -> UInt8 { 0x41...0x5A ~= byte ? byte + 0x20 : byte }
    let pattern = pattern.map(folded)
    guard text.count >= pattern.count else { return false }
    return (0...(text.count - pattern.count)).contains { start in
      text[start..<(start + pattern.count)].lazy.map(folded).elementsEqual(pattern)
    }
  }

  func fields(of name: [UInt8]) throws(AccountRefusal) -> [AccountFieldEntry] {
    let (loaded, editor) = try open()
    let entry = try refusing(loaded) { try editor.entry(named: name) }
    var fields = [
      Self.field("home", entry.home, .entry, "an absolute path", "The directory that becomes the user's root."),
      Self.field(
        "access", entry.isReadOnly ? "ro" : "rw", .entry, "ro or rw",
        "Whether the user may only list and download, or write too."),
      Self.field(
        "groups", entry.groups.map(\.group.name).joined(separator: ";"), entry.groups.isEmpty ? .none : .entry,
        "names of groups with ; between them, the strongest first",
        "The groups that hand their options on to the user."),
      Self.field(
        "password", entry.isLocked ? "locked" : PasswordHash.kind(of: entry.hash)?.rawValue ?? "other", .entry, "",
        "How the password is kept."),
    ]
    for attribute in UserAttribute.ofUsers {
      let own = entry.ownOptions.texts[attribute.key]
      let value = own ?? entry.options.texts[attribute.key]
      var field = Self.field(
        attribute.key, value ?? "", own != nil ? .entry : value != nil ? .group : .none, attribute.expected,
        attribute.meaning)
      if attribute.isSecret, value != nil { (field.value, field.isHidden) = ("", true) }
      fields.append(field)
    }
    return fields
  }

  private static func field(
    _ key: String, _ value: String, _ origin: AccountFieldEntry.Origin, _ expected: String, _ meaning: String
  ) -> AccountFieldEntry {
    let isLong = value.utf8.count > ControlLimits.value
    return AccountFieldEntry(
      key: key, value: isLong ? "" : value, origin: origin, isHidden: isLong, expected: expected, meaning: meaning)
  }

  func explain(_ question: AccountQuestion) throws(AccountRefusal) -> (isAllowed: Bool, lines: [String]) {
    let loaded = daemon.loadedSettings
    let address = IPAddress(question.address)
    guard question.address.isEmpty || address != nil else {
      throw AccountRefusal(.invalid, "the address is none: give one such as 192.0.2.7")
    }
    // Names that are no text have to stay as they are.
    let words = question.verb.split(separator: " ").map(String.init) + [""]
    var asked = AccessQuestion(user: question.name, address: address, words: words)
    asked.path = question.path
    let answer = try refusing(loaded) { try daemon.accountSetup(loaded).explain(asked, loaded) }
    guard let answer else { throw AccountRefusal(.failed, "there is no answer") }
    return (answer.isAllowed, answer.lines + answer.changes.map { "To allow it: \($0)" })
  }

  // MARK: changing

  func edit(_ edit: AccountEdit) throws(AccountRefusal) -> [String] {
    let (loaded, editor) = try open()
    let name = edit.name
    switch edit.act {
    case .add(let password, let set):
      return try changing(name, loaded) { try Self.add(name, password, set, editor) }
    case .update(let set, let unset):
      return try changing(name, loaded) {
        let changes = try editor.update(name, set: set.map { ($0.key, $0.value) }, unset: unset)
        return changes.isEmpty ? ["nothing to change"] : changes.map(Self.line)
      }
    case .password(let password):
      return try changing(name, loaded) {
        // Nobody's password is not worth a hash.
        _ = try editor.entry(named: name)
        return try editor.changePassword(of: name, hash: Self.hash(password))
      }
    case .remove:
      return try changing(name, loaded) {
        try editor.remove(name)
        return []
      }
    // Nothing of the entry changes, so this needs no leave.
    case .recount: return [try recount(name, loaded, editor)]
    }
  }

  /// Changes entries, where that is allowed, and has the server follow.
  private func changing(
    _ name: [UInt8], _ loaded: LoadedSettings, _ body: () throws -> [String]
  ) throws(AccountRefusal) -> [String] {
    guard loaded.settings.controlAccounts else {
      throw AccountRefusal(.notAllowed, AccountObstacle.words(loaded.settings) ?? "")
    }
    var lines = try refusing(loaded, body)
    // A database tells of its changes itself.
    if loaded.settings.accounts.backend == .table { lines += daemon.rereadAccounts(about: Account.display(name)) }
    return lines
  }

  private static func add(
    _ name: [UInt8], _ password: [UInt8], _ set: [AccountSetting], _ editor: any AccountEditor
  ) throws -> [String] {
    func value(_ key: String) -> String? { set.first { $0.key == key }.map(\.value) }
    let groups = (value("groups") ?? "").split(separator: ";").map(String.init)
    let home = value("home").flatMap { $0.isEmpty ? nil : $0 }
    let rest = set.filter { !["home", "groups"].contains($0.key) }
    var warnings: [String]
    if groups.isEmpty {
      try editor.checkAdd(name: name, home: home ?? "", replacing: false)
      warnings = try editor.add(
        name: name, hash: try hash(password), home: home ?? "", isReadOnly: nil, replacing: false)
    } else {
      try editor.checkAddMember(name: name, home: home, groups: groups)
      warnings = try editor.addMember(
        name: name, hash: try hash(password), home: home, isReadOnly: nil, groups: groups)
    }
    do {
      if !rest.isEmpty {
        warnings = try editor.update(name, set: rest.map { ($0.key, $0.value) }, unset: []).map(line) + warnings
      }
    } catch {
      // All of it or nothing.
      try? editor.remove(name)
      throw error
    }
    return warnings
  }

  private static func hash(_ password: [UInt8]) throws -> String {
    password.isEmpty ? "*" : try PasswordHash.make(password)
  }

  private static func line(_ change: EntryChange) -> String {
    func text(_ value: String?) -> String { value.map { Account.display($0.utf8) } ?? "not set" }
    return
      "\(change.key): \(change.before == change.after ? "changed" : "\(text(change.before)) -> \(text(change.after))")"
  }

  private func recount(
    _ name: [UInt8], _ loaded: LoadedSettings, _ editor: any AccountEditor
  ) throws(AccountRefusal) -> String {
    let home = try refusing(loaded) { try editor.entry(named: name).home }
    let directory = (try? File.resolvedPath(home)) ?? home
    guard let usage = daemon.recount(directory) else {
      throw AccountRefusal(
        .failed, "\(Account.display(directory.utf8)) cannot be counted: is it there, and do changes beneath it pause?")
    }
    return "\(usage.bytes) bytes, \(usage.files) files in \(Account.display(directory.utf8))"
  }

  // MARK: refusals

  private func refusing<Value>(_ loaded: LoadedSettings, _ body: () throws -> Value) throws(AccountRefusal) -> Value {
    do { return try body() } catch let error as UserTableError {
      throw AccountRefusal(Self.kind(error.code), Self.words(error, loaded.settings))
    } catch let error as PasswordHash.MakeError {
      throw AccountRefusal(.invalid, error.description)
    } catch let error as SettingsError {
      throw AccountRefusal(.failed, error.problems.map { "\($0)" }.joined(separator: "\n"))
    } catch {
      throw AccountRefusal(.failed, "\(error)")
    }
  }

  private static func kind(_ code: UserTableError.Code) -> ControlRefusal {
    switch code {
    case .unknownUser: .notFound
    case .userExists, .invalidEntry: .invalid
    case .system, .missingFile, .unsafeFile, .schema: .unavailable
    case .malformed: .failed
    }
  }

  private static func words(_ error: UserTableError, _ settings: Settings) -> String {
    guard error.code == .system else { return error.problems.isEmpty ? error.message : error.description }
    return AccountObstacle.words(settings) ?? error.description
  }
}
