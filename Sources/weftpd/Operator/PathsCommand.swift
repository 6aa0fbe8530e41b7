// weftpd paths: the connections of one session, and what each of their paths has carried.

import ArgumentParser
import ControlProtocol
import ControlSocket
import Glibc

struct PathsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paths", abstract: "Show the connections of a session and their paths.")

  @OptionGroup var control: ControlOptions
  @Argument(help: ArgumentHelp("The number of a session, as weftpd who shows it.", valueName: "session"))
  var session: UInt64

  func run() throws {
    try control.run { (client) throws(ControlClientError) in
      guard case .paths(let connections)? = try client.ask(.paths(session: session)).first else { throw .malformed }
      for (name, connection) in zip(["control", "data"], connections) {
        write("\(name): \(printable(connection.kind))\n", to: STDOUT_FILENO)
        for path in connection.paths {
          let trip = "\(path.roundTripMicroseconds / 1000).\(path.roundTripMicroseconds % 1000 / 100) ms"
          write(
            "  \(printable(path.local)) < \(printable(path.remote))  \(Amount.bytes(path.bytes)), \(trip), "
              + "\(path.retransmissions) retransmitted\(path.isLive ? "" : ", stalled")\n", to: STDOUT_FILENO)
        }
      }
    }
  }
}
