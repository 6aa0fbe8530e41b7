// Plays the client's part of a dialogue against a live server and compares what the server says.

import Glibc
import TestSupport

/// Runs one dialogue. Throws at the first line that does not go as written.
final class DialogueRunner {
  private let server: Server
  private var talks: [String: Talk] = [:]
  private var current = "first"
  private var variables: [String: [UInt8]] = [:]

  /// Starts a server as the dialogue asks and plays it to its end.
  static func run(_ dialogue: Dialogue) throws {
    let root = try TemporaryDirectory()
    for fixture in dialogue.files { try fixture.create(in: root) }
    let tables = try UserTables(dialogue.users, root: root.path)
    func placed(_ text: String) -> String { tables.placed(text.replacing("{root}", with: root.path)) }
    var options = Server.Options(settings: dialogue.settings.map(placed))
    options.arguments = dialogue.arguments.map(placed) + tables.arguments
    if let listen = dialogue.listen { options.listen = [listen] }
    try Server.with(options, root: root) { server in
      let runner = DialogueRunner(server)
      try runner.talk("first", from: nil)
      for step in dialogue.steps {
        do { try runner.perform(step.action) } catch {
          throw TestFailure("line \(step.line): \(step.source)\n  \(error)")
        }
      }
      try runner.finish()
    }
  }

  private init(_ server: Server) { self.server = server }

  private var talk: Talk {
    get throws {
      guard let talk = talks[current] else { throw TestFailure("no connection") }
      return talk
    }
  }

  private func talk(_ name: String, from source: String?) throws {
    current = name
    if talks[name] == nil {
      talks[name] = Talk(FTPClient(try Connection(to: server.endpoint, from: source)))
    }
  }

  private func perform(_ action: Action) throws {
    let talk = try talk
    switch action {
    case .send(let pieces): try talk.send(pieces.map { substitute($0, variables) })
    case .sendUrgent(let data): try talk.client.control.send(data, urgent: true)
    case .closeControl(let how): talk.close(how)
    case .logIn(let user):
      if talk.lastReply == nil { talk.lastReply = try talk.client.expect(220) }
      try talk.client.logIn(user)
    case .reply(let pattern):
      let reply = try nextReply(talk)
      talk.note(reply, host: server.endpoint.host)
      if let wrong = try pattern.mismatch(reply, &variables) {
        throw TestFailure("\(wrong), the server said: \(reply)")
      }
      if let passive = talk.passive {
        variables["dataport"] = bytes(String(passive.port))
      }
    case .mayReply(let pattern): talk.mayComeFirst = pattern
    case .replyHas(let pattern): try checkLastReply(pattern, wanted: true)
    case .replyLacks(let pattern): try checkLastReply(pattern, wanted: false)
    case .rawBytes(let wanted):
      let found = try talk.client.control.read(exactly: wanted.count)
      try require(found == wanted, "the server sent: \(shown(found))")
    case .controlClosed:
      try require(try talk.client.control.isClosedByPeer(), "the connection is still open and the server said more")
      talk.isOver = true
    case .data(let action): try perform(action, talk)
    case .check(let name, let check):
      let name = substitute(name, variables)
      if let wrong = try check.mismatch(name, in: server.root) { throw TestFailure("\(shown(name)): \(wrong)") }
    case .connection(let name, let source): try self.talk(name, from: source)
    }
  }

  private func nextReply(_ talk: Talk) throws -> FTPReply {
    let possible = talk.mayComeFirst
    talk.mayComeFirst = nil
    guard let reply = try talk.client.nextReply() else { throw TestFailure("the server closed the connection") }
    if let possible, try possible.mismatch(reply, &variables) == nil { return try nextReply(talk) }
    return reply
  }

  private func checkLastReply(_ pattern: TextPattern, wanted: Bool) throws {
    guard let reply = try talk.lastReply else { throw TestFailure("no reply yet") }
    var found = false
    for line in reply.lines where try pattern.matches(line, &variables) { found = true }
    try require(
      found == wanted, "\(wanted ? "no line is like that" : "a line is like that"); the server said: \(reply)")
  }

  private func perform(_ action: DataAction, _ talk: Talk) throws {
    switch action {
    case .connect(let source): talk.open(try talk.connectData(from: source))
    case .refused(let source):
      guard let connection = try? talk.connectData(from: source) else { return }
      try require(try connection.isClosedByPeer(), "the data connection was accepted and brought bytes")
    case .listen(let host):
      let listener = try Listener(on: host)
      talk.listener = listener
      variables["port"] = bytes(listener.portArgument)
      variables["port4"] = bytes(listener.longPortArgument)
      variables["eprt"] = bytes(listener.extendedPortArgument)
    case .accept:
      guard let listener = talk.listener else { throw TestFailure("D: listen is missing") }
      talk.open(try listener.accept())
    case .nobodyConnects:
      try require(talk.listener?.hasVisitor(within: .milliseconds(150)) == false, "the server connected")
    case .close(let how): try talk.closeData(how)
    case .closed:
      try require(try talk.openData.isClosedByPeer(), "the data connection is still open and brought bytes")
    case .send(let data): try talk.openData.send(data)
    case .receiveFirst(let count): talk.received += try talk.openData.read(exactly: count)
    case .receives(let pattern): try compare(try talk.everythingReceived(), pattern)
    }
  }

  private func compare(_ data: [UInt8], _ pattern: DataPattern) throws {
    let isMet: Bool
    switch pattern {
    case .equal(let wanted): isMet = data == substitute(wanted, variables)
    case .count(let wanted): isMet = data.count == wanted
    case .has(let wanted): isMet = try wanted.isFound(in: data, &variables)
    case .lacks(let wanted): isMet = try !wanted.isFound(in: data, &variables)
    }
    try require(isMet, "\(data.count) bytes came: \(shown(data, limit: 2000))")
  }

  /// After the last line no reply may be left over: a NOOP must be answered next on every connection still in use.
  private func finish() throws {
    for (name, talk) in talks where !talk.isOver && !talk.hasSentHalfALine {
      let reply = try talk.client.command("NOOP")
      let isAnswer = [200, 530].contains(reply.code)
      try require(isAnswer, "at the end, on the \(name) connection, NOOP was answered: \(reply)")
    }
    for talk in talks.values { talk.close(.close) }
  }
}

/// One control connection of a dialogue with its data connection.
private final class Talk {
  let client: FTPClient
  var lastReply: FTPReply?
  var mayComeFirst: ReplyPattern?
  var passive: Endpoint?
  var listener: Listener?
  var received: [UInt8] = []
  var isOver = false
  var hasSentHalfALine = false
  private var data: Connection?
  private var hasEnded = false

  init(_ client: FTPClient) { self.client = client }

  func send(_ pieces: [[UInt8]]) throws {
    for (index, piece) in pieces.enumerated() {
      if index > 0 { try client.control.waitUntilPeerHasRead() }
      try client.control.send(piece)
    }
    if let last = pieces.last?.last { hasSentHalfALine = last != 0x0A }
  }

  func note(_ reply: FTPReply, host: String) {
    lastReply = reply
    if reply.code == 227 { passive = FTPClient.passiveEndpoint(reply) }
    if reply.code == 228 { passive = FTPClient.longPassivePort(reply).map { Endpoint(host, $0) } }
    if reply.code == 229 { passive = FTPClient.extendedPassivePort(reply).map { Endpoint(host, $0) } }
  }

  func connectData(from source: String?) throws -> Connection {
    guard let passive else { throw TestFailure("no 227 or 229 with an address before") }
    return try Connection(to: passive, from: source)
  }

  func open(_ connection: Connection) {
    data = connection
    received = []
    hasEnded = false
  }

  var openData: Connection {
    get throws {
      guard let data else { throw TestFailure("no data connection is open") }
      return data
    }
  }

  func everythingReceived() throws -> [UInt8] {
    if !hasEnded { received += try openData.readToEnd() }
    hasEnded = true
    return received
  }

  func closeData(_ how: HowToClose) throws {
    switch how {
    case .close: try openData.close()
    case .finishSending: try openData.finishSending()
    case .reset: try openData.reset()
    }
  }

  func close(_ how: HowToClose) {
    switch how {
    case .close: client.control.close()
    case .finishSending: client.control.finishSending()
    case .reset: client.control.reset()
    }
    if how == .close || how == .reset { data?.close() }
    isOver = true
  }
}
