// One request to a web service, from the look-up of its name to the end of the response, in a bounded time.

import LinuxSystem
import TransportSecurity

/// Why there is no response. It begins with what the service did, or is a sentence of its own.
public struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// Requests to one web service (RFC 9110, RFC 9112). Each has a connection of its own. They block their thread.
///
/// It follows no redirection and uses no proxy: a password that is sent goes where the operator said, or nowhere.
public final class HTTPCall: Sendable {
  public let url: HTTPURL
  private let tls: TLSClientContext?
  private let fields: [String]
  private let responseLimit: Int

  /// Reads the authorities of `tls`.
  ///
  /// - Parameters:
  ///   - token: sent as `Authorization: Bearer` (RFC 6750, section 2.1); printable ASCII without blanks.
  ///   - responseLimit: a longer body is refused; bytes.
  public init(
    _ url: HTTPURL, tls options: TLSClientOptions, token: String? = nil, responseLimit: Int = 65_536
  ) throws(TLSConfigurationError) {
    self.url = url
    var options = options
    // What ALPN offers are names of FTP.
    options.protocols = []
    tls = url.isSecure ? try TLSClientContext(options) : nil
    self.responseLimit = responseLimit
    fields = token.map { ["Authorization: Bearer \($0)"] } ?? []
  }

  /// Sends `body` by POST.
  ///
  /// - Parameters:
  ///   - type: of the body, as `application/json`.
  ///   - patience: how long all of it may take. The look-up of the name has the resolver's time besides.
  public func post(_ body: [UInt8], type: String, patience: Duration) throws(HTTPError) -> HTTPResponse {
    let deadline = MonotonicTime.now.advanced(by: patience.inNanoseconds)
    let socket = try connect(until: deadline)
    var wire = Wire(socket: socket.number, deadline: deadline)
    if let tls {
      do throws(OpenSSLError) { wire.tls = try tls.control(over: socket.number, server: url.host) } catch {
        throw HTTPError("TLS cannot begin: \(error)")
      }
      try wire.handshake()
    }
    let head =
      ([
        "POST \(url.target) HTTP/1.1", "Host: \(url.authority)", "User-Agent: weftpd", "Accept: application/json",
        "Content-Type: \(type)", "Content-Length: \(body.count)", "Connection: close",
      ] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    try wire.send(Array(head.utf8) + body)
    var reader = HTTPResponseReader(bodyLimit: responseLimit)
    while let piece = try wire.receive() {
      if let response = try reader.take(piece) { return response }
    }
    guard wire.hasEndedInOrder, let response = reader.end() else { throw HTTPError("cut its response short") }
    return response
  }

  private func connect(until deadline: MonotonicTime) throws(HTTPError) -> Descriptor {
    let addresses: [IPAddress]
    switch HostLookup.addresses(of: "\(url.host)") {
    case .found(let found): addresses = found
    case .failed(let reason): throw HTTPError("the name \(url.host) cannot be looked up: \(reason)")
    }
    var last = HTTPError("has no address")
    for address in addresses {
      do throws(SystemError) {
        let socket = try Socket.stream(address.family)
        if try Socket.connect(socket, to: SocketAddress(address, port: url.port), family: address.family) {
          return socket
        }
        let left = Int32(clamping: deadline.since(.now) / 1_000_000)
        guard left > 0, Poll.wait(socket.number, .writable, milliseconds: left) else { throw HTTPCall.timedOut }
        if let error = Socket.pendingError(socket.number) { throw error }
        return socket
      } catch {
        last = HTTPError("\(SocketAddress(address, port: url.port)) cannot be reached: \(error.reason)")
      }
    }
    throw last
  }

  private static let timedOut = SystemError(code: 110, call: "connect")
}

/// The connection, in clear or under TLS, with its end in time.
private struct Wire {
  let socket: Int32
  let deadline: MonotonicTime
  var tls: TLSConnection?
  /// Whether the other end has said that it sends no more; without TLS nobody can forge that on loopback.
  private(set) var hasEndedInOrder = false

  init(socket: Int32, deadline: MonotonicTime) {
    self.socket = socket
    self.deadline = deadline
  }

  private func wait(_ readiness: Readiness) throws(HTTPError) {
    let left = Int32(clamping: deadline.since(.now) / 1_000_000)
    guard left > 0, Poll.wait(socket, readiness, milliseconds: left) else { throw HTTPError("gave no answer in time") }
  }

  func handshake() throws(HTTPError) {
    guard let tls else { return }
    while true {
      do throws(TLSError) {
        guard case .wants(let readiness) = try tls.handshake() else { return }
        do throws(HTTPError) { try wait(readiness) } catch { throw .ended }
      } catch {
        throw HTTPError(deadline.since(.now) <= 0 ? "gave no answer in time" : "TLS has failed: \(error)")
      }
    }
  }

  func send(_ bytes: [UInt8]) throws(HTTPError) {
    var sent = 0
    while sent < bytes.count {
      let progress: Progress
      do {
        progress = try bytes.withUnsafeBytes { buffer in
          let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
          return if let tls { try tls.write(rest) } else { try Socket.send(socket, rest) }
        }
      } catch {
        throw HTTPError("took no request: \(error)")
      }
      switch progress {
      case .moved(let count): sent += count
      case .wouldBlock: try wait([.readable, .writable])
      }
    }
  }

  /// The next bytes; nil at the end.
  mutating func receive() throws(HTTPError) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      if let tls {
        let received: TLSConnection.Received
        do { received = try buffer.withUnsafeMutableBytes { try tls.read(into: $0) } } catch {
          throw HTTPError("broke the connection: \(error)")
        }
        switch received {
        case .moved(let count): return Array(buffer[..<count])
        case .wants(let readiness): try wait(readiness)
        case .ended:
          hasEndedInOrder = tls.peerEnd == .closed
          return nil
        }
      } else {
        let received: Progress
        do { received = try buffer.withUnsafeMutableBytes { try Socket.receive(socket, into: $0) } } catch {
          throw HTTPError("broke the connection: \(error)")
        }
        switch received {
        case .moved(0):
          hasEndedInOrder = true
          return nil
        case .moved(let count): return Array(buffer[..<count])
        case .wouldBlock: try wait(.readable)
        }
      }
    }
  }
}
