// Drives every command of the table through the states of RFC 959, section 6, and holds its replies to section 5.4.

import Accounts
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
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
          } catch { throw TestFailure("\(state): \(line): \(error)") }
          let allowed = row.codes.union(ReplyTable.anywhere).union([502])
          #expect(allowed.contains(code), "\(state): \(line) was answered \(code)")
          if built?.isBuilt == false { #expect(code == 502, "\(state): \(line)") }
          if built?.isBuilt == true, !state.isLoggedIn, built?.traits.contains(.beforeLogin) == false {
            #expect(code == 530, "\(state): \(line) was answered \(code)")
          }
          if !isGood, row.bad != nil, state == .loggedIn { #expect(code >= 400, "\(line) was answered \(code)") }
          do { try talk.finish(after: row.verb) } catch { throw TestFailure("\(state): after \(line): \(error)") }
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
        data.finishSending()
        _ = try data.drain()
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
    try await withBob(at: directory) { _, address in try body(address) }
  }
}

/// How far a talk has come.
enum TalkState: CaseIterable {
  case greeted, named, loggedIn, transferring

  var isLoggedIn: Bool { self == .loggedIn || self == .transferring }
}

/// A control connection that was brought to a state.
private final class Talk {
  private let client: FTPClient
  private var running: Connection?

  init(_ address: SocketAddress, _ state: TalkState) throws {
    client = try FTPClient(address)
    try client.expect(220)
    if state != .greeted { try client.command("USER bob", expecting: 331) }
    guard state.isLoggedIn else { return }
    try client.command("PASS secret", expecting: 230)
    if state == .transferring {
      try client.command("TYPE I", expecting: 200)
      let data = try openData()
      try client.command("RETR big", expecting: 150)
      running = data
    }
  }

  /// The code of the reply to `line`. While a transfer runs, that is broken off then, and its own final reply is left out.
  func answer(to line: String) throws -> Int {
    try client.send(line)
    guard let data = running else { return try reply() }
    running = nil
    // Answered at once, or after the transfer.
    let verb = Verb(Array(line.prefix { $0 != " " }.utf8))
    let traits = verb.flatMap { CommandTable.row($0) }?.traits ?? []
    let isImmediate = !traits.isDisjoint(with: [.duringTransfer, .endsLogin])
    if isImmediate {
      let code = try reply()
      data.reset()
      try client.expect(426)
      return code
    }
    if verb != "ABOR" { data.reset() }
    try client.expect(426)
    return try reply()
  }

  /// The code of the next reply, of one or more lines.
  func reply() throws -> Int { try client.reply().code }

  func openData() throws -> Connection { try client.extendedPassive() }

  /// No reply is left over, and the session goes on.
  func finish(after verb: Verb) throws {
    if verb == "QUIT" {
      try require(try client.control.isClosedByPeer(), "more after 221")
    } else {
      try client.command("NOOP", expecting: 200)
    }
  }
}
