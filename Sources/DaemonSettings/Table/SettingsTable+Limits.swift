// The rows of limits on bandwidth and of quotas.

extension SettingsTable {
  static let rates: [Setting] = [
    Setting(
      "limits.rate-down", .rate, \.server.rates.down, unit: "bytes per second",
      """
      How fast all sessions together may send to their clients; `none` means no limit. A rate may have hours, in local \
      time: `10MiB;0800-1800=2MiB`. Of all rates that apply to a transfer, the lowest wins. Listings count, too.
      """),
    Setting(
      "limits.rate-up", .rate, \.server.rates.up, unit: "bytes per second",
      "How fast all sessions together may receive."),
    Setting(
      "limits.rate-down-per-address", .rate, \.server.rates.downPerAddress, unit: "bytes per second",
      "How fast all sessions from one address (IPv6: one /64) together may be sent to."),
    Setting(
      "limits.rate-up-per-address", .rate, \.server.rates.upPerAddress, unit: "bytes per second",
      "How fast all sessions from one address (IPv6: one /64) together may send."),
    Setting(
      "limits.rate-down-per-session", .rate, \.server.rates.downPerSession, unit: "bytes per second",
      "How fast each session may be sent to, if the entry of its user has no `session-rate-down`."),
    Setting(
      "limits.rate-up-per-session", .rate, \.server.rates.upPerSession, unit: "bytes per second",
      "How fast each session may send, if the entry of its user has no `session-rate-up`."),
  ]

  static let quotas: [Setting] = [
    Setting(
      "quotas.store", .optional("path", "the path of a file, such as /var/lib/weftpd/quotas"), \.quotaStore,
      needsRestart: true,
      """
      The file that keeps what directories with quotas hold and what users have moved; SQLite keeps it, with others \
      beside it. Its directory has to be writable for the user weftpd runs as. Without it, directories are counted \
      when they are first used after a start, and days and months begin anew with it; with `accounts.backend: postgres` \
      they are counted in that database, together with all other servers that use it.
      """),
    Setting(
      "quotas.server", .optional("text", "a name such as ftp1"), \.quotaServer, needsRestart: true,
      """
      The name of this server among those that count quotas in one database: each needs its own, and has to keep it. If \
      this is not set, it is the name of the host.
      """),
    Setting(
      "quotas.storage", .choice(), \.quotaStorage, needsRestart: true,
      """
      Whether servers that count quotas in one database have the same files, beneath the same paths (`shared`), or each \
      `own` files: then a quota bounds what a user has on all of them together.
      """),
    Setting(
      "quotas.bytes", .size(0...(1 << 60)), \.server.quotas.bytes, unit: "bytes",
      "How many bytes the files of a user may have together, if the user's entry has no `quota`. 0 means no limit."),
    Setting(
      "quotas.files", .integer(0...1_000_000_000_000), \.server.quotas.files, unit: "files",
      "How many files a user may have, if the user's entry has no `quota-files`. 0 means no limit."),
  ]
}
