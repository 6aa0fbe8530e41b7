// What differs between the settings in force and those a reload has read.

import SafeText

/// One setting that differs.
public struct SettingsChange: Sendable, Equatable {
  public let key: String
  /// The values as they would be written, in quotes; `not set` for none.
  public let before: String
  public let after: String

  init(_ row: Setting, from old: Settings, to new: Settings) {
    key = row.key
    before = Self.text(row.show(old))
    after = Self.text(row.show(new))
  }

  private static func text(_ items: [String]) -> String {
    items.isEmpty ? "not set" : items.map(quoted).joined(separator: ", ")
  }
}

extension LoadedSettings {
  /// What is different from `old`, in the order of the table; the settings of hosts that are gone come last.
  public func changes(since old: LoadedSettings) -> [SettingsChange] {
    let gone = old.settings.hostNames.filter { !settings.hostNames.contains($0) }.flatMap(SettingsTable.hostRows)
    return (SettingsTable.rows(of: settings) + gone)
      .filter { $0.show(old.settings) != $0.show(settings) }
      .map { SettingsChange($0, from: old.settings, to: settings) }
  }

  /// These settings, but with the values of `old` where only a restart can change them; and the changes that were left out.
  public func keepingWhatNeedsRestart(of old: LoadedSettings) -> (kept: LoadedSettings, refused: [SettingsChange]) {
    var settings = settings
    var origins = origins
    var refused: [SettingsChange] = []
    for row in SettingsTable.rows where row.needsRestart && row.show(old.settings) != row.show(settings) {
      refused.append(SettingsChange(row, from: old.settings, to: settings))
      row.copy(old.settings, &settings)
      origins[row.key] = old.origins[row.key]
    }
    return (LoadedSettings(settings: settings, origins: origins, warnings: warnings), refused)
  }
}
