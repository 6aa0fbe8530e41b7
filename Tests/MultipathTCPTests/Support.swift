// What these tests share: bytes from hexadecimal text, connected pairs of sockets, data pumped through them.

import Glibc
import LinuxSystem
import MultipathTCP
import NetworkSupport
import TestSupport

/// Bytes written as hexadecimal text.
func bytes(_ hex: String) -> [UInt8] {
  let digits = hex.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

let loopback = IPAddress(ipv4: 0x7F00_0001)

/// Two ends of a connection.
struct Pair: ~Copyable {
  let client: Descriptor
  let server: Descriptor
  /// The listener stays open: further paths need it.
  let listener: Descriptor

  /// Connects a client of one policy to a listener of another.
  init(
    listener listening: MultipathPolicy = .automatic, client connecting: MultipathPolicy = .automatic,
    on address: IPAddress = loopback, dualStack: Bool = false, to target: IPAddress? = nil, receives: Bool = false
  ) throws {
    let made = try MultipathSocket.listen(
      on: SocketAddress(address, port: 0), policy: listening, dualStack: dualStack)
    let listener = made.takeDescriptor()
    let port = try Socket.localAddress(listener.number).port
    let client = try connected(
      to: SocketAddress(target ?? address, port: port), policy: connecting, receives: receives)
    server = try accepted(listener.number)
    self.listener = listener
    self.client = client
  }
}

/// Sends `count` bytes of a pattern from one socket while receiving them at another, and checks every byte.
func pump(from source: Int32, to target: Int32, count: Int) throws {
  let chunk = 256 * 1024
  let period = 251
  let pattern = (0..<(chunk + period)).map { UInt8($0 % period) }
  var incoming = [UInt8](repeating: 0, count: chunk)
  var sent = 0
  var received = 0
  while received < count {
    var moved = false
    if sent < count {
      let length = min(chunk, count - sent)
      let progress = try pattern.withUnsafeBytes {
        try Socket.send(source, UnsafeRawBufferPointer(rebasing: $0[(sent % period)..<(sent % period + length)]))
      }
      if case .moved(let bytes) = progress {
        sent += bytes
        moved = true
      }
    }
    let progress = try incoming.withUnsafeMutableBytes { try Socket.receive(target, into: $0) }
    if case .moved(let bytes) = progress {
      if bytes == 0 { throw TestFailure("end of file after \(received) bytes") }
      let start = received % period
      let equal = incoming.withUnsafeBytes { a in
        pattern.withUnsafeBytes { b in
          guard let got = a.baseAddress, let wanted = b.baseAddress else { return false }
          return memcmp(got, wanted + start, bytes) == 0
        }
      }
      if !equal { throw TestFailure("wrong bytes after \(received)") }
      received += bytes
      moved = true
    }
    if !moved {
      let ready = Poll.wait(
        target, .readable, sent < count ? source : -1, .writable, milliseconds: 10_000)
      if !ready.first, !ready.second { throw TestFailure("silence after \(received) bytes") }
    }
  }
}
