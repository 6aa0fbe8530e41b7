// The rows of the table of settings, a list for each section.

import FTPProtocol

extension SettingsTable {
  private static let longest = Duration.seconds(30 * 86_400)

  static let server: [Setting] =
    [
      Setting(
        "listen", .listenList, \.listen, needsRestart: true,
        """
        The addresses control connections are accepted on. `*` is every address, IPv4 and IPv6; an IPv6 address stands in \
        brackets; port 0 picks a free port. The default is reachable from this machine only. `ftps://ADDRESS:PORT` is \
        implicit TLS, usually on port 990; `ADDRESS:PORT?tls=required-login` sets `tls.mode` for one address.
        """),
      Setting(
        "server.greeting", .line(limit: 200), \.server.greeting,
        "The text of the 220 reply a client sees first."),
    ] + privileges

  static let accounts: [Setting] =
    [
      Setting(
        "accounts.table", .optional("path", "the path of a user table, such as /etc/weftpd/users"), \.accountsTable,
        "The file with the users who may log in; `weftpd user add` writes it."),
      Setting(
        "accounts.user", .optional("name", "a user name, such as alice"), \.accountsUser, needsRestart: true,
        """
        One more user, who needs no table and lives in `accounts.root`. The password comes from the environment variable \
        WEFTPD_PASSWORD, or from the file WEFTPD_PASSWORD_FILE names, or is generated and printed.
        """),
      Setting(
        "accounts.root", .optional("path", "the path of a directory, such as /srv/ftp"), \.accountsRoot,
        "The directory that `accounts.user` reads and writes, and that an anonymous user reads."),
      Setting(
        "accounts.roots", .paths("the path of a directory, such as /srv/ftp"), \.accountsRoots, needsRestart: true,
        """
        The directories beneath which the homes and mounts of user tables lie. Homes made there later are served without a \
        restart; a home elsewhere is refused. Not set, homes may be anywhere, and a new one outside those of the start needs \
        a restart where Landlock confines the process.
        """),
      Setting(
        "accounts.read-only", .flag, \.accountsReadOnly,
        "Nobody may change anything, whatever the user table grants."),
      Setting(
        "accounts.anonymous", .flag, \.accountsAnonymous,
        "`anonymous` and `ftp` may log in with any password, and only read."),
      Setting(
        "accounts.anonymous-root", .optional("path", "the path of a directory, such as /srv/ftp"),
        \.accountsAnonymousRoot,
        "The directory an anonymous user sees, when it is not `accounts.root`."),
      Setting(
        "accounts.attempts", .integer(1...100), \.server.limits.loginAttempts, unit: "passwords",
        "Wrong passwords after which the connection ends with 421."),
    ] + localUsers

  static let passive: [Setting] = [
    Setting(
      "passive.enabled", .flag, \.server.passiveEnabled,
      "Whether clients may open data connections to the server (PASV, EPSV, LPSV)."),
    Setting(
      "passive.ports", .portRange, \.server.passivePorts,
      "The ports passive data connections arrive on; a firewall must let them through. 0 lets the kernel pick."),
    Setting(
      "passive.address", .passiveAddress, \.server.passiveAddress,
      """
      The IPv4 address the 227 reply names. `auto` is the address the client connected to; a server behind NAT names its \
      outer address here. EPSV needs no address.
      """),
    Setting(
      "active.enabled", .flag, \.server.activeEnabled,
      "Whether the server opens data connections to its client (PORT, EPRT, LPRT); never to anybody else."),
    Setting(
      "active.source-port", .integer(0...65_535), \.server.activeSourcePort, needsRestart: true,
      """
      The port those connections come from: 20 is what RFC 959 says and old firewalls let through; it takes \
      CAP_NET_BIND_SERVICE for the life of the daemon. 0 lets the kernel pick a free port.
      """),
  ]

  static let multipath: [Setting] = [
    Setting(
      "mptcp.control", .choice(), \.server.multipath.control, needsRestart: true,
      """
      Whether control connections may be multipath TCP: `automatic` where the kernel allows, `required` or not at all, \
      `off`. Clients of plain TCP lose nothing by it.
      """),
    Setting(
      "mptcp.data", .choice(), \.server.multipath.data,
      """
      The same for data connections; `automatic` follows the control connection. With `mptcp.control` off it follows the \
      kernel, which is what a site behind a NAT that rewrites FTP wants.
      """),
    Setting(
      "mptcp.warnings", .flag, \.server.multipath.warns,
      "Whether the log tells at start, and when middleboxes change bytes, what to change in the host's multipath set-up."
    ),
  ]

  static let transfer: [Setting] = [
    Setting(
      "transfer.marker-interval", .size(0...(1 << 40)), \.server.transfer.markerInterval, unit: "bytes",
      """
      How much of a file lies between two restart markers of a download in MODE B or C, from which a client can go on after \
      a broken connection. 0 sends none.
      """),
    Setting(
      "transfer.ebcdic-code-page", .codePage, \.server.transfer.codePage,
      """
      The characters of TYPE E: 1047 is what z/OS uses for text, 037 is the USA's and Canada's, 500 is international, 273 is \
      Germany's and Austria's.
      """),
    Setting(
      "transfer.default-type", .choice(), \.server.defaultType,
      """
      The transfer type of a client that sends no TYPE: `A` (text), as RFC 959 wants, or `I` (bytes as they are), for \
      devices that never send it and would spoil what they upload. Users (`default-type=`) and hosts may have their own.
      """),
    Setting(
      "transfer.digests", .integer(0...1024), \.server.digests.concurrent, unit: "digests",
      """
      How many digests (HASH, XCRC, XMD5, XSHA…) are computed at once, for all sessions together; others wait up to a \
      minute and are then told 450. 0 is as many as there are processors.
      """),
    Setting(
      "transfer.digest-size", .size(0...(1 << 50)), \.server.digests.sizeLimit, unit: "bytes",
      "The most bytes one digest may read; HASH of more is refused with 556, the X commands with 550. 0 is no limit."),
  ]

  static let timeouts: [Setting] = [
    Setting(
      "timeouts.login", .duration(.milliseconds(1)...longest), \.server.timeouts.login, unit: "seconds",
      "How long a client may take to log in."),
    Setting(
      "timeouts.handshake", .duration(.milliseconds(1)...longest), \.server.security.handshake, unit: "seconds",
      "How long a TLS handshake may take, on the control connection or a data connection."),
    Setting(
      "timeouts.idle", .duration(.milliseconds(1)...longest), \.server.timeouts.idle, unit: "seconds",
      "How long a session may send no command. A transfer is never idle."),
    Setting(
      "timeouts.data-connect", .duration(.milliseconds(1)...longest), \.server.timeouts.dataConnect,
      unit: "seconds", "How long a data connection may take to come about."),
    Setting(
      "timeouts.data-stall", .duration(.milliseconds(1)...longest), \.server.timeouts.dataStall,
      unit: "seconds", "How long a transfer may move no byte before it is given up."),
  ]

  static let limits: [Setting] = [
    Setting(
      "limits.sessions", .integer(1...1_000_000), \.server.limits.sessions, unit: "sessions",
      "Control connections at one time; one more is told 421."),
    Setting(
      "limits.sessions-per-address", .integer(0...1_000_000), \.server.limits.sessionsPerAddress,
      unit: "sessions", "Control connections at one time from one address (IPv6: one /64). 0 is no limit of its own."),
    Setting(
      "limits.command-line", .size(256...65_536), \.server.limits.commandLine, unit: "bytes",
      "The longest command line. A longer one is read to its end and answered 500."),
    Setting(
      "limits.listing-sort", .integer(0...1_000_000), \.server.limits.sortedListing, unit: "entries",
      "LIST and NLST sort directories of up to so many entries; larger ones come in the order the directory has."),
  ]

  static let files: [Setting] = [
    Setting(
      "files.umask", .umask, \.server.files.umask,
      "The permission bits that new files and directories do not get.")
  ]

  static let log: [Setting] = [
    Setting(
      "log.format", .choice(), \.logFormat,
      "`text` is a line for people, `json` one JSON object a line for machines. Where they go is `log.target`'s."),
    Setting(
      "log.level", .choice(), \.logLevel,
      "The least important lines that are written; `debug` shows every command and reply code, never a password."),
    Setting(
      "log.target", .choice(), \.logTarget, needsRestart: true,
      """
      Where log lines go: `stderr`, `journal` (systemd's, with a field for each value), or `auto`, which is the journal \
      when standard error leads there.
      """),
    Setting(
      "log.xferlog", .optional("path", "the path of a file, such as /var/log/weftpd/xferlog"), \.transferLog,
      needsRestart: true,
      """
      A file that gets a line for each file moved, in wu-ftpd's format, which log analysers read. It is opened anew at each \
      reload (SIGHUP), so logrotate may move it away.
      """),
    Setting(
      "shutdown.grace", .duration(.zero...longest), \.shutdownGrace, unit: "seconds",
      "How long transfers may go on after SIGTERM or SIGINT."),
  ]
}

extension ValueType where Value == EBCDICCodePage {
  /// IBM's number, three digits at least.
  static var codePage: Self { choice { ($0.rawValue < 100 ? "0" : "") + "\($0.rawValue)" } }
}
