// The settings of TLS: certificates, what is asked of clients, how data connections are bound to control connections.

extension SettingsTable {
  static let tls: [Setting] = [
    Setting(
      "tls.mode", .choice(), \.server.security.mode,
      """
      How much TLS is asked of clients: `off`, `allowed`, `required-login` (nobody logs in without it) or `required-data` \
      (and nobody transfers anything without it). A listener may say otherwise, a user's option `tls=` may ask for more.
      """),
    Setting(
      "tls.certificate", .paths("the path of a PEM file"), \.tlsCertificates,
      """
      The server's certificate with its chain, PEM; several for RSA and ECDSA side by side. Changed files are noticed \
      within a second of the next handshake. Without one, a self-signed one is made, which lasts as long as the process; \
      its fingerprint is logged.
      """),
    Setting(
      "tls.key", .paths("the path of a PEM file"), \.tlsKeys,
      "The private key of each `tls.certificate`, in the same order; not needed where it stands in the same file."),
    Setting(
      "tls.key-passphrase-file", .paths("the path of a file"), \.tlsPassphraseFiles,
      "The file whose first line decrypts `tls.key`, in the same order; the last one serves for the keys after it too."),
    Setting(
      "tls.minimum", .choice(), \.server.security.options.minimum, "The oldest version of TLS that is spoken."),
    Setting(
      "tls.data-session", .choice(), \.server.security.dataSession,
      """
      Whether a data connection under TLS has to resume the TLS session of its control connection, which nobody but its own \
      client can: `require` refuses it otherwise (522), `prefer` then relies on the client's address and a port that serves \
      once, `off` does not look.
      """),
    Setting(
      "tls.missing-close", .choice(), \.server.security.missingClose,
      """
      What to make of an upload that ends without TLS close_notify, as some clients end every upload: `accept` it (the log \
      says so) unless ALLO announced another size, `refuse` it, or `accept-if-size-matches` what ALLO announced.
      """),
    Setting(
      "tls.ccc", .flag, \.server.security.clearsControl,
      "Whether CCC may put the control connection back in clear after the login, for a NAT that has to read PORT and PASV."
    ),
    Setting(
      "tls.client-verify", .choice(), \.server.security.options.clientVerification,
      "Whether clients are asked for a certificate: `off`, `optional`, or `required` for every handshake."),
    Setting(
      "tls.client-ca", .optional("path", "the path of a PEM file"), \.server.security.options.clientAuthority,
      "The certificates of the authorities that vouch for clients, PEM."),
    Setting(
      "tls.client-crl", .optional("path", "the path of a PEM file"), \.server.security.options.clientRevocations,
      "Revocation lists of those authorities, PEM: one for each authority of a chain."),
  ]
}
