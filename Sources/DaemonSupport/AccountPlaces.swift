// What edits the accounts that settings name: for the commands `weftpd user`, and for operators of the control socket.

import Accounts
import DaemonSettings
import PostgresAccounts
import SQLiteAccounts

public enum AccountPlaces {
  /// What edits the accounts that settings name.
  ///
  /// - Throws: where they name no place, or its password cannot be read.
  public static func editor(_ loaded: LoadedSettings) throws(SettingsError) -> any AccountEditor {
    let settings = loaded.settings
    switch settings.accounts.backend {
    case .table:
      guard let table = settings.accountsTable else {
        throw SettingsError([SettingsProblem(.standard, key: "accounts.table", "is not set")])
      }
      return UserTableEditor(path: table)
    case .sqlite: return StoreEditor(SQLiteStore(path: settings.accounts.sqlite ?? ""))
    case .postgres:
      guard let options = try AccountDatabase.options(loaded) else {
        throw SettingsError([SettingsProblem(.standard, key: "accounts.postgres.connection", "is not set")])
      }
      return StoreEditor(PostgresStore(options))
    }
  }
}
