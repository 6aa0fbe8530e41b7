// Tests of a server under a service manager: sockets it is given, and whether a thread that hangs is found out.

import Dispatch
import Glibc
import LinuxSystem
import Reactor
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct FTPServerServiceTests {
  private func server() throws -> FTPServer {
    try FTPServer(configuration: ServerConfiguration(), accounts: AccountSource(), logger: quietLogger())
  }

  /// A listener with a second descriptor, as the service manager keeps one.
  private func listener() throws -> (ours: Int32, theirs: Int32) {
    let socket = try Socket.stream(.ipv4)
    try Socket.bind(socket, to: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0), family: .ipv4)
    try Socket.listen(socket, backlog: 10)
    let theirs = fcntl(socket.number, F_DUPFD_CLOEXEC, 3)
    return (socket.release(), theirs)
  }

  @Test func anInheritedSocketIsServedAndLivesOn() async throws {
    let server = try server()
    let (ours, theirs) = try listener()
    defer { close(theirs) }
    let address = try server.adopt(Descriptor(owning: ours))
    #expect(try Socket.localAddress(theirs) == address)
    try server.start()
    try await Blocking.onOwnThread {
      let client = try FTPClient(address)
      #expect(try client.code() == 220)
      try client.send("QUIT")
      #expect(try client.code() == 221)
    }
    #expect(await server.drain(grace: .seconds(10)) == 0)
    // Whoever made it can go on with it: a client is not refused, and waits for the next server.
    #expect(try SocketKind(of: theirs).isListening)
    let next = try self.server()
    let again = fcntl(theirs, F_DUPFD_CLOEXEC, 3)
    #expect(try next.adopt(Descriptor(owning: again)) == address)
    try next.start()
    try await Blocking.onOwnThread { () throws -> Void in
      #expect(try FTPClient(address).code() == 220)
    }
    await next.drain(grace: .seconds(10))
  }

  @Test func threadsThatTurnAreNotStuck() async throws {
    let server = try server()
    _ = try server.listen(on: [SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)])
    let (ours, theirs) = try listener()
    defer { close(theirs) }
    _ = try server.adopt(Descriptor(owning: ours))
    try server.start()
    try await Blocking.onOwnThread {
      for _ in 0..<20 { #expect(server.stuckThreads(within: .seconds(10)).isEmpty) }
    }
    await server.drain(grace: .seconds(10))
    // Acceptors have ended, which is no reason for a watchdog to bite while transfers finish.
    try await Blocking.onOwnThread { #expect(server.stuckThreads(within: .seconds(10)).isEmpty) }
  }

  @Test func aReactorThatHangsIsNamed() async throws {
    let server = try server()
    try server.start()
    let release = DispatchSemaphore(value: 0)
    try await Blocking.onOwnThread {
      let hangs = DispatchSemaphore(value: 0)
      let parking = Parking(server.context.reactor)
      parking.call(when: -1, [], until: .now) { _ in
        hangs.signal()
        release.wait()
      }
      hangs.wait()
      #expect(server.stuckThreads(within: .milliseconds(20)) == ["reactor"])
      release.signal()
      #expect(server.stuckThreads(within: .seconds(10)).isEmpty)
      parking.retire()
    }
    await server.drain(grace: .seconds(10))
  }

  @Test func threadsThatDoNotTurnAreNamed() async throws {
    let server = try server()
    // Never started: no thread can answer.
    let bound = try server.listen(on: [SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)])
    let address = try #require(bound.first)
    try await Blocking.onOwnThread {
      #expect(server.stuckThreads(within: .milliseconds(20)) == ["reactor", "acceptor of \(address)"])
    }
  }
}
