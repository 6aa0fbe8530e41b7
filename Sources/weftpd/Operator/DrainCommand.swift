// weftpd drain: no new sessions, and the daemon ends when its last transfer is done.

import ArgumentParser
import ControlProtocol
import ControlSocket
import Glibc

struct DrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Have a running daemon end when its last transfer is done.",
    discussion: """
      No new sessions begin, sessions without a transfer are told 421, transfers go on. SIGTERM meanwhile gives them \
      shutdown.grace from then on. weftpd who and status show what is left.
      """)

  @OptionGroup var control: ControlOptions
  @Option(
    help: ArgumentHelp("Break transfers off that are not done after so long; without it none is.", valueName: "seconds")
  )
  var limit: UInt32?
  @Flag(help: "Return only when the daemon has ended.") var wait = false

  func validate() throws {
    if limit == 0 { throw ValidationError("--limit expects at least 1 second; without it there is no limit.") }
  }

  func run() throws {
    try control.run { (client) throws(ControlClientError) in
      guard case .done(let count)? = try client.ask(.drain(seconds: limit ?? 0)).first else { throw .malformed }
      write("draining, \(count) transfer\(count == 1 ? "" : "s") to go\n", to: STDOUT_FILENO)
      guard wait else { return }
      // The daemon's end is the end of the connection.
      do throws(ControlClientError) {
        while true { _ = try client.next(within: nil) }
      } catch {
        guard case .ended = error else { throw error }
        write("ended\n", to: STDOUT_FILENO)
      }
    }
  }
}
