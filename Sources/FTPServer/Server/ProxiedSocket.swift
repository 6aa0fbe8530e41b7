// A connection from a balancer until its PROXY header is there.

import FTPProtocol
import LinuxSystem

/// An accepted socket whose header is being read. It belongs to one session or introduction at a time.
final class ProxiedSocket {
  /// How far it is.
  enum Outcome {
    /// The header is not whole yet.
    case waiting
    /// Whose connection it is, and where that client connected to; nil where the connection's own addresses count.
    case introduced(client: SocketAddress, server: SocketAddress?)
    /// There will be no header; why, for the log.
    case failed(String)
  }

  private(set) var number: Int32
  /// The balancer.
  let peer: SocketAddress
  let deadline: MonotonicTime
  private var reader = ProxyHeaderReader()

  init(owning number: Int32, from peer: SocketAddress, within timeout: Duration) {
    self.number = number
    self.peer = peer
    deadline = MonotonicTime.now.advanced(by: timeout.inNanoseconds)
  }

  deinit { if number >= 0 { _ = Descriptor(owning: number) } }

  /// Gives up the socket, which is the caller's to close from then on.
  func release() -> Int32 {
    defer { number = -1 }
    return number
  }

  /// Reads what has come of the header, and nothing behind it.
  func advance(at now: MonotonicTime = .now) -> Outcome {
    do throws(SystemError) {
      while true {
        let (isOver, isMore) = try takeSome()
        switch reader.progress {
        case .complete(let header): return Self.outcome(header, peer)
        case .malformed(let error): return .failed("\(error)")
        case .needsMore: break
        }
        if isOver { return .failed("the connection ended before the PROXY header did") }
        if !isMore { return now >= deadline ? .failed("the PROXY header did not come in time") : .waiting }
      }
    } catch {
      return .failed("\(error)")
    }
  }

  /// Looks at what is there and takes of it what belongs to the header.
  private func takeSome() throws(SystemError) -> (isOver: Bool, isMore: Bool) {
    try withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 16) { (buffer) throws(SystemError) in
      switch try Socket.peek(number, into: buffer) {
      case .wouldBlock: return (false, false)
      case .moved(0): return (true, false)
      case .moved(let count):
        let taken = reader.take(buffer[..<count])
        _ = try Socket.receive(number, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<taken]))
        return (false, true)
      }
    }
  }

  private static func outcome(_ header: ProxyHeader, _ peer: SocketAddress) -> Outcome {
    guard case .proxied(let client, let server) = header else { return .introduced(client: peer, server: nil) }
    guard let address = IPAddress(octets: client.octets), !address.isWildcard, !address.isMulticastOrBroadcast else {
      return .failed("the PROXY header names a client that cannot be")
    }
    return .introduced(
      client: SocketAddress(address, port: client.port),
      server: IPAddress(octets: server.octets).map { SocketAddress($0, port: server.port) })
  }
}
