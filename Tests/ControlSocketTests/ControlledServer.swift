// A real weftpd with a control socket, for the tests of this folder.

import ControlProtocol
import ControlSocket
import TestSupport

struct ControlledServer {
  let server: Server
  let directory: TemporaryDirectory
  var path: String { directory.path + "/control" }

  /// - Parameters:
  ///   - settings: `KEY=VALUE` of --set.
  ///   - root: the home of users whom the settings bring; without one there is alice, and anonymous.
  init(_ settings: [String] = [], arguments: [String] = [], root: TemporaryDirectory? = nil) throws {
    directory = try TemporaryDirectory()
    var options = Server.Options(settings: settings + ["server.control=\(directory.path)/control"])
    options.arguments = arguments
    if root != nil { (options.user, options.anonymous) = (nil, false) }
    server = try root.map { try Server(options, root: $0) } ?? Server(options)
  }

  func client() throws -> ControlClient { try ControlClient(path: path) }

  /// One request on a connection of its own.
  @discardableResult
  func ask(_ request: ControlRequest) throws -> [ControlReply] {
    var client = try client()
    return try client.ask(request, within: .seconds(60))
  }

  func sessions() throws -> [SessionEntry] {
    var client = try client()
    return try client.sessions(refreshingPaths: false)
  }

  func status() throws -> StatusEntry {
    var client = try client()
    return try client.status()
  }

  /// The operator's command line.
  func weftpd(_ arguments: String..., patience: Duration = .seconds(60)) throws -> CommandResult {
    try run([try Server.binary()] + arguments + ["--socket", path], patience: patience)
  }

  /// A download whose client takes nothing of it, so that it runs for as long as the client likes: its session and its data connection.
  func stalledDownload(_ user: String = "alice", bytes: Int = 16 << 20) throws -> (session: FTPClient, data: Connection)
  {
    try server.root.write("large", [UInt8](repeating: 0x61, count: bytes))
    let session = try server.session(user)
    try session.command("TYPE I", expecting: 200)
    let data = try session.passive(receiveBuffer: 4096)
    try session.command("RETR large", expecting: 150)
    return (session, data)
  }

  /// Waits until a look at the sessions shows what is expected.
  func wait(_ what: String, _ condition: ([SessionEntry]) -> Bool) throws -> [SessionEntry] {
    var seen: [SessionEntry] = []
    let isSeen = try Deadline.after(.seconds(60)).until {
      seen = try sessions()
      return condition(seen)
    }
    try require(isSeen, "no \(what): \(seen)")
    return seen
  }
}
