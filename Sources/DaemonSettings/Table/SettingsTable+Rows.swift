// The rows of the table of settings, a list for each section.

import FTPProtocol

extension SettingsTable {
  static let longest = Duration.seconds(30 * 86_400)

  static let server: [Setting] =
    [
      Setting(
        "listen", .listenList, \.listen, needsRestart: true,
        """
        The addresses on which control connections are accepted. `*` is every address, IPv4 and IPv6; put IPv6 \
        addresses in brackets; port 0 picks a free port. With the default, only this machine can connect. \
        `ftps://ADDRESS:PORT` is implicit TLS, usually on port 990; `ADDRESS:PORT?tls=required-login` sets \
        `tls.mode` for one address.
        """),
      Setting(
        "server.greeting", .line(limit: 200), \.server.greeting,
        "The text of the 220 reply a client sees first."),
      Setting(
        "server.control", .optional("path", "the path of a socket, such as /run/weftpd/server/control"),
        \.controlSocket,
        needsRestart: true,
        """
        The socket by which `weftpd who`, `kick`, `drain`, `status` and their kin reach the server. Root, the user \
        weftpd runs as and that user's group may use it. Without this setting there is none.
        """),
      Setting(
        "server.control-accounts", .flag, \.controlAccounts, needsRestart: true,
        """
        Accounts can be changed by `server.control`, as the console's page of users does. Whoever may use that socket can \
        then read and write all that weftpd serves, as a new user. weftpd also gets leave to write into the directory of \
        `accounts.table` or `accounts.sqlite`, where the permissions of the files let it; so keep them in a directory \
        with nothing else in it.
        """),
    ] + privileges

  static let accounts: [Setting] =
    [
      Setting(
        "accounts.table", .optional("path", "the path of a user table, such as /etc/weftpd/users"), \.accountsTable,
        "The file that lists the users who may log in; `weftpd user add` writes it."),
      Setting(
        "accounts.user", .optional("name", "a user name, such as alice"), \.accountsUser, needsRestart: true,
        """
        One more user, who needs no table and whose home is `accounts.root`. The password comes from the environment \
        variable WEFTPD_PASSWORD, or from the file that WEFTPD_PASSWORD_FILE names; without either it is generated \
        and printed.
        """),
      Setting(
        "accounts.root", .optional("path", "the path of a directory, such as /srv/ftp"), \.accountsRoot,
        "The home of `accounts.user`, and the directory that an anonymous user reads."),
      Setting(
        "accounts.roots", .paths("the path of a directory, such as /srv/ftp"), \.accountsRoots, needsRestart: true,
        """
        The directories that contain the homes and mounts of user tables. Homes created there later are served \
        without a restart; a home elsewhere is refused. If this is not set, homes may be anywhere, but if Landlock \
        confines the process, a new home outside those of the start needs a restart.
        """),
      Setting(
        "accounts.read-only", .flag, \.accountsReadOnly,
        "Nobody may change anything, whatever the user table allows."),
      Setting(
        "accounts.anonymous", .flag, \.accountsAnonymous,
        "`anonymous` and `ftp` may log in with any password, and may only read."),
      Setting(
        "accounts.anonymous-root", .optional("path", "the path of a directory, such as /srv/ftp"),
        \.accountsAnonymousRoot,
        "The directory an anonymous user sees, if it is not `accounts.root`."),
      Setting(
        "accounts.anonymous-upload", .optional("path", "a path in the anonymous directory, such as /incoming"),
        \.accountsAnonymousUpload,
        """
        A directory in which an anonymous user may leave new files. They can be neither listed, read nor replaced there; \
        move them elsewhere to publish them.
        """),
      Setting(
        "accounts.attempts", .integer(1...100), \.server.limits.loginAttempts, unit: "passwords",
        "After this many wrong passwords the connection ends with 421."),
    ] + databases + external + localUsers

  static let passive: [Setting] = [
    Setting(
      "passive.enabled", .flag, \.server.passiveEnabled,
      "Whether clients may open data connections to the server (PASV, EPSV, LPSV)."),
    Setting(
      "passive.ports", .portRange, \.server.passivePorts,
      """
      The ports on which passive data connections arrive; open them in the firewall. 0 lets the kernel choose. The \
      fewer there are, the easier the next one is guessed by others behind the client's address.
      """),
    Setting(
      "passive.address", .passiveAddress, \.server.passiveAddress,
      """
      The IPv4 address in the 227 reply. `auto` is the address the client connected to; behind NAT, set the public \
      address. EPSV needs no address.
      """),
    Setting(
      "active.enabled", .flag, \.server.activeEnabled,
      """
      Whether the server opens data connections to its client (PORT, EPRT, LPRT), or to another server if \
      `transfer.site-to-site` allows it. It never opens them to anybody else.
      """),
    Setting(
      "active.source-port", .integer(0...65_535), \.server.activeSourcePort, needsRestart: true,
      """
      The port these connections come from. RFC 959 says 20, and old firewalls let it through; weftpd then keeps \
      CAP_NET_BIND_SERVICE while it runs. 0 lets the kernel choose a free port.
      """),
  ]

  static let multipath: [Setting] = [
    Setting(
      "mptcp.control", .choice(), \.server.multipath.control, needsRestart: true,
      """
      Whether control connections may be multipath TCP: `automatic` if the kernel allows it, `required` to refuse \
      everything else, or `off`. Clients with plain TCP have no disadvantage.
      """),
    Setting(
      "mptcp.data", .choice(), \.server.multipath.data,
      """
      The same for data connections; `automatic` follows the control connection. If `mptcp.control` is off, it \
      follows the kernel, which suits a site behind a NAT that rewrites FTP.
      """),
    Setting(
      "mptcp.warnings", .flag, \.server.multipath.warns,
      """
      Whether the log says, at start and when middleboxes change bytes, what to change in the host's multipath \
      set-up.
      """
    ),
  ]

  static let transfer: [Setting] = [
    Setting(
      "transfer.minimum-rate", .size(0...(1 << 40)), \.server.transfer.minimumRate, unit: "bytes per second",
      """
      A transfer that moves less of the file than this per second is ended with 426. The rate is an average over a \
      minute of waiting for the client, or over `timeouts.data-stall` if that is shorter. 0 means no limit.
      """),
    Setting(
      "transfer.marker-interval", .size(0...(1 << 40)), \.server.transfer.markerInterval, unit: "bytes",
      """
      In a download in MODE B or C, how much of the file lies between two restart markers, from which a client can \
      resume after a broken connection. 0 sends no markers.
      """),
    Setting(
      "transfer.ebcdic-code-page", .codePage, \.server.transfer.codePage,
      """
      The character set of TYPE E: 1047 for z/OS text, 037 for the USA and Canada, 500 international, 273 for \
      Germany and Austria.
      """),
    Setting(
      "transfer.default-type", .choice(), \.server.defaultType,
      """
      The transfer type of a client that sends no TYPE: `A` (text), as RFC 959 wants, or `I` (unchanged bytes), for \
      devices that never send TYPE and would corrupt their uploads. Users (`default-type=`) and hosts may have their \
      own.
      """),
    Setting(
      "transfer.site-to-site", .choice(), \.server.transfer.siteToSite,
      """
      Whether a client may have this server transfer files straight to or from another one (FXP): `off`, `users` with \
      `site-to-site=yes` in their entry, or `on` for all who log in with a password, but for those with \
      `site-to-site=no`. PORT, EPRT and passive ports then admit the hosts of `transfer.site-to-site-networks`, too.
      """),
    Setting(
      "transfer.site-to-site-networks", .networks, \.server.transfer.siteToSiteNetworks,
      "Where the other servers of site-to-site transfers are. Data connections with any other host are refused."),
    Setting(
      "transfer.site-to-site-ca", .optional("path", "the path of a PEM file"), \.server.transfer.siteToSiteAuthorities,
      """
      A PEM file with the authorities that must vouch for the other server where this one is TLS's client (SSCN, CPSV). \
      Without it any certificate is accepted, and the connection is protected against listeners only.
      """),
    Setting(
      "transfer.digests", .integer(0...1024), \.server.digests.concurrent, unit: "digests",
      """
      How many digests (HASH, XCRC, XMD5, XSHA…) are computed at once, for all sessions together. Others wait up to \
      a minute and then get 450. 0 means one per processor.
      """),
    Setting(
      "transfer.digest-size", .size(0...(1 << 50)), \.server.digests.sizeLimit, unit: "bytes",
      "The most bytes one digest may read; beyond that, HASH gets 556 and the X commands 550. 0 means no limit."),
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
      "How long a session may go without a command. A session with a running transfer is not idle."),
    Setting(
      "timeouts.data-connect", .duration(.milliseconds(1)...longest), \.server.timeouts.dataConnect,
      unit: "seconds", "How long it may take to establish a data connection."),
    Setting(
      "timeouts.data-stall", .duration(.milliseconds(1)...longest), \.server.timeouts.dataStall,
      unit: "seconds",
      """
      How long a transfer may wait for the client while it moves less than 1,024 bytes of the file; then it is ended. \
      A byte now and then, TLS messages and empty blocks do not count as progress, and the server's own disk does not \
      count as waiting.
      """),
  ]

  static let limits: [Setting] =
    [
      Setting(
        "limits.sessions", .integer(1...1_000_000), \.server.limits.sessions, unit: "sessions",
        "The most control connections at one time; further clients get 421."),
      Setting(
        "limits.sessions-per-address", .integer(0...1_000_000), \.server.limits.sessionsPerAddress,
        unit: "sessions",
        """
        The most control connections at one time from one address (IPv6: one /64). 0 means no limit per address.
        """),
      Setting(
        "limits.sessions-per-user", .integer(0...1_000_000), \.server.limits.sessionsPerUser, unit: "sessions",
        "The most sessions of one user at one time; a further login gets 421. 0 means no limit per user."),
      Setting(
        "limits.before-login", .integer(0...1_000_000), \.server.limits.beforeLogin, unit: "sessions",
        """
        The most control connections at one time that nobody has logged in to; further clients get 421. 0 means half of \
        `limits.sessions`.
        """),
      Setting(
        "limits.before-login-per-address", .integer(0...1_000_000), \.server.limits.beforeLoginPerAddress,
        unit: "sessions",
        """
        The same from one address (IPv6: one /64), so that one client cannot hold every place. 0 means a twentieth of \
        `limits.sessions`, but at least 10.
        """),
      Setting(
        "limits.command-line", .size(256...65_536), \.server.limits.commandLine, unit: "bytes",
        "The longest command line. A longer line is read to its end and answered 500."),
      Setting(
        "limits.listing-sort", .integer(0...1_000_000), \.server.limits.sortedListing, unit: "entries",
        """
        LIST and NLST sort directories with up to this many entries; larger ones are sent in the order of the \
        directory.
        """),
    ] + rates

  static let files: [Setting] = [
    Setting(
      "files.umask", .umask, \.server.files.umask,
      "The permission bits that new files and directories do not get."),
    Setting(
      "files.message", .optional("name", "the name of a file, such as .message"), \.server.files.message,
      "A file of this name, of up to 4 KiB, is shown to whoever logs in at its directory or changes to it."),
  ]

  static let metrics: [Setting] = [
    Setting(
      "metrics.listen", .metricsAddress, \.metricsListen, needsRestart: true,
      """
      Where Prometheus and its kin read metrics, at /metrics: an address with a port, or the path of a Unix socket. \
      There is no password, so keep it to this machine or to a network of your own. Without this setting nothing is \
      measured.
      """)
  ]

  static let log: [Setting] = [
    Setting(
      "log.format", .choice(), \.logFormat,
      """
      `text` is one line per event for people, `json` is one JSON object per line for machines. `log.target` says \
      where they go.
      """),
    Setting(
      "log.level", .choice(), \.logLevel,
      "The lowest level that is written; `debug` shows every command and reply code, never a password."),
    Setting(
      "log.target", .choice(), \.logTarget, needsRestart: true,
      """
      Where log lines go: `stderr`, `journal` (systemd's, with a field for each value), `syslog` (see `log.syslog`), or \
      `auto`, which is the journal if standard error is connected to it.
      """),
    Setting(
      "log.syslog", .syslogAddress, \.logSyslog, needsRestart: true,
      """
      Where the syslog server of `log.target: syslog` listens: a socket of this machine, or an address and a port of \
      UDP. Messages have the form of RFC 5424, facility ftp.
      """),
    Setting(
      "log.xferlog", .optional("path", "the path of a file, such as /var/log/weftpd/xferlog"), \.transferLog,
      needsRestart: true,
      """
      A file that gets one line for each file moved, in wu-ftpd's format, which log analysers read. It is reopened \
      at each reload (SIGHUP), so logrotate can move it away.
      """),
    Setting(
      "shutdown.grace", .duration(.zero...longest), \.shutdownGrace, unit: "seconds",
      "How long transfers may continue after SIGTERM or SIGINT."),
    Setting(
      "shutdown.upgrade", .duration(.zero...longest), \.shutdownUpgrade, unit: "seconds",
      """
      How long the sessions of a process go on whose place another has taken (`weftpd upgrade`). After that they end with \
      421 when they have no transfer; transfers go on to their end.
      """),
  ]
}

extension ValueType where Value == EBCDICCodePage {
  /// IBM's number, three digits at least.
  static var codePage: Self { choice { ($0.rawValue < 100 ? "0" : "") + "\($0.rawValue)" } }
}
