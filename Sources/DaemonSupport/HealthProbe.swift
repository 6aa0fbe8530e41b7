// Knocks at an FTP server: connects, begins TLS if the listener is implicit, waits for its 220, says QUIT.

import Glibc
import LinuxSystem
import TransportSecurity

/// One look at whether a server serves.
public struct HealthProbe: Sendable {
  /// Why the server does not seem to serve.
  public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
  }

  private let target: SocketAddress
  private let isImplicit: Bool
  private let deadline: MonotonicTime

  /// - Parameters:
  ///   - isImplicit: whether TLS begins the connection, as at an `ftps://` listener. Any certificate will do: the question is whether
  ///     this host's server serves, and a certificate is for the name that clients use.
  ///   - limit: How long all of it may take.
  public init(_ target: SocketAddress, isImplicit: Bool = false, within limit: Duration) {
    self.target = target
    self.isImplicit = isImplicit
    deadline = MonotonicTime.now.advanced(by: limit.inNanoseconds)
  }

  /// Returns when the server has greeted with 220 (RFC 959, 5.4).
  public func run() throws(Failure) {
    let greeting: [UInt8]
    do {
      let socket = try connect()
      let tls = try isImplicit ? secure(socket.number) : nil
      greeting = try line(socket.number, tls)
      try Array("QUIT\r\n".utf8).withUnsafeBytes { bytes in
        if let tls { _ = try tls.write(bytes) } else { _ = try Socket.send(socket.number, bytes) }
      }
      // Wait for the answer, so that the server sees an orderly end and no reset.
      _ = try? line(socket.number, tls)
      _ = try? tls?.close()
    } catch let error as SystemError {
      throw Failure(description: error.reason)
    } catch {
      throw Failure(description: "\(error)")
    }
    if greeting.starts(with: Array("220".utf8)) { return }
    let shown = String(decoding: greeting.prefix(80), as: UTF8.self)
    throw Failure(
      description: greeting.isEmpty ? "it closed the connection without a greeting" : "expected 220, got '\(shown)'")
  }

  private func connect() throws(SystemError) -> Descriptor {
    let socket = try Socket.stream(target.address.family)
    if try Socket.connect(socket, to: target, family: target.address.family) { return socket }
    try wait(socket.number, .writable, "connect")
    if let error = Socket.pendingError(socket.number) { throw error }
    return socket
  }

  /// Shakes hands as a client.
  private func secure(_ socket: Int32) throws -> TLSConnection {
    var options = TLSClientOptions()
    options.trust = .insecureAcceptAnyCertificate
    let tls = try TLSClientContext(options).control(over: socket, server: .address(target.address))
    while case .wants(let readiness) = try tls.handshake() { try wait(socket, readiness, "connect") }
    return tls
  }

  /// Reads until a line feed, the end of the connection or 4096 bytes, and returns what came before the first line end.
  private func line(_ socket: Int32, _ tls: TLSConnection?) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < 4096 {
      var room: [UInt8] = [UInt8](repeating: 0, count: 512)
      let count = try room.withUnsafeMutableBytes { try receive(socket, tls, into: $0) }
      bytes += room[..<count]
      if count == 0 || bytes.contains(0x0A) { break }
    }
    return Array(bytes.prefix { $0 != 0x0A && $0 != 0x0D })
  }

  /// Waits for bytes; 0 at the end of the connection.
  private func receive(_ socket: Int32, _ tls: TLSConnection?, into room: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      guard let tls else {
        try wait(socket, .readable, "recv")
        if case .moved(let count) = try Socket.receive(socket, into: room) { return count }
        continue
      }
      switch try tls.read(into: room) {
      case .moved(let count): return count
      case .ended: return 0
      case .wants(let readiness): try wait(socket, readiness, "recv")
      }
    }
  }

  private func wait(_ socket: Int32, _ interest: Readiness, _ call: StaticString) throws(SystemError) {
    let left = deadline.since(.now) / 1_000_000
    guard left > 0, Poll.wait(socket, interest, milliseconds: Int32(clamping: left)) else {
      throw SystemError(code: ETIMEDOUT, call: call)
    }
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
