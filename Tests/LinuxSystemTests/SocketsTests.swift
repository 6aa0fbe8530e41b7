// Tests of the socket calls over loopback.

import Glibc
import Testing
import UnitSupport

@testable import LinuxSystem

@Suite(.timeLimit(.minutes(5))) struct SocketsTests {
  /// Whether this machine has IPv6 at all: containers often do not.
  static let hasIPv6 =
    failure {
      let socket = Held(try Socket.stream(.ipv6))
      try Socket.bind(socket.descriptor, to: SocketAddress(IPAddress("::1")!, port: 0), family: .ipv6)
    } == nil

  @Test func bytesGoBothWays() throws { try echo(LoopbackPair()) }

  @Test(.enabled(if: hasIPv6)) func bytesGoBothWaysOverIPv6() throws {
    let pair = try LoopbackPair(try #require(IPAddress("::1")))
    #expect(pair.peer.address == IPAddress("::1"))
    #expect(pair.local.address == IPAddress("::1"))
    try echo(pair)
  }

  private func echo(_ pair: LoopbackPair) throws {
    #expect(try send(pair.clientNumber, [1, 2, 3]) == .moved(3))
    #expect(Poll.wait(pair.serverNumber, .readable, milliseconds: 10_000))
    #expect(try receive(pair.serverNumber) == [1, 2, 3])
    #expect(try send(pair.serverNumber, [0xFF, 0, 0x0D]) == .moved(3))
    #expect(Poll.wait(pair.clientNumber, .readable, milliseconds: 10_000))
    #expect(try receive(pair.clientNumber) == [0xFF, 0, 0x0D])
  }

  @Test func addressesAgree() throws {
    let pair = try LoopbackPair()
    #expect(pair.local.port != 0)
    #expect(try Socket.localAddress(pair.clientNumber) == pair.peer)
    #expect(try Socket.peerAddress(pair.serverNumber) == pair.peer)
    #expect(try Socket.peerAddress(pair.clientNumber) == pair.local)
    #expect(failure { _ = try Socket.peerAddress(pair.listenerNumber) } == ENOTCONN)
  }

  @Test(.enabled(if: hasIPv6)) func anIPv4ClientOfAnIPv6WildcardIsSeenAsIPv4() throws {
    let listener = Held(try Socket.stream(.ipv6))
    try Socket.setOption(listener.number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0)
    try Socket.bind(listener.descriptor, to: SocketAddress(try #require(IPAddress("::")), port: 0), family: .ipv6)
    try Socket.listen(listener.descriptor, backlog: 4)
    let port = try Socket.localAddress(listener.number).port
    let client = Held(try Socket.stream(.ipv4))
    _ = try Socket.connect(
      client.descriptor, to: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: port), family: .ipv4)
    #expect(Poll.wait(listener.number, .readable, milliseconds: 10_000))
    let (number, peer) = try #require(try Socket.accept(listener.number))
    let server = Held(owning: number)
    #expect(peer.address == IPAddress(ipv4: 0x7F00_0001))
    #expect(try Socket.localAddress(server.number).address == IPAddress(ipv4: 0x7F00_0001))
  }

  @Test func acceptReturnsNilWhenNobodyWaits() throws {
    let pair = try LoopbackPair()
    #expect(try Socket.accept(pair.listenerNumber) == nil)
    #expect(failure { _ = try Socket.accept(pair.serverNumber) } == EINVAL)
  }

  @Test func socketsAreNonBlockingAndCloseOnExec() throws {
    let pair = try LoopbackPair()
    for number in [pair.listenerNumber, pair.clientNumber, pair.serverNumber] {
      #expect(fcntl(number, F_GETFL) & O_NONBLOCK != 0)
      #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
    }
  }

  @Test func nothingToReceiveWouldBlock() throws {
    let pair = try LoopbackPair()
    #expect(try receive(pair.serverNumber) == nil)
  }

  @Test func aFullSocketWouldBlock() throws {
    let pair = try LoopbackPair()
    let chunk = [UInt8](repeating: 7, count: 1 << 20)
    var sent = 0
    while case .moved(let count) = try send(pair.clientNumber, chunk) { sent += count }
    #expect(sent > 0)
    #expect(!Poll.wait(pair.clientNumber, .writable, milliseconds: 0))
  }

  @Test func theEndOfFileComesAfterTheLastByte() throws {
    let pair = try LoopbackPair()
    _ = try send(pair.clientNumber, [1, 2])
    Socket.shutdownWriting(pair.clientNumber)
    #expect(try receiveAll(pair.serverNumber) == [1, 2])
    // The other half still works.
    #expect(try send(pair.serverNumber, [3]) == .moved(1))
    #expect(Poll.wait(pair.clientNumber, .readable, milliseconds: 10_000))
    #expect(try receive(pair.clientNumber) == [3])
  }

  @Test func nobodyListensThere() throws {
    // A port that is bound but not listened on: nobody else can take it meanwhile.
    let taken = Held(try Socket.stream(.ipv4))
    try Socket.bind(taken.descriptor, to: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0), family: .ipv4)
    let address = try Socket.localAddress(taken.number)
    let socket = Held(try Socket.stream(.ipv4))
    let code = failure {
      if try !Socket.connect(socket.descriptor, to: address, family: .ipv4) {
        #expect(Poll.wait(socket.number, .writable, milliseconds: 10_000))
        if let error = Socket.pendingError(socket.number) { throw error }
      }
    }
    #expect(code == ECONNREFUSED)
  }

  @Test func noErrorIsPendingOnAGoodSocket() throws {
    let pair = try LoopbackPair()
    #expect(Socket.pendingError(pair.clientNumber) == nil)
    #expect(Socket.pendingError(-1) != nil)
  }

  @Test func aPortIsTakenOnce() throws {
    let pair = try LoopbackPair()
    let second = Held(try Socket.stream(.ipv4))
    #expect(failure { try Socket.bind(second.descriptor, to: pair.local, family: .ipv4) } == EADDRINUSE)
  }

  @Test func aResetIsSeenByThePeer() throws {
    let pair = try LoopbackPair()
    _ = try send(pair.clientNumber, [1, 2, 3])
    Socket.resetOnClose(pair.clientNumber)
    pair.client = nil
    #expect(Poll.wait(pair.serverNumber, .readable, milliseconds: 10_000))
    #expect(failure { while try receive(pair.serverNumber)?.isEmpty == false {} } == ECONNRESET)
  }

  @Test func sendingToAPeerThatIsGoneIsAnErrorAndNoSignal() throws {
    let pair = try LoopbackPair()
    Socket.resetOnClose(pair.clientNumber)
    pair.client = nil
    #expect(Poll.wait(pair.serverNumber, .readable, milliseconds: 10_000))
    let codes = (0..<2).map { _ in failure { _ = try send(pair.serverNumber, [1]) } }
    #expect(codes == [ECONNRESET, EPIPE])
    // A peer that is gone is no error here.
    Socket.shutdownWriting(pair.serverNumber)
  }

  @Test func optionsAreSetAndRead() throws {
    let pair = try LoopbackPair()
    try Socket.setOption(pair.clientNumber, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    #expect(try Socket.option(pair.clientNumber, Int32(IPPROTO_TCP), TCP_NODELAY) != 0)
    #expect(failure { try Socket.setOption(pair.clientNumber, SOL_SOCKET, 9999, 1) } == ENOPROTOOPT)
    #expect(failure { _ = try Socket.option(-1, SOL_SOCKET, SO_ERROR) } == EBADF)
  }

  @Test func sendFileMovesTheRangeAndAdvances() throws {
    let directory = try OpenDirectory()
    let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let file = try directory.file("f", bytes)
    let pair = try LoopbackPair()
    var offset: Int64 = 100
    #expect(try Socket.sendFile(pair.serverNumber, file: file.number, offset: &offset, count: 900) == .moved(900))
    #expect(offset == 1000)
    #expect(try Socket.sendFile(pair.serverNumber, file: file.number, offset: &offset, count: 1 << 20) == .moved(9000))
    #expect(offset == 10_000)
    #expect(try Socket.sendFile(pair.serverNumber, file: file.number, offset: &offset, count: 1) == .moved(0))
    Socket.shutdownWriting(pair.serverNumber)
    #expect(try receiveAll(pair.clientNumber) == Array(bytes[100...]))
  }

  @Test func sendFileIntoAFullSocketWouldBlock() throws {
    let directory = try OpenDirectory()
    let file = try directory.file("f")
    try File.truncate(file.number, to: 1 << 28)
    let pair = try LoopbackPair()
    var offset: Int64 = 0
    var sent: Int64 = 0
    while case .moved(let count) = try Socket.sendFile(
      pair.serverNumber, file: file.number, offset: &offset, count: 1 << 24)
    {
      sent += Int64(count)
    }
    #expect(sent == offset)
    #expect(offset < 1 << 28)
  }

  @Test func interruptedCallsAreRepeated() throws {
    var results = [-Int(EINTR), -Int(EINTR), 5]
    #expect(try Socket.progress("recv") { results.removeFirst() } == .moved(5))
    #expect(try Socket.progress("recv") { -Int(EAGAIN) } == .wouldBlock)
    #expect(throws: SystemError(code: EPIPE, call: "send")) { try Socket.progress("send") { -Int(EPIPE) } }
  }
}
