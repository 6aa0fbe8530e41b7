// Drives every command of the table through the states of RFC 959, section 6, and holds its replies to section 5.4.

import Accounts
import FTPProtocol
import Foundation
import Glibc
import LinuxSystem
import Testing

@testable import FTPServer

@Suite(.serialized, .timeLimit(.minutes(5))) struct ReplySequenceTests {
  @Test func everyRowOfTheCommandTableStandsInTheTableOfReplies() {
    let verbs = ReplyTable.rows.map(\.verb)
    #expect(Set(verbs).count == verbs.count)
    #expect(Set(verbs) == Set(CommandTable.rows.map(\.verb)))
  }

  /// In each state the right and the wrong form of each command: the code is one of those allowed, and the session goes on.
  @Test(arguments: TalkState.allCases)
  func everyCommand(in state: TalkState) async throws {
    try await withServer { address in
      for row in ReplyTable.rows {
        let built = CommandTable.row(row.verb)
        for (line, isGood) in [(row.good, true), (row.bad ?? row.good, false)] {
          let (talk, code): (Talk, Int)
          do {
            talk = try Talk(address, state)
            code = try talk.answer(to: line)
          } catch { throw TalkError(text: "\(state): \(line): \(error)") }
          let allowed = row.codes.union(ReplyTable.anywhere).union([502])
          #expect(allowed.contains(code), "\(state): \(line) was answered \(code)")
          if built?.isBuilt == false { #expect(code == 502, "\(state): \(line)") }
          if built?.isBuilt == true, !state.isLoggedIn, built?.traits.contains(.beforeLogin) == false {
            #expect(code == 530, "\(state): \(line) was answered \(code)")
          }
          if !isGood, row.bad != nil, state == .loggedIn { #expect(code >= 400, "\(line) was answered \(code)") }
          do { try talk.finish(after: row.verb) } catch { throw TalkError(text: "\(state): after \(line): \(error)") }
        }
      }
    }
  }

  /// Section 6's diagrams: 1yz, then 2yz, 4yz or 5yz for those that transfer; exactly one final reply.
  @Test(arguments: ["RETR f", "STOR new", "APPE f", "STOU", "LIST", "NLST", "MLSD d", "RETR missing", "LIST missing"])
  func transfers(_ line: String) async throws {
    try await withServer { address in
      let talk = try Talk(address, .loggedIn)
      let data = try talk.openData()
      let first = try talk.answer(to: line)
      if line.hasSuffix("missing") {
        #expect(first >= 400, "\(line): \(first)")
      } else {
        #expect(first == 150 || first == 125, "\(line): \(first)")
        data.finish()
        let last = try talk.reply()
        #expect(last == 226 || last == 250, "\(line): \(last)")
      }
      try talk.finish(after: "NOOP")
    }
  }

  /// The diagram of RNFR and RNTO, and of REST: 3yz, and only then the second command.
  @Test func intermediateReplies() async throws {
    try await withServer { address in
      let talk = try Talk(address, .loggedIn)
      #expect(try talk.answer(to: "RNTO g") == 503)
      #expect(try talk.answer(to: "RNFR f") == 350)
      #expect(try talk.answer(to: "RNTO g") == 250)
      #expect(try talk.answer(to: "RNTO h") == 503)
      #expect(try talk.answer(to: "TYPE I") == 200)
      #expect(try talk.answer(to: "REST 1") == 350)
      try talk.finish(after: "NOOP")
    }
  }

  private func withServer(_ body: @escaping @Sendable (SocketAddress) throws -> Void) async throws {
    let directory = try TemporaryDirectory()
    directory.directory("d")
    try directory.file("f", size: 10)
    try directory.file("big", size: 1 << 30)
    let hash =
      "$6$dialogue$LhHnpK.QIg5cFa/rm0fOQsY8RQYq0F..haodG5bv1Y" + "kLzCRdne4/rmA1u7U4R8fuv1kXiyl6WxkH6o89TxWVP1"
    let user = UserEntry(name: Array("bob".utf8), hash: hash, home: directory.path, permissions: .readAndWrite)
    // The server runs in this process here, and sendfile(2) knows no MSG_NOSIGNAL.
    signal(SIGPIPE, SIG_IGN)
    let server = try FTPServer(
      configuration: ServerConfiguration(), accounts: AccountSource(single: user), logger: quietLogger())
    let address = try #require(try server.listen(on: [SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)]).first)
    try server.start()
    // A thread of its own, not one of libdispatch's workers: those verify the passwords.
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try body(address) }) }
    }
    await server.drain(grace: .seconds(10))
  }
}

/// How far a talk has come.
enum TalkState: CaseIterable {
  case greeted, named, loggedIn, transferring

  var isLoggedIn: Bool { self == .loggedIn || self == .transferring }
}

/// A control connection that was brought to a state.
private final class Talk {
  private let client: Client
  private let address: SocketAddress
  private var running: DataClient?

  init(_ address: SocketAddress, _ state: TalkState) throws {
    self.address = address
    client = try Client(address)
    try require(220, reply())
    if state != .greeted { try require(331, answer(to: "USER bob")) }
    guard state.isLoggedIn else { return }
    try require(230, answer(to: "PASS secret"))
    if state == .transferring {
      try require(200, answer(to: "TYPE I"))
      let data = try openData()
      try require(150, answer(to: "RETR big"))
      running = data
    }
  }

  /// The code of the reply to `line`. While a transfer runs, that is broken off then, and its own final reply is left out.
  func answer(to line: String) throws -> Int {
    try client.send(line + "\r\n")
    guard let data = running else { return try reply() }
    running = nil
    // Answered at once, or after the transfer.
    let verb = Verb(Array(line.prefix { $0 != " " }.utf8))
    let isImmediate = verb.flatMap { CommandTable.row($0) }?.traits.contains(.duringTransfer) == true
    if isImmediate {
      let code = try reply()
      data.reset()
      try require(426, reply())
      return code
    }
    if verb != "ABOR" { data.reset() }
    try require(426, reply())
    return try reply()
  }

  /// The code of the next reply, of one or more lines.
  func reply() throws -> Int {
    guard let first = try client.line() else { throw TalkError(text: "the server closed the connection") }
    guard let code = Int(first.prefix(3)) else { throw TalkError(text: "no reply: \(first)") }
    guard first.dropFirst(3).first == "-" else { return code }
    while let line = try client.line() {
      if line.hasPrefix("\(code) ") { return code }
    }
    throw TalkError(text: "the server closed the connection within a reply")
  }

  func openData() throws -> DataClient {
    try client.send("EPSV\r\n")
    guard let line = try client.line(), line.hasPrefix("229 "),
      let port = line.split(separator: "|").compactMap({ UInt16($0) }).last
    else { throw TalkError(text: "no 229") }
    return try DataClient(SocketAddress(address.address, port: port))
  }

  /// No reply is left over, and the session goes on.
  func finish(after verb: Verb) throws {
    if verb == "QUIT" {
      guard try client.line() == nil else { throw TalkError(text: "more after 221") }
      return
    }
    try require(200, answer(to: "NOOP"))
  }

  private func require(_ wanted: Int, _ found: Int) throws {
    if found != wanted { throw TalkError(text: "\(found) instead of \(wanted)") }
  }
}

private struct TalkError: Error, CustomStringConvertible {
  let text: String
  var description: String { text }
}

/// The client's end of a data connection.
private final class DataClient {
  private var socket: Descriptor?

  init(_ address: SocketAddress) throws {
    let socket = try Socket.stream(.ipv4)
    if try !Socket.connect(socket, to: address, family: .ipv4) {
      guard Poll.wait(socket.number, .writable, milliseconds: 10_000) else {
        throw SystemError(code: ETIMEDOUT, call: "connect")
      }
      if let error = Socket.pendingError(socket.number) { throw error }
    }
    self.socket = consume socket
  }

  /// Reads all there is, and closes.
  func finish() {
    guard let number = number else { return }
    Socket.shutdownWriting(number)
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      guard Poll.wait(number, .readable, milliseconds: 10_000),
        let progress = try? buffer.withUnsafeMutableBytes({ try Socket.receive(number, into: $0) })
      else { break }
      if case .moved(0) = progress { break }
    }
    socket = nil
  }

  /// Breaks the connection off with a reset.
  func reset() {
    guard let number = number else { return }
    var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
    setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    socket = nil
  }

  private var number: Int32? {
    switch socket {
    case .some(let socket): socket.number
    case .none: nil
    }
  }
}
