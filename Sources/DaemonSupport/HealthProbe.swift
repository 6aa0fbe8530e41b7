// Knocks at an FTP server: connects, waits for its 220, says QUIT.

import Glibc
import LinuxSystem

/// One look at whether a server serves.
public struct HealthProbe: Sendable {
  /// Why the server does not seem to serve.
  public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
  }

  private let target: SocketAddress
  private let deadline: MonotonicTime

  /// - Parameter limit: How long all of it may take.
  public init(_ target: SocketAddress, within limit: Duration) {
    self.target = target
    deadline = MonotonicTime.now.advanced(by: limit.inNanoseconds)
  }

  /// Returns when the server has greeted with 220 (RFC 959, 5.4).
  public func run() throws(Failure) {
    let greeting: [UInt8]
    do throws(SystemError) {
      let socket = try connect()
      greeting = try line(socket.number)
      try Array("QUIT\r\n".utf8).withUnsafeBufferPointer { (bytes) throws(SystemError) in
        _ = try Socket.send(socket.number, UnsafeRawBufferPointer(bytes))
      }
      // Wait for the answer, so that the server sees an orderly end and no reset.
      _ = try? line(socket.number)
    } catch {
      throw Failure(description: error.reason)
    }
    if greeting.starts(with: Array("220".utf8)) { return }
    let shown = String(decoding: greeting.prefix(80), as: UTF8.self)
    throw Failure(
      description: greeting.isEmpty ? "it closed the connection without a greeting" : "expected 220, got '\(shown)'")
  }

  private func connect() throws(SystemError) -> Descriptor {
    let socket = try Socket.stream(target.address.family)
    if try Socket.connect(socket, to: target, family: target.address.family) { return socket }
    guard wait(socket.number, .writable) else { throw SystemError(code: ETIMEDOUT, call: "connect") }
    if let error = Socket.pendingError(socket.number) { throw error }
    return socket
  }

  /// Reads until a line feed, the end of the connection or 4096 bytes, and returns what came before the first line end.
  private func line(_ socket: Int32) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < 4096 {
      guard wait(socket, .readable) else { throw SystemError(code: ETIMEDOUT, call: "recv") }
      var room: [UInt8] = [UInt8](repeating: 0, count: 512)
      let progress = try room.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
        try Socket.receive(socket, into: UnsafeMutableRawBufferPointer(buffer))
      }
      guard case .moved(let count) = progress else { continue }
      bytes += room[..<count]
      if count == 0 || bytes.contains(0x0A) { break }
    }
    return Array(bytes.prefix { $0 != 0x0A && $0 != 0x0D })
  }

  private func wait(_ socket: Int32, _ interest: Readiness) -> Bool {
    let left = deadline.since(.now) / 1_000_000
    return left > 0 && Poll.wait(socket, interest, milliseconds: Int32(clamping: left))
  }
}

extension SocketAddress {
  /// The address that reaches a listener of this address from the same machine: for a wildcard, the loopback address.
  public var reachable: SocketAddress {
    guard address.isWildcard else { return self }
    let loopback = address.family == .ipv4 ? IPAddress("127.0.0.1") : IPAddress("::1")
    return SocketAddress(loopback ?? address, port: port)
  }
}
