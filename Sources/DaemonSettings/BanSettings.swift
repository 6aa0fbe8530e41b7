// The settings of bans: where they are kept, what leads to one, who is never banned.

import Bans

/// Who is turned away, and why.
public struct BanSettings: Sendable, Equatable {
  /// The file that keeps them; nil: they end with the process.
  public var file: String?
  /// The file for nft(8); nil: none is written.
  public var nftables: String?
  public var rules = BanRules()

  init() {}
}

extension Settings {
  /// What the book of bans works by: the settings `bans.*`, and no balancer is ever banned, for it is not the one who offends.
  public var banRules: BanRules {
    var rules = bans.rules
    rules.allowed += server.proxy.trusted.filter { !rules.allowed.contains($0) }
    return rules
  }
}

extension SettingsTable {
  static let bans: [Setting] = [
    Setting(
      "bans.file", .optional("path", "the path of a file, such as /var/lib/weftpd/bans"), \.bans.file,
      needsRestart: true,
      """
      The file that keeps bans across restarts, and that `weftpd ban` changes; weftpd notices a change within a second. \
      Its directory must be writable for weftpd. Without it bans end with the process.
      """),
    Setting(
      "bans.failures", .integer(0...10_000), \.bans.rules.failures, unit: "logins",
      """
      So many failed logins from one client (an IPv4 address, the /64 of an IPv6 address) within `bans.window` ban it, with \
      every address that its multipath connection has a path from; four times as many ban the /48. 0 means never.
      """),
    Setting(
      "bans.user-failures", .integer(0...10_000), \.bans.rules.userFailures, unit: "logins",
      """
      So many failed logins of one user, from all addresses together, ban the user's name. Then nobody can log in as that \
      user, so anybody can lock a user out whose name is known. 0 means never.
      """),
    Setting(
      "bans.unknown-commands", .integer(0...60_000), \.bans.rules.unknownCommands, unit: "lines",
      "So many lines from one client within `bans.window` that are no command of this server ban it. 0 means never."),
    Setting(
      "bans.connections", .integer(0...60_000), \.bans.rules.connections, unit: "connections",
      "So many control connections of one client within `bans.window` ban it. 0 means never."),
    Setting(
      "bans.window", .duration(.seconds(1)...longest), \.bans.rules.window, unit: "seconds",
      "In what time failures, unknown commands and connections are counted."),
    Setting(
      "bans.duration", .duration(.seconds(1)...longest), \.bans.rules.duration, unit: "seconds",
      "How long a ban holds that weftpd makes by itself."),
    Setting(
      "bans.allow", .networks, \.bans.rules.allowed,
      "Who is never banned: no offence of theirs counts, and no ban holds for them, whoever made it."),
    Setting(
      "bans.nftables", .optional("path", "the path of a file, such as /var/lib/weftpd/bans.nft"), \.bans.nftables,
      needsRestart: true,
      """
      A file that weftpd rewrites whenever bans change, with the sets `banned4`, `banned6`, `allowed4` and `allowed6` of the table \
      `inet weftpd` for `nft -f`. weftpd itself does not touch the firewall.
      """),
  ]

  static let proxy: [Setting] = [
    Setting(
      "proxy.trusted", .networks, \.server.proxy.trusted,
      """
      The load balancers whose control connections begin with a header of the PROXY protocol (version 1 or 2), which tells \
      the client's address. A connection from there without one is closed; from anywhere else a header is not accepted.
      """),
    Setting(
      "proxy.data", .flag, \.server.proxy.onData,
      """
      Data connections from `proxy.trusted` begin with such a header, too. Without this setting they must come from the \
      client itself.
      """),
    Setting(
      "proxy.timeout", .duration(.milliseconds(1)...longest), \.server.proxy.timeout, unit: "seconds",
      "How long a balancer may take to send its header."),
    Setting(
      "proxy.socket", .optional("path", "the path of a socket, such as /run/weftpd/server/ftp"), \.server.proxy.socket,
      needsRestart: true,
      """
      A Unix socket at which `proxy.socket-user`, and nobody else, connects for its clients: each control connection begins \
      with a header of the PROXY protocol. Data connections are passive, on the loopback network, and must be the same user's: \
      weftpd asks the kernel. TLS is not required there, whatever `tls.mode` says. Only root and weftpd may be able to write in \
      the socket's directory.
      """),
    Setting(
      "proxy.socket-user", .line(limit: 64), \.server.proxy.socketUser, needsRestart: true,
      "The user of this system who may connect to `proxy.socket`. Root may not."),
  ]
}
