// Two connected TCP sockets on this machine.

import Glibc
import Testing

@testable import LinuxSystem

/// A listener with a client that it has accepted. Each is closed when it is set to nil.
final class LoopbackPair {
  var listener: Descriptor?
  var client: Descriptor?
  var server: Descriptor?
  let listenerNumber: Int32
  let clientNumber: Int32
  let serverNumber: Int32
  /// Who the server thinks the client is.
  let peer: SocketAddress
  let local: SocketAddress

  init(_ address: IPAddress = IPAddress(ipv4: 0x7F00_0001)) throws {
    let family = address.family
    let listener = try Socket.stream(family)
    try Socket.bind(listener, to: SocketAddress(address, port: 0), family: family)
    try Socket.listen(listener, backlog: 4)
    local = try Socket.localAddress(listener.number)
    let client = try Socket.stream(family)
    _ = try Socket.connect(client, to: local, family: family)
    listenerNumber = listener.number
    clientNumber = client.number
    #expect(Poll.wait(listenerNumber, .readable, milliseconds: 10_000))
    let (number, peer) = try #require(try Socket.accept(listenerNumber))
    #expect(Poll.wait(clientNumber, .writable, milliseconds: 10_000))
    self.peer = peer
    serverNumber = number
    self.listener = consume listener
    self.client = consume client
    server = Descriptor(owning: number)
  }
}

/// Sends `bytes`, which fit into the socket's buffer.
func send(_ socket: Int32, _ bytes: [UInt8]) throws -> Progress {
  try bytes.withUnsafeBytes { try Socket.send(socket, $0) }
}

/// Receives at most `count` bytes; nil when there are none now.
func receive(_ socket: Int32, count: Int = 65536) throws -> [UInt8]? {
  var buffer = [UInt8](repeating: 0, count: count)
  let progress = try buffer.withUnsafeMutableBytes { try Socket.receive(socket, into: $0) }
  guard case .moved(let moved) = progress else { return nil }
  return Array(buffer[..<moved])
}

/// Receives until the peer's end of file, waiting for each piece.
func receiveAll(_ socket: Int32) throws -> [UInt8] {
  var result: [UInt8] = []
  while true {
    #expect(Poll.wait(socket, .readable, milliseconds: 10_000))
    guard let piece = try receive(socket) else { continue }
    if piece.isEmpty { return result }
    result += piece
  }
}
