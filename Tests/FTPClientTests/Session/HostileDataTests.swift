// Servers that lie about data connections, break them, or send what was not asked for: a clear error, no hang, and a session that goes on.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct HostileDataTests {
  @Test func aThirdHostInThe227IsNotConnectedTo() async throws {
    let notes = Mutex<[String]>([])
    let options = Hostile.impatient.with {
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
      let session = try await Hostile.session(port, runtime, options)
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
      let session = try await Hostile.session(port, runtime)
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
      let session = try await Hostile.session(port, runtime)
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
      let session = try await Hostile.session(port, runtime)
      #expect(try await contents(session, "a") == pattern(10))
      await session.close()
    }
  }

  /// What can go wrong behind 150, and what the client makes of it.
  enum Fault: String, CaseIterable, Sendable {
    case cutAnd426, cutAnd226, silent, hangsUp, doneBeforeUpload, refusesUpload
  }

  @Test(arguments: Fault.allCases) func faultsOfATransfer(_ fault: Fault) async throws {
    let error = try await Hostile.failure { peer in
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
    _ = try await Hostile.failure { peer in
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
      let session = try await Hostile.session(port, runtime, Hostile.impatient.with { $0.dataMode = .active })
      #expect(try await contents(session, "a") == pattern(10))
      await session.close()
    }
  }
}
