// Where quotas are counted, by the settings.

import DaemonSettings
import Glibc
import PostgresClient
import PostgresQuotas

/// Opens stores of quotas.
public enum QuotaSetup {
  /// The store in PostgreSQL; nil if quotas are not counted there.
  ///
  /// - Parameter server: nil for somebody who only looks.
  public static func shared(
    _ loaded: LoadedSettings, server: String?
  ) throws(SettingsError) -> PostgresQuotaStore? {
    guard loaded.settings.sharesQuotas, let options = try AccountDatabase.options(loaded) else { return nil }
    return PostgresQuotaStore(
      options, server: server, areFilesShared: loaded.settings.quotaStorage == .shared)
  }

  /// The name of this server. Source: gethostname(2)
  public static func server(_ settings: Settings) -> String {
    if let name = settings.quotaServer { return name }
    var name = [CChar](repeating: 0, count: 257)
    guard gethostname(&name, 256) == 0 else { return "localhost" }
    let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.isEmpty ? "localhost" : text
  }
}
