// Servers that break the protocol, lie, stop in the middle or mean harm: a clear error, no hang, and nothing that was not asked for.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct HostileServerTests {
  @Test(arguments: ["SSH-2.0-OpenSSH_9.2p1", "HTTP/1.1 400 Bad Request", "999 what", "\u{0}\u{1}\u{2}"])
  func whatIsNoFTPIsToldSo(_ greeting: String) async throws {
    try await Script.run { peer in
      try peer.say(greeting)
      _ = try peer.hear()
    } client: { port, runtime in
      let error = try await clientError { _ = try await Hostile.session(port, runtime) }
      #expect(error.code == .protocolViolation)
    }
  }

  @Test func aSilentServerIsGivenUp() async throws {
    try await Script.run { peer in
      _ = try peer.hear()
    } client: { port, runtime in
      let error = try await clientError { _ = try await Hostile.session(port, runtime) }
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
      let error = try await clientError { _ = try await Hostile.session(port, runtime) }
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
          let session = try await Hostile.session(port, runtime)
          _ = try await contents(session, "a")
        }
        #expect(error.code == .serviceEnding, "step \(step): \(error)")
        #expect(error.retry == .newSession)
      }
    }
  }

  @Test func anIdleFarewellIsSeenBeforeTheNextCommand() async throws {
    let error = try await Hostile.failure { peer in
      try peer.say("421 idle for too long")
    } _: { session in
      let deadline = Deadline.after(.seconds(10))
      while !deadline.hasPassed {
        try await session.noop()
      }
    }
    #expect(error.code == .serviceEnding || error.code == .timedOut)
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
        _ = try await Hostile.session(port, runtime, Hostile.impatient.with { $0.security = .required })
      }
      #expect(error.code == .protocolViolation)
    }
  }
}
