// Socket pairs and files for the tests of transfers.

import Glibc
import LinuxSystem
import UnitSupport

@testable import FTPTransfer

/// A file without a name that holds `bytes`.
func temporaryFile(_ bytes: [UInt8]) throws -> Held {
  var name = Array("/tmp/weft-transfer-XXXXXX".utf8CString)
  let number = mkstemp(&name)
  guard number >= 0 else { throw SystemError(code: errno, call: "mkstemp") }
  unlink(name)
  try bytes.withUnsafeBytes { try File.write(number, $0, at: 0) }
  return Held(owning: number)
}

/// Two ends of a TCP connection over loopback; the first does not block.
func connectedPair() throws -> (near: Int32, far: Int32) {
  // Whoever embeds FTPTransfer does the same: sendfile(2) and splice(2) have no MSG_NOSIGNAL.
  signal(SIGPIPE, SIG_IGN)
  let listener = try Socket.stream(.ipv4)
  try Socket.bind(listener, to: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0), family: .ipv4)
  try Socket.listen(listener, backlog: 1)
  let far = try Socket.stream(.ipv4)
  _ = try Socket.connect(far, to: try Socket.localAddress(listener.number), family: .ipv4)
  guard Poll.wait(listener.number, .readable, milliseconds: 5000), let (near, _) = try Socket.accept(listener.number)
  else { throw SystemError(code: ETIMEDOUT, call: "accept4") }
  try Socket.setBlocking(far.number, true)
  return (near, far.release())
}

/// A data connection over an end of a pair, which it closes.
func connection(_ number: Int32) -> DataConnection {
  DataConnection(
    socket: Descriptor(owning: number), peer: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 1))
}

/// Reads to the end of file and closes.
func readAll(_ number: Int32) throws -> [UInt8] {
  let owned = Held(owning: number)
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = read(owned.number, &buffer, buffer.count)
    if count < 0 { throw SystemError(code: errno, call: "read") }
    if count == 0 { return bytes }
    bytes += buffer[..<count]
  }
}

/// Writes all and closes.
func writeAll(_ bytes: [UInt8], _ number: Int32) throws {
  let owned = Held(owning: number)
  var sent = 0
  while sent < bytes.count {
    let count = bytes.withUnsafeBytes {
      send(owned.number, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
    }
    if count <= 0 { throw SystemError(code: errno, call: "send") }
    sent += count
  }
}
