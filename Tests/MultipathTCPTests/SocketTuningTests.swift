// Tests of SocketTuning.swift: options that are refused are told and harm nothing; the receive window; aborting.

import Glibc
import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite struct SocketTuningTests {
  @Test(.enabled(if: Machine.hasMultipath, Machine.needsMultipath))
  func multipathSocketsRefuseSomeOptionsAndTakeTheOthers() throws {
    let pair = try Pair()
    let refused = MultipathSocket.tune(
      pair.client.number,
      [
        .noDelay(true), .urgentInline(true), .typeOfService(0x10), .pacingRate(1_000_000), .userTimeout(1000),
        .keepAlive(idle: 60, interval: 10, count: 3), .congestionControl("reno"),
      ])
    let names = refused.map(\.tuning)
    #expect(names == [.urgentInline(true), .pacingRate(1_000_000), .userTimeout(1000)])
    #expect(refused.map(\.error.code) == [EOPNOTSUPP, EOPNOTSUPP, ENOPROTOOPT])
    #expect(try Socket.option(pair.client.number, SOL_TCP, TCP_NODELAY) == 1)
    #expect(try Socket.option(pair.client.number, SOL_TCP, TCP_KEEPIDLE) == 60)
    #expect(try Socket.option(pair.client.number, Int32(IPPROTO_IP), IP_TOS) == 0x10)
  }

  @Test func plainSocketsTakeThemAll() throws {
    let pair = try Pair(listener: .off, client: .off)
    let refused = MultipathSocket.tune(
      pair.server.number,
      [
        .noDelay(true), .urgentInline(true), .typeOfService(0x10), .pacingRate(1_000_000), .userTimeout(1000),
        .notSentLowWater(65536), .quickAcknowledgement(true), .integer(level: SOL_SOCKET, name: SO_KEEPALIVE, value: 1),
      ])
    #expect(refused.isEmpty, "\(refused)")
    #expect(MultipathSocket.tune(pair.server.number, [.congestionControl("no-such")]).map(\.error.code) == [ENOENT])
  }

  @Test(.enabled(if: Machine.hasMultipath, Machine.needsMultipath))
  func theReceiveWindowGrowsAndTheFirstByteStillWakes() throws {
    let pair = try Pair()
    let before = try Socket.option(pair.client.number, SOL_SOCKET, SO_RCVBUF)
    #expect(MultipathSocket.growReceiveWindow(pair.client.number))
    #expect(try Socket.option(pair.client.number, SOL_SOCKET, SO_RCVBUF) > before)
    #expect(try Socket.option(pair.client.number, SOL_SOCKET, SO_RCVLOWAT) == 1)
    _ = try [UInt8(1)].withUnsafeBytes { try Socket.send(pair.server.number, $0) }
    #expect(Poll.wait(pair.client.number, .readable, milliseconds: 2000))
    #expect(MultipathSocket.unreadBytes(pair.client.number) == 1)
  }

  @Test(.enabled(if: Machine.hasMultipath, Machine.needsMultipath))
  func theWindowOfThePathGrowsWithThatOfTheConnection() throws {
    let pair = try Pair(receives: true)
    try pump(from: pair.server.number, to: pair.client.number, count: 8_000_000)
    let window = try #require(try MultipathSocket.subflows(pair.client.number).first?.statistics.receiveWindow)
    // A long link is filled by no more than this: at 64 KiB to 128 KiB it is a few Mbit/s.
    #expect(window >= 1 << 20, "\(window) bytes")
  }

  @Test func plainTCPNeedsNoGrowing() throws {
    let pair = try Pair(listener: .off, client: .off)
    #expect(!MultipathSocket.growReceiveWindow(pair.client.number))
  }

  @Test(arguments: [MultipathPolicy.automatic, .off])
  func abortingResetsThePeer(policy: MultipathPolicy) throws {
    let listener = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0), policy: policy)
    let client = try connected(to: try Socket.localAddress(listener.number), policy: policy)
    let server = try accepted(listener.number)
    MultipathSocket.abort(server)
    #expect(Poll.wait(client.number, .readable, milliseconds: 2000))
    var buffer = [UInt8](repeating: 0, count: 16)
    let error = #expect(throws: SystemError.self) {
      try buffer.withUnsafeMutableBytes { try Socket.receive(client.number, into: $0) }
    }
    #expect(error?.code == ECONNRESET)
  }

  @Test func queuedBytesAreCounted() throws {
    let pair = try Pair()
    let data = [UInt8](repeating: 7, count: 5000)
    _ = try data.withUnsafeBytes { try Socket.send(pair.client.number, $0) }
    #expect(Poll.wait(pair.server.number, .readable, milliseconds: 2000))
    #expect(MultipathSocket.unreadBytes(pair.server.number) == 5000)
    let unacknowledged = try #require(MultipathSocket.unacknowledgedBytes(pair.client.number))
    #expect((0...5000).contains(unacknowledged))
    #expect(try #require(MultipathSocket.unsentBytes(pair.client.number)) <= unacknowledged)
    #expect(MultipathSocket.unsentBytes(-1) == nil)
  }
}
