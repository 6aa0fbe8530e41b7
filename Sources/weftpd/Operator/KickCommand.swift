// weftpd kick: ends sessions, with words for those who sit at the other end.

import ArgumentParser
import ControlProtocol
import ControlSocket
import Glibc
import LinuxSystem

struct KickCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kick", abstract: "End sessions of a running daemon.",
    discussion: """
      Transfers are broken off with 426, then the client is told 421 with the words of --say. Prints how many sessions \
      were ended; exit code 1 if there was none.
      """)

  @OptionGroup var control: ControlOptions
  @Argument(help: ArgumentHelp("The number of a session, as weftpd who shows it.", valueName: "session"))
  var session: UInt64?
  @Option(help: ArgumentHelp("All sessions of a user.", valueName: "name")) var user: String?
  @Option(help: ArgumentHelp("All sessions from an address or a network, such as 192.0.2.0/24.", valueName: "address"))
  var address: String?
  @Option(help: ArgumentHelp("What the clients are told, one line.", valueName: "words")) var say: String = ""

  func validate() throws {
    if [session != nil, user != nil, address != nil].count(where: { $0 }) != 1 {
      throw ValidationError("Name one of: a session, --user, --address.")
    }
    if let address, IPNetwork(address) == nil {
      throw ValidationError("--address expects an address or a network, such as 192.0.2.1 or 2001:db8::/32.")
    }
    if say.utf8.count > ControlLimits.words {
      throw ValidationError("--say takes up to \(ControlLimits.words) bytes.")
    }
    if say.unicodeScalars.contains(where: { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }) {
      throw ValidationError("--say takes one line, without control characters.")
    }
  }

  func run() throws {
    let selector: SessionSelector =
      if let session { .session(session) } else if let user { .user(Array(user.utf8)) } else {
        .address(address ?? "")
      }
    try control.run { (client) throws(ControlClientError) in
      guard case .done(let count)? = try client.ask(.kick(selector, words: say)).first else { throw .malformed }
      write("\(count) session\(count == 1 ? "" : "s") ended\n", to: STDOUT_FILENO)
    }
  }
}
