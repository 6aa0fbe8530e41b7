// Servers that break the protocol, lie, stop in the middle or mean harm: a clear error, no hang, and nothing that was not asked for.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct HostileServerTests {
  private static let impatient = ClientOptions.inClear.with {
    $0.timeouts.reply = .seconds(2)
    $0.timeouts.dataConnect = .seconds(1)
    $0.timeouts.abort = .seconds(2)
    $0.timeouts.stall = .seconds(2)
  }

  private func session(
    _ port: UInt16, _ runtime: ClientRuntime, _ options: ClientOptions = impatient
  ) async throws -> ClientSession {
    let session = try await ClientSession.connect(to: "127.0.0.1", port: port, options: options, runtime: runtime)
    try await session.login(.anonymous())
    return session
  }

  /// Runs a script behind the login and gives the error of what the client does.
  private func failure(
    _ options: ClientOptions = impatient, _ script: @escaping @Sendable (Script) throws -> Void,
    _ body: (ClientSession) async throws -> Void
  ) async throws -> ClientError {
    let found = Mutex<ClientError?>(nil)
    try await Script.run { peer in
      try peer.welcome()
      try script(peer)
      // Whatever the client says in the end, and its close.
      while try peer.hear() != nil {}
    } client: { port, runtime in
      let session = try await session(port, runtime, options)
      let error = try await clientError { try await body(session) }
      found.withLock { $0 = error }
      await session.close()
    }
    return try #require(found.withLock { $0 })
  }

  @Test(arguments: ["SSH-2.0-OpenSSH_9.2p1", "HTTP/1.1 400 Bad Request", "999 what", "\u{0}\u{1}\u{2}"])
  func whatIsNoFTPIsToldSo(_ greeting: String) async throws {
    try await Script.run { peer in
      try peer.say(greeting)
      _ = try peer.hear()
    } client: { port, runtime in
      let error = try await clientError { _ = try await session(port, runtime) }
      #expect(error.code == .protocolViolation)
    }
  }

  @Test func aSilentServerIsGivenUp() async throws {
    try await Script.run { peer in
      _ = try peer.hear()
    } client: { port, runtime in
      let error = try await clientError { _ = try await session(port, runtime) }
      #expect(error.code == .timedOut)
    }
  }

  @Test func aReplyWithoutEndIsCutOff() async throws {
    try await Script.run { peer in
      try peer.control.send(bytes("220-"))
      let piece = [UInt8](repeating: 0x78, count: 65536)
      // Until the client hangs up.
      while (try? peer.control.send(piece)) != nil {}
    } client: { port, runtime in
      let error = try await clientError { _ = try await session(port, runtime) }
      #expect(error.code == .protocolViolation)
    }
  }

  @Test func farewellAtEveryStep() async throws {
    for step in 0..<6 {
      try await Script.run { peer in
        let answers = ["220 hello", "331 who", "230 in", "500 what", "200 type", "500 no"]
        for index in 0..<step {
          if index > 0 { _ = try peer.hear() }
          try peer.say(answers[index])
        }
        if step > 0 { _ = try peer.hear() }
        try peer.say("421 bye")
        while try peer.hear() != nil {}
      } client: { port, runtime in
        let error = try await clientError {
          let session = try await session(port, runtime)
          _ = try await contents(session, "a")
        }
        #expect(error.code == .serviceEnding, "step \(step): \(error)")
        #expect(error.retry == .newSession)
      }
    }
  }

  @Test func anIdleFarewellIsSeenBeforeTheNextCommand() async throws {
    let error = try await failure { peer in
      try peer.say("421 idle for too long")
    } _: { session in
      let deadline = Deadline.after(.seconds(10))
      while !deadline.hasPassed {
        try await session.noop()
      }
    }
    #expect(error.code == .serviceEnding || error.code == .timedOut)
  }

  @Test func aThirdHostInThe227IsNotConnectedTo() async throws {
    let notes = Mutex<[String]>([])
    let options = Self.impatient.with {
      $0.trace = { event in if case .note(let text) = event { notes.withLock { $0.append(text) } } }
    }
    try await Script.run { peer in
      try peer.welcome()
      try peer.expect("TYPE")
      try peer.say("200 ok")
      try peer.expect("EPSV")
      try peer.say("500 what")
      let listener = try Listener()
      try peer.expect("PASV")
      try peer.say("227 Here (10,0,0,1,\(listener.endpoint.port >> 8),\(listener.endpoint.port & 255))")
      let data = try listener.accept()
      try peer.expect("RETR")
      try peer.say("150 comes")
      try data.send(pattern(100))
      data.close()
      try peer.say("226 done")
      // What worked is used again, without another EPSV.
      let second = try Listener()
      try peer.expect("PASV")
      try peer.say("227 Here (127,0,0,1,\(second.endpoint.port >> 8),\(second.endpoint.port & 255))")
      _ = try second.accept()
      try peer.expect("RETR")
      try peer.say("550 no")
      _ = try peer.hear()
    } client: { port, runtime in
      let session = try await session(port, runtime, options)
      #expect(try await contents(session, "a") == pattern(100))
      let error = try await clientError { _ = try await contents(session, "b") }
      #expect(error.code == .refused)
      await session.close()
    }
    #expect(notes.withLock { $0 }.contains { $0.contains("10.0.0.1") })
  }

  @Test func aPortThatNobodyListensAtIsLeftForAnotherWay() async throws {
    try await Script.run { peer in
      try peer.welcome()
      try peer.expect("TYPE")
      try peer.say("200 ok")
      try peer.expect("EPSV")
      // Port 1 refuses.
      try peer.say("229 Here (|||1|)")
      let listener = try Listener()
      try peer.expect("PASV")
      try peer.say("227 Here (127,0,0,1,\(listener.endpoint.port >> 8),\(listener.endpoint.port & 255))")
      let data = try listener.accept()
      try peer.expect("RETR")
      try peer.say("150 comes")
      data.close()
      try peer.say("226 done")
      _ = try peer.hear()
    } client: { port, runtime in
      let session = try await session(port, runtime)
      #expect(try await contents(session, "a") == [])
      await session.close()
    }
  }

  @Test func theFinalReplyMayComeBeforeTheBytes() async throws {
    try await Script.run { peer in
      try peer.welcome()
      try peer.expect("TYPE")
      try peer.say("200 ok")
      for _ in 0..<2 {
        let listener = try Listener()
        try peer.extendedPassive(listener)
        let data = try listener.accept()
        try peer.expect("RETR")
        try peer.say("150 comes", "226 done")
        try data.send(pattern(300_000))
        data.close()
      }
      try peer.expect("NOOP")
      try peer.say("200 ok")
      _ = try peer.hear()
    } client: { port, runtime in
      let session = try await session(port, runtime)
      #expect(try await contents(session, "a") == pattern(300_000))
      let local = try TemporaryDirectory()
      let file = try File.open(local.path(of: "a"), flags: O_RDWR | O_CREAT, mode: 0o600)
      try await session.download("a", into: file.number, expecting: 300_000)
      #expect(try local.read("a") == pattern(300_000))
      try await session.noop()
      await session.close()
    }
  }

  @Test func aServerMayWaitForTheClientsCloseBeforeItsFinalReply() async throws {
    // As vsftpd and ProFTPD do under TLS.
    try await Script.run { peer in
      try peer.welcome()
      try peer.expect("TYPE")
      try peer.say("200 ok")
      let listener = try Listener()
      try peer.extendedPassive(listener)
      let data = try listener.accept()
      try peer.expect("RETR")
      try peer.say("150 comes")
      try data.send(pattern(10))
      data.finishSending()
      _ = try data.readToEnd()
      try peer.say("226 done")
      _ = try peer.hear()
    } client: { port, runtime in
      let session = try await session(port, runtime)
      #expect(try await contents(session, "a") == pattern(10))
      await session.close()
    }
  }

  /// What can go wrong behind 150, and what the client makes of it.
  enum Fault: String, CaseIterable, Sendable {
    case cutAnd426, cutAnd226, silent, hangsUp, doneBeforeUpload, refusesUpload
  }

  @Test(arguments: Fault.allCases) func faultsOfATransfer(_ fault: Fault) async throws {
    let error = try await failure { peer in
      try peer.expect("TYPE")
      try peer.say("200 ok")
      let listener = try Listener()
      try peer.extendedPassive(listener)
      let data = try listener.accept()
      _ = try peer.hear()
      try peer.say("150 comes")
      switch fault {
      case .cutAnd426:
        try data.send(pattern(10))
        data.close()
        try peer.say("426 broken")
      case .cutAnd226:
        try data.send(pattern(10))
        data.close()
        try peer.say("226 done")
      case .silent:
        try peer.expect("ABOR")
        try peer.say("426 aborted", "226 ok")
      case .hangsUp:
        peer.control.finishSending()
        return
      case .doneBeforeUpload:
        try peer.say("226 done")
        _ = try? data.drain()
      case .refusesUpload:
        try peer.say("552 full")
        _ = try? data.drain()
      }
      try peer.expect("NOOP")
      try peer.say("200 ok")
    } _: { session in
      do {
        if fault == .doneBeforeUpload || fault == .refusesUpload {
          try await session.write("a", from: AsyncStream { [UInt8](repeating: 1, count: 100_000) })
        } else {
          let local = try TemporaryDirectory()
          let file = try File.open(local.path(of: "a"), flags: O_RDWR | O_CREAT, mode: 0o600)
          try await session.download("a", into: file.number, expecting: 20)
        }
      } catch {
        // The session is good for more, unless the server has left.
        if fault != .hangsUp { try await session.noop() }
        throw error
      }
    }
    let expected: ClientError.Code =
      switch fault {
      case .cutAnd426: .dataConnection
      case .cutAnd226: .incomplete
      case .silent: .stalled
      case .hangsUp: .connectionLost
      case .doneBeforeUpload: .protocolViolation
      case .refusesUpload: .refused
      }
    #expect(error.code == expected, "\(error)")
  }

  @Test func namesThatLeadOutAreMarked() async throws {
    let names = Mutex<[(String, Bool)]>([])
    _ = try await failure { peer in
      let listener = try Listener()
      try peer.extendedPassive(listener)
      let data = try listener.accept()
      try peer.expect("MLSD")
      try peer.say("150 comes")
      try data.send(
        bytes(
          "type=file; ../../.ssh/authorized_keys\r\ntype=file; /etc/passwd\r\ntype=file; ok\r\ntype=cdir; .\r\n"
            + "type=dir; ..\r\n"))
      data.close()
      try peer.say("226 done")
    } _: { session in
      let entries = try await session.list()
      names.withLock { $0 = entries.map { (String(decoding: $0.name, as: UTF8.self), $0.isSafeName) } }
      throw ClientError(.usage, "enough")
    }
    #expect(names.withLock { $0 }.filter(\.1).map(\.0) == ["ok"])
    #expect(names.withLock { $0 }.count == 3)
  }

  @Test func bytesInClearBehindTheAnswerToAUTHAreNotBelieved() async throws {
    try await Script.run { peer in
      try peer.say("220 ready")
      try peer.expect("AUTH")
      // In one piece, as somebody on the way would put it.
      try peer.control.send(bytes("234 go on\r\n230 in already\r\n"))
      while try peer.hear() != nil {}
    } client: { port, runtime in
      let error = try await clientError {
        _ = try await session(port, runtime, Self.impatient.with { $0.security = .required })
      }
      #expect(error.code == .protocolViolation)
    }
  }

  @Test func aStrangerAtTheActivePortIsTurnedAway() async throws {
    // A server whose data connection comes from another address than its own.
    try await Script.run { peer in
      try peer.welcome()
      try peer.expect("TYPE")
      try peer.say("200 ok")
      let line = try peer.hear() ?? ""
      let numbers = line.split(separator: " ").last?.split(separator: ",").compactMap { Int($0) } ?? []
      try require(numbers.count == 6, "no PORT: \(line)")
      try peer.say("200 ok")
      try peer.expect("RETR")
      let target = Endpoint("127.0.0.1", UInt16(truncatingIfNeeded: numbers[4] << 8 | numbers[5]))
      let stranger = try Connection(to: target, from: "127.0.0.2")
      try peer.say("150 comes")
      _ = try stranger.isClosedByPeer()
      let data = try Connection(to: target)
      try data.send(pattern(10))
      data.close()
      try peer.say("226 done")
      _ = try peer.hear()
    } client: { port, runtime in
      let session = try await session(port, runtime, Self.impatient.with { $0.dataMode = .active })
      #expect(try await contents(session, "a") == pattern(10))
      await session.close()
    }
  }
}
