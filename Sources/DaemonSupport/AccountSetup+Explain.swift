// Whether a user may do something: the rules of sessions, asked for the accounts that settings name.

import Accounts
import DaemonSettings
import FTPServer

extension AccountSetup {
  /// Says whether a command would be let through, and what decides.
  ///
  /// - Parameters:
  ///   - host: asks the accounts of this virtual host; nil: the server's.
  ///   - loaded: the settings these accounts were made from.
  /// - Returns: nil if there is no such host.
  /// - Throws: `UserTableError` or `SettingsError` where a database cannot be asked.
  public func explain(
    _ question: AccessQuestion, host: String? = nil, _ loaded: LoadedSettings
  ) throws -> AccessExplanation? {
    var source = self.source
    if let host {
      guard let other = source.hosts[host] else { return nil }
      source = other
    }
    // A host with a table of its own has all its users there.
    var database: String?
    if loaded.settings.accounts.backend != .table, host.flatMap({ loaded.settings[host: $0].users }) == nil {
      let editor = try AccountPlaces.editor(loaded)
      let entries = try editor.listing().entries
      source.directory = OneUser(entry: entries.first { $0.name == question.user })
      database = editor.place
    }
    return source.explain(question) { [database, single = source.single] entry in
      entry.name == single?.name ? "accounts.user" : database ?? place(of: entry, host: host)
    }
  }
}

/// A database as far as one user is concerned.
private struct OneUser: AccountDirectory {
  let entry: UserEntry?
  let challengeShare = ChallengeShare([])

  func entryNow(named name: [UInt8]) -> AccountAnswer { .known(entry?.name == name ? entry : nil) }

  func entry(named name: [UInt8]) async throws(AccountDirectoryError) -> UserEntry? {
    entry?.name == name ? entry : nil
  }
}
