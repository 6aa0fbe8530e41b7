// weftpd user totp: gives a user a second factor, and shows what an authenticator application needs to know of it.

import Accounts
import ArgumentParser
import Glibc
import LinuxSystem
import TransportSecurity

/// `weftpd user totp`: makes a secret, writes it to the table and shows it once.
struct SecondFactorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "totp", abstract: "Gives a user a second factor: one-time passwords of an authenticator application.",
    discussion: """
      Makes a new secret, writes it to the table, and prints it as an otpauth URI and as a QR code to scan. The user then logs \
      in with the password directly followed by the six digits; FileZilla asks for them. Keep the output out of logs: whoever \
      knows the secret has the second factor.
      """)

  @Argument(help: "The user's name.") var name: String
  @OptionGroup var options: AccountPlace
  @Flag(help: "Remove the second factor: the password alone is enough again.") var remove = false
  @Option(help: "The name the application shows beside the user, such as that of the server.") var issuer = "weftpd"

  func validate() throws {
    if issuer.isEmpty || issuer.contains(":") { throw ValidationError("--issuer needs a name without a colon.") }
  }

  func run() throws {
    try reportingErrors {
      let name = Array(name.utf8)
      if remove {
        _ = try options.editor.update(name, set: [], unset: ["totp"])
        print("\(Account.display(name)) logs in with the password alone.")
        return
      }
      let secret = Base32.encode(Random.bytes(OneTimePassword.secretLength))
      _ = try options.editor.update(name, set: [("totp", secret)], unset: [])
      let key = KeyURI(user: name, issuer: issuer, secret: secret).text
      if let code = QRCode(Array(key.utf8)) {
        print(code.text(colours: isatty(STDOUT_FILENO) == 1), terminator: "")
      }
      print(key)
      print("\(Account.display(name)) logs in with the password directly followed by the six digits.")
    }
  }
}
