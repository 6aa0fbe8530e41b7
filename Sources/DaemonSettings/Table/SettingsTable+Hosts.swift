// The settings of virtual hosts, whose keys hold the host's name: hosts.NAME.greeting and its kin.

import FTPProtocol

extension SettingsTable {
  static let hosts: [Setting] = [
    Setting(
      "hosts.names", .hostNames, \.hostNames,
      """
      The virtual hosts that a client can choose with HOST (RFC 7151) or with the name it sends in the TLS handshake \
      (SNI), such as ftp.example.org. Each can have settings of its own, see below; what it does not set is the same \
      as without a host.
      """)
  ]

  /// The rows of the virtual host `name`; `NAME` in the documents.
  static func hostRows(_ name: String) -> [Setting] {
    [
      Setting(
        "hosts.\(name).greeting", .optional("text", "one line"), \.[host: name].server.greeting,
        "The text of the 220 reply to HOST."),
      Setting(
        "hosts.\(name).users", .optional("path", "the path of a user table"), \.[host: name].users,
        """
        The host's own user table. Nobody else can log in there, and anonymous only if the host has an \
        anonymous-root.
        """
      ),
      Setting(
        "hosts.\(name).root", .optional("path", "the path of a directory"), \.[host: name].root,
        """
        Replaces `accounts.root` on this host: the home of `accounts.user`, and the directory of an anonymous user.
        """),
      Setting(
        "hosts.\(name).anonymous-root", .optional("path", "the path of a directory"), \.[host: name].anonymousRoot,
        "The directory an anonymous user sees on this host; setting it allows the anonymous login there."),
      Setting(
        "hosts.\(name).certificate", .optional("path", "the path of a PEM file"), \.[host: name].certificate,
        """
        The certificate chain that TLS shows to clients that name this host in the handshake (SNI), or with HOST \
        before AUTH if they send no SNI.
        """),
      Setting(
        "hosts.\(name).key", .optional("path", "the path of a PEM file"), \.[host: name].key,
        """
        The private key of that certificate; if it is encrypted, the last file of `tls.key-passphrase-file` decrypts \
        it.
        """),
      Setting(
        "hosts.\(name).default-type", .optionalChoice(), \.[host: name].server.defaultType,
        "Replaces `transfer.default-type` on this host."),
      Setting(
        "hosts.\(name).tls", .optionalChoice(), \.[host: name].server.tlsMode,
        """
        How much TLS this host requires, if more than `tls.mode`. `off` refuses AUTH after HOST if `tls.mode` is \
        `allowed`; what `tls.mode` requires is still required.
        """),
    ]
  }

  /// Every row that holds for `settings`: the table's and those of its hosts.
  static func rows(of settings: Settings) -> [Setting] { rows + settings.hostNames.flatMap(hostRows) }

  /// The row of `hosts.NAME.FIELD`; nil for another key, or if NAME is no host name.
  static func hostRow(_ key: String) -> Setting? {
    guard let name = hostName(inKey: key) else { return nil }
    let field = key.drop { $0 != "." }.lastIndex(of: ".").map { key[key.index(after: $0)...] } ?? ""
    return hostRows(name).first { $0.key == "hosts.\(name).\(field)" }
  }

  /// The NAME of `hosts.NAME.FIELD`, in lower case.
  static func hostName(inKey key: String) -> String? {
    guard key.hasPrefix("hosts."), let dot = key.lastIndex(of: ".") else { return nil }
    return hostName(ofSection: String(key[..<dot]))
  }

  /// The NAME of `hosts.NAME`, in lower case.
  static func hostName(ofSection key: String) -> String? {
    guard key.hasPrefix("hosts."), case .name(let name)? = HostName(Array(key.utf8.dropFirst(6))) else { return nil }
    return name
  }
}
