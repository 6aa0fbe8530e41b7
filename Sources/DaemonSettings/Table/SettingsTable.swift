// The table of settings: every key once, with its type, default, unit and meaning. Everything else reads this table.

/// One row of the table.
public struct Setting: Sendable {
  /// Dot-separated, for example `passive.ports`.
  public let key: String
  /// For example `duration`.
  public let typeName: String
  /// What a value must look like; follows "expected".
  public let expected: String
  /// The default, which is the field's initial value, as it would be written; empty when the setting is not set by default.
  public let defaultItems: [String]
  /// What a plain number counts: `seconds`, `bytes`, `sessions`; empty when there is no number.
  public let unit: String
  /// One or more sentences.
  public let meaning: String
  /// True when a reload cannot apply a change.
  public let needsRestart: Bool
  /// True when the setting takes more than one value.
  public let isList: Bool

  let store: @Sendable ([String], inout Settings) throws(Rejection) -> Void
  let show: @Sendable (Settings) -> [String]
  let copy: @Sendable (Settings, inout Settings) -> Void

  /// - Parameters:
  ///   - field: where the value goes: in ``Settings/server`` if the server works by it.
  ///   - needsRestart: a reload leaves the old value in force.
  init<Value>(
    _ key: String, _ type: ValueType<Value>, _ field: WritableKeyPath<Settings, Value> & Sendable,
    unit: String = "", needsRestart: Bool = false, _ meaning: String
  ) {
    self.key = key
    typeName = type.name
    expected = type.expected
    defaultItems = type.show(SettingsTable.defaults[keyPath: field])
    self.unit = unit
    self.meaning = meaning
    self.needsRestart = needsRestart
    isList = type.isList
    store = { (items, settings) throws(Rejection) in
      settings[keyPath: field] = try type.parse(items)
    }
    show = { type.show($0[keyPath: field]) }
    copy = { $1[keyPath: field] = $0[keyPath: field] }
  }

  /// The first part of the key: the section it stands under in the file; nil for a key without a dot.
  public var section: String? {
    key.firstIndex(of: ".").map { String(key[..<$0]) }
  }

  /// The environment variable that sets it: `WEFTPD_PASSIVE_PORTS` for `passive.ports`.
  public var environmentName: String {
    SettingsTable.environmentPrefix
      + String(key.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
  }
}

/// The one table of settings.
public enum SettingsTable {
  /// How the environment variables of the daemon begin.
  public static let environmentPrefix = "WEFTPD_"

  /// Environment variables that are read but are no settings: the password of `accounts.user`, itself or in a file.
  public static let otherEnvironmentNames = ["WEFTPD_PASSWORD", "WEFTPD_PASSWORD_FILE"]

  /// The row of `key`, a host's own included (``hostRow(_:)``); nil for an unknown key.
  public static func row(_ key: String) -> Setting? { byKey[key] ?? hostRow(key) }

  private static let byKey: [String: Setting] = Dictionary(rows.map { ($0.key, $0) }) { first, _ in first }

  /// The names of the sections, in the order of the table.
  public static let sections: [String] = rows.compactMap(\.section).reduce(into: []) { names, name in
    if !names.contains(name) { names.append(name) }
  }

  /// What holds when nothing is set anywhere.
  static let defaults = Settings()

  /// Every setting, in the order the documentation shows them; the sections stand in SettingsTable+Rows.swift.
  public static let rows: [Setting] =
    server + accounts + hosts + passive + multipath + tls + transfer + uploads + timeouts + limits + quotas + bans
    + proxy + hooks + files + metrics + log
}
