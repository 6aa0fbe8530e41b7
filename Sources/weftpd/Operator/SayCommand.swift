// weftpd say: words of the operator for clients that go on.

import ArgumentParser
import ControlProtocol
import ControlSocket
import Glibc
import LinuxSystem

struct SayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "say", abstract: "Say something to clients of a running daemon.",
    discussion: """
      For example: weftpd say "Maintenance at noon." --all

      FTP lets a server speak only when it is asked. So the words stand in front of the next reply that can carry them: that of \
      a transfer, a change of directory, NOOP and the like. Programs pass over them, people who look at the replies read them. \
      Prints how many sessions are told; exit code 1 if there was none.
      """)

  @Argument(help: "What the clients read, one line.") var words: String
  @OptionGroup var control: ControlOptions
  @Option(help: ArgumentHelp("The number of a session, as weftpd who shows it.", valueName: "number"))
  var session: UInt64?
  @Option(help: ArgumentHelp("All sessions of a user.", valueName: "name")) var user: String?
  @Option(help: ArgumentHelp("All sessions from an address or a network, such as 192.0.2.0/24.", valueName: "address"))
  var address: String?
  @Flag(help: "All sessions.") var all = false

  func validate() throws {
    if [session != nil, user != nil, address != nil, all].count(where: { $0 }) != 1 {
      throw ValidationError("Name one of: --session, --user, --address, --all.")
    }
    if let address, IPNetwork(address) == nil {
      throw ValidationError("--address expects an address or a network, such as 192.0.2.1 or 2001:db8::/32.")
    }
    if words.isEmpty || words.utf8.count > ControlLimits.words {
      throw ValidationError("There may be 1 to \(ControlLimits.words) bytes of words.")
    }
    if words.unicodeScalars.contains(where: { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }) {
      throw ValidationError("The words are one line, without control characters.")
    }
  }

  func run() throws {
    let selectors: [SessionSelector] =
      if let session { [.session(session)] } else if let user { [.user(Array(user.utf8))] } else if let address {
        [.address(address)]
      } else {
        [.address("0.0.0.0/0"), .address("::/0")]
      }
    try control.run { (client) throws(ControlClientError) in
      var told: UInt32 = 0
      var nobody: ControlClientError?
      for selector in selectors {
        do throws(ControlClientError) {
          guard case .done(let count)? = try client.ask(.say(selector, words: words)).first else { throw .malformed }
          told += count
        } catch {
          guard case .refused(.notFound, _) = error else { throw error }
          nobody = error
        }
      }
      if told == 0, let nobody { throw all ? .refused(.notFound, "there is no session") : nobody }
      write("\(told) session\(told == 1 ? "" : "s") told\n", to: STDOUT_FILENO)
    }
  }
}
