// How sessions begin and end: addresses, TLS, logins that work and logins that do not.

import FTPClient
import FTPProtocol
import LinuxSystem
import Synchronization
import TestSupport
import Testing
import TransportSecurity

@Suite(.timeLimit(.minutes(3))) struct LoginTests {
  @Test func aUserLogsIn() async throws {
    try await Peer.with { peer in
      try await peer.session { session in
        let directory = try await session.workingDirectory()
        #expect(directory == "/")
        #expect(await session.features.listsForMachines)
        #expect(await session.protection == nil)
        #expect(await session.isOpen)
        #expect(await session.welcome.map(\.code) == [220, 230])
      }
    }
  }

  @Test func anonymousLogsIn() async throws {
    try await Peer.with { peer in
      let session = try await peer.connect()
      try await session.login(.anonymous())
      #expect(try await session.workingDirectory() == "/")
      await session.quit()
      #expect(await !session.isOpen)
      let error = try await clientError { try await session.noop() }
      #expect(error.code == .connectionLost)
    }
  }

  /// The server would let the control connection go on in clear (CCC, RFC 4217 §6), which nobody has asked for.
  @Test(arguments: [ClientOptions.Security.required, .implicit])
  func theControlConnectionStaysProtected(_ security: ClientOptions.Security) async throws {
    try await Peer.with(.relaxed { $0.security.clearsControl = true }) { peer in
      let said = Mutex<[String]>([])
      let options = ClientOptions.underTLS.with {
        $0.security = security
        $0.trace = { event in if case .sent(let line) = event { said.withLock { $0.append(line) } } }
      }
      try await peer.session(options) { session in
        #expect(await session.features.contains("CCC"))
        try await session.write("a", from: pieces(pattern(100_000), of: 4096))
        #expect(try await contents(session, "a") == pattern(100_000))
        let error = try await clientError { _ = try await session.quote("CCC") }
        #expect(error.code == .usage)
        #expect(await session.protection != nil)
      }
      #expect(!said.withLock { $0 }.contains("CCC"))
    }
  }

  @Test func aWrongPasswordIsTold() async throws {
    try await Peer.with { peer in
      let session = try await peer.connect()
      let error = try await clientError {
        try await session.login(Credentials(user: "bob", password: "wrong"))
      }
      #expect(error.code == .loginRefused)
      #expect(error.retry == .never)
      #expect(error.reply?.code == 530)
      let missing = try await clientError { try await session.login(Credentials(user: "bob")) }
      #expect(missing.code == .loginRefused)
      #expect(missing.reply?.code == 331)
    }
  }

  @Test func aNameCannotBeTwoCommands() async throws {
    try await Peer.with { peer in
      let session = try await peer.connect()
      let error = try await clientError {
        try await session.login(Credentials(user: "bob\r\nDELE a", password: "x"))
      }
      #expect(error.code == .usage)
    }
  }

  @Test func nobodyListens() async throws {
    let runtime = try ClientRuntime()
    // Bound and not listening: nothing else can take the port meanwhile.
    let socket = try Socket.stream(.ipv4)
    try Socket.bind(socket, to: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0), family: .ipv4)
    let port = try Socket.localAddress(socket.number).port
    let error = try await clientError {
      _ = try await ClientSession.connect(to: "127.0.0.1", port: port, options: .inClear, runtime: runtime)
    }
    #expect(error.code == .connectFailed)
    #expect(error.retry == .newSession)
  }

  @Test func thereIsNoSuchHost() async throws {
    let runtime = try ClientRuntime()
    let error = try await clientError {
      _ = try await ClientSession.connect(to: "no-such-host.invalid", options: .inClear, runtime: runtime)
    }
    #expect(error.code == .hostUnknown || error.code == .timedOut)
  }

  @Test(arguments: [ClientOptions.Security.required, .implicit, .ifOffered])
  func underTLS(_ security: ClientOptions.Security) async throws {
    try await Peer.with { peer in
      try await peer.session(ClientOptions.underTLS.with { $0.security = security }) { session in
        #expect(await session.protection?.hasPrefix("TLSv1.3") == true)
      }
    }
  }

  @Test func certificatesAreVerifiedUnlessToldOtherwise() async throws {
    try await Peer.with { peer in
      let error = try await clientError { _ = try await peer.connect(.underTLS.with { $0.tls = TLSClientOptions() }) }
      #expect(error.code == .certificate)
      #expect(error.retry == .never)
      #expect(error.message.contains("self-signed"))
      // Its key, seen once, is enough to know it again.
      let seen = Mutex<PublicKeyPin?>(nil)
      let asks = ClientOptions.underTLS.with {
        $0.tls.trust = .firstUse { server in
          seen.withLock { $0 = server.certificate.pin }
          return .accept
        }
      }
      try await peer.session(asks) { _ in }
      let pin = try #require(seen.withLock { $0 })
      let pinned = ClientOptions.underTLS.with {
        $0.tls.trust = .pinsOnly
        $0.tls.pins = [pin]
      }
      try await peer.session(pinned) { session in
        #expect(await session.serverCertificate?.pin == pin)
      }
    }
  }

  @Test func aServerWithoutTLSIsLeft() async throws {
    try await Peer.with(.relaxed { $0.security.mode = .off }) { peer in
      let error = try await clientError { _ = try await peer.connect(.underTLS) }
      #expect(error.code == .unprotected)
      // Where it was only wished for, the session goes on in clear.
      try await peer.session(.underTLS.with { $0.security = .ifOffered }) { session in
        #expect(await session.protection == nil)
      }
    }
  }

  @Test func callsOfManyTasksTakeTurns() async throws {
    try await Peer.with { peer in
      try peer.home.write("a", pattern(10_000))
      try await peer.session { session in
        try await withThrowingTaskGroup(of: Bool.self) { group in
          for index in 0..<20 {
            group.addTask {
              index % 2 == 0
                ? try await contents(session, "a") == pattern(10_000) : try await session.size("a") == 10_000
            }
          }
          for try await isRight in group { #expect(isRight) }
        }
      }
    }
  }

  @Test func anIdleSessionIsKeptAlive() async throws {
    try await Peer.with { peer in
      let count = Mutex(0)
      let options = ClientOptions.inClear.with {
        $0.trace = { if case .sent("NOOP") = $0 { count.withLock { $0 += 1 } } }
      }
      try await peer.session(options) { session in
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { await session.keepAlive(every: .milliseconds(20)) }
          try await until("three NOOPs were sent") { count.withLock { $0 } >= 3 }
          group.cancelAll()
        }
        #expect(count.withLock { $0 } >= 3)
        try await session.noop()
      }
    }
  }
}
