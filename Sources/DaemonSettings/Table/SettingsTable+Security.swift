// The settings of TLS: certificates, what is asked of clients, how data connections are bound to control connections.

extension SettingsTable {
  static let tls: [Setting] = [
    Setting(
      "tls.mode", .choice(), \.server.security.mode,
      """
      How much TLS clients must use: `off`, `allowed`, `required-login` (nobody logs in without it) or \
      `required-data` (nobody transfers anything without it either). A listener may differ, and a user's option \
      `tls=` may require more.
      """),
    Setting(
      "tls.certificate", .paths("the path of a PEM file"), \.tlsCertificates,
      """
      The server's certificate with its chain, PEM; several files if you have both RSA and ECDSA. Changed files are \
      noticed within a second of the next handshake. Without this setting weftpd makes a self-signed certificate, \
      which lasts as long as the process; its fingerprint is logged.
      """),
    Setting(
      "tls.key", .paths("the path of a PEM file"), \.tlsKeys,
      "The private key of each `tls.certificate`, in the same order; not needed if it is in the same file."),
    Setting(
      "tls.key-passphrase-file", .paths("the path of a file"), \.tlsPassphraseFiles,
      """
      For each `tls.key`, in the same order, the file whose first line decrypts it; the last file is also used for \
      any further keys.
      """),
    Setting(
      "tls.minimum", .choice(), \.server.security.options.minimum, "The oldest version of TLS that is accepted."),
    Setting(
      "tls.data-session", .choice(), \.server.security.dataSession,
      """
      Whether a data connection under TLS must resume the TLS session of its control connection, which only its own \
      client can do. Otherwise `require` refuses it (522), `prefer` relies on the client's address and a port that \
      is used once, and `off` does not check.
      """),
    Setting(
      "tls.missing-close", .choice(), \.server.security.missingClose,
      """
      What to do with an upload that ends without TLS close_notify, as all uploads of some clients do: `accept` it, \
      with a note in the log, unless ALLO announced another size; `refuse` it; or `accept-if-size-matches` the size \
      that ALLO announced.
      """),
    Setting(
      "tls.ccc", .flag, \.server.security.clearsControl,
      """
      Whether CCC may return the control connection to clear text after the login, for a NAT that must read PORT and \
      PASV.
      """
    ),
    Setting(
      "tls.client-verify", .choice(), \.server.security.options.clientVerification,
      "Whether clients are asked for a certificate: `off`, `optional`, or `required` for every handshake."),
    Setting(
      "tls.client-ca", .optional("path", "the path of a PEM file"), \.server.security.options.clientAuthority,
      "The certificates of the authorities that sign clients' certificates, PEM."),
    Setting(
      "tls.client-crl", .optional("path", "the path of a PEM file"), \.server.security.options.clientRevocations,
      "Revocation lists of those authorities, PEM: one for each authority of a chain."),
  ]
}
