// Tests of SocketOwner.swift: whose the other end of a connection is, and when nobody's.

import Glibc
import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite struct SocketOwnerTests {
  /// struct inet_diag_msg of a socket that is connected to port 21.
  private func answer(port: UInt16 = 21, user: UInt32, inode: UInt32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 72)
    func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
      withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<(offset + $0.count), with: $0) }
    }
    put(port.bigEndian, at: 6)
    put(user, at: 64)
    put(inode, at: 68)
    return bytes
  }

  private func read(_ bytes: [UInt8]) -> UInt32? {
    bytes.withUnsafeBytes { SocketOwner.read($0, connectedTo: 21) }
  }

  @Test func theAnswerNamesTheUser() {
    #expect(read(answer(user: 998, inode: 7)) == 998)
    #expect(read(answer(user: 0, inode: 7)) == 0)
  }

  @Test func whatNobodyHasIsNotRoots() {
    #expect(read(answer(user: 0, inode: 0)) == nil)
    // A listener, or a connection to somewhere else.
    #expect(read(answer(port: 0, user: 998, inode: 7)) == nil)
    #expect(read(answer(port: 22, user: 998, inode: 7)) == nil)
    #expect(read(Array(answer(user: 998, inode: 7).dropLast())) == nil)
    #expect(read([]) == nil)
  }

  @Test(.enabled(if: SocketOwner.fault == nil, "the kernel has no socket diagnosis"))
  func aConnectionOfThisProcess() throws {
    for policy in [MultipathPolicy.off, .automatic] {
      let listener = try MultipathSocket.listen(
        on: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0), policy: policy)
      let there = try Socket.localAddress(listener.number)
      for other in [MultipathPolicy.off, .automatic] {
        let client = try MultipathSocket.connect(to: there, policy: other)
        #expect(Poll.wait(listener.number, .readable, milliseconds: 10_000))
        let (number, peer) = try #require(try Socket.accept(listener.number))
        let accepted = Descriptor(owning: number)
        let local = try Socket.localAddress(accepted.number)
        #expect(try SocketOwner.user(of: peer, connectedTo: local) == geteuid(), "\(policy), \(other)")
        // Not one that goes somewhere else, and not the listener.
        let elsewhere = SocketAddress(local.address, port: local.port ^ 1)
        #expect(try SocketOwner.user(of: peer, connectedTo: elsewhere) == nil)
        #expect(try SocketOwner.user(of: local, connectedTo: elsewhere) == nil)
        withExtendedLifetime(client.number) {}
      }
    }
  }

  /// The kernel says 0 of the rest of a connection, which is root's number, too: what somebody has left there is not root's.
  @Test(.enabled(if: SocketOwner.fault == nil, "the kernel has no socket diagnosis"))
  func aConnectionThatIsClosed() throws {
    let listener = try MultipathSocket.listen(on: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0), policy: .off)
    var client: MadeSocket? = try MultipathSocket.connect(to: try Socket.localAddress(listener.number), policy: .off)
    _ = try [UInt8](repeating: 0x61, count: 100).withUnsafeBytes { try Socket.send(client?.number ?? -1, $0) }
    #expect(Poll.wait(listener.number, .readable, milliseconds: 10_000))
    let (number, peer) = try #require(try Socket.accept(listener.number))
    let accepted = Descriptor(owning: number)
    client = nil
    #expect(try SocketOwner.user(of: peer, connectedTo: try Socket.localAddress(accepted.number)) == nil)
  }
}
