// How a session begins: the name becomes an address, the address a connection, the connection perhaps a protected one.

import Dispatch
import FTPProtocol
import Glibc
import LinuxSystem
import MultipathTCP
import Reactor
import Synchronization
import TransportSecurity

extension ClientSession {
  /// Connects to a server, takes its greeting and begins TLS as ``ClientOptions/security`` wants it. ``login(_:)`` follows.
  ///
  /// All addresses of a name are tried, one after the other, over multipath TCP where this host and the server have it.
  ///
  /// - Parameters:
  ///   - host: a name or an address.
  ///   - port: nil: 21, with implicit TLS 990.
  /// - Throws: ``ClientError``; its ``ClientError/retry`` says whether another try makes sense.
  public static func connect(
    to host: String, port: UInt16? = nil, options: ClientOptions = ClientOptions(), runtime: ClientRuntime
  ) async throws(ClientError) -> ClientSession {
    let security = try options.security == .off ? nil : context(options)
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.connect.inNanoseconds)
    let parking = Parking(runtime.reactor)
    let control: ControlConnection
    do throws(ClientError) {
      let connector = ControlConnector(options: options, parking: parking, deadline: deadline)
      let port = port ?? (options.security == .implicit ? 990 : 21)
      let (first, firstPort) = options.proxy.map { ($0.host, $0.port) } ?? (host, port)
      if let passedOn = options.passedOn, let socket = passedOn.socket {
        control = try connector.connect(by: socket, passedOn)
      } else {
        let addresses = try await HostAddresses.find(first, until: deadline, parking)
        control = try await connector.connect(to: addresses.map { SocketAddress($0, port: firstPort) }, host: first)
      }
      if let proxy = options.proxy {
        try await proxy.tunnel(over: control.number, to: host, port: port) { (interest) throws(ClientError) in
          try await connector.wait(for: control.number, interest, "\(proxy) did not answer in time", until: deadline)
        }
      }
    } catch {
      parking.retire()
      throw error
    }
    let session = ClientSession(
      control, host: host, options: options, security: security, parking: parking, runtime: runtime)
    do throws(ClientError) { try await session.begin() } catch {
      await session.fail(error)
      throw error
    }
    return session
  }

  private static func context(_ options: ClientOptions) throws(ClientError) -> TLSClientContext {
    do throws(TLSConfigurationError) { return try TLSClientContext(options.tls) } catch {
      throw ClientError(.usage, "TLS cannot be set up: \(error)", cause: error)
    }
  }

  /// Greeting and TLS.
  private func begin() async throws(ClientError) {
    if options.security == .implicit { try await secure() }
    var greeting = try await nextReply()
    // 120: ready in so many minutes.
    while greeting.kind == .preliminary { greeting = try await nextReply() }
    guard greeting.kind == .completion else { throw .refusal(greeting, of: "the session") }
    welcome = [greeting]
    // Both know nothing of Telnet (RFC 854) in names: of two bytes 0xFF they keep two.
    let words = String(decoding: greeting.lines.joined(), as: UTF8.self).lowercased()
    if words.contains("vsftpd") || words.contains("pure-ftpd") { doublesEscape = false }
    if options.security == .required || options.security == .ifOffered { try await authenticate() }
  }

  /// AUTH TLS (RFC 4217, section 4).
  private func authenticate() async throws(ClientError) {
    let reply = try await exchange(Command(verb: "AUTH", argument: Array("TLS".utf8)))
    guard reply.code == 234 else {
      if options.security == .ifOffered, reply.kind == .permanentError || reply.kind == .transientError { return }
      throw ClientError(.unprotected, "the server offers no TLS", reply: reply)
    }
    guard !control.discardInput() else {
      throw ClientError(
        .protocolViolation, "bytes in clear came where TLS should begin: somebody may have put them there")
    }
    try await secure()
  }

  private func secure() async throws(ClientError) {
    guard let security, let name = TLSServerName(host) else {
      throw ClientError(.usage, "\(host) is no name that a certificate could be for")
    }
    let connection: TLSConnection
    do throws(OpenSSLError) { connection = try security.control(over: control.number, server: name) } catch {
      throw ClientError(.tls, "TLS cannot begin: \(error)", cause: error)
    }
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.connect.inNanoseconds)
    while case .wants(let readiness) = try control.handshake(connection) {
      _ = await park(control.number, readiness, until: deadline)
      if isCancelled { throw ClientError(.cancelled, "the task was cancelled") }
      if MonotonicTime.now >= deadline { throw ClientError(.timedOut, "TLS did not come about in time") }
    }
  }
}

/// Names become addresses on another thread: the name service blocks.
enum HostAddresses {
  private final class Box: Sendable {
    let answer = Mutex<HostLookup.Answer?>(nil)
  }

  static func find(
    _ host: String, until deadline: MonotonicTime, _ parking: Parking
  ) async throws(ClientError) -> [IPAddress] {
    if let address = IPAddress(host) { return [address] }
    let box = Box()
    DispatchQueue.global().async {
      let answer = HostLookup.addresses(of: host)
      box.answer.withLock { $0 = answer }
      parking.wake()
    }
    while true {
      switch box.answer.withLock({ $0 }) {
      case .found(let addresses)?: return addresses
      case .failed(let reason)?: throw ClientError(.hostUnknown, "\(RemotePath(host)): \(reason)")
      case nil: break
      }
      if Task.isCancelled { throw ClientError(.cancelled, "the task was cancelled") }
      if MonotonicTime.now >= deadline {
        throw ClientError(.timedOut, "the name service has no answer for \(RemotePath(host)) yet")
      }
      _ = await withTaskCancellationHandler {
        await parking.sleep(until: deadline)
      } onCancel: {
        parking.wake()
      }
    }
  }
}

/// Connects to the first of several addresses that answers.
struct ControlConnector {
  let options: ClientOptions
  let parking: Parking
  let deadline: MonotonicTime

  func connect(to addresses: [SocketAddress], host: String) async throws(ClientError) -> ControlConnection {
    var last: ClientError?
    for (index, address) in addresses.enumerated() {
      // No address may use up the time of those behind it.
      let now = MonotonicTime.now
      let share = max(0, deadline.since(now)) / Int64(addresses.count - index)
      do throws(ClientError) { return try await connect(to: address, until: now.advanced(by: share)) } catch {
        if error.code == .cancelled { throw error }
        last = error
      }
    }
    throw last ?? ClientError(.hostUnknown, "\(RemotePath(host)) has no address")
  }

  /// Connects by a server's Unix socket, which never has to be waited for.
  func connect(by path: String, _ passedOn: PassedOn) throws(ClientError) -> ControlConnection {
    guard options.proxy == nil else { throw ClientError(.usage, "a Unix socket cannot be reached through a proxy") }
    let socket: Descriptor
    do throws(SystemError) { socket = try LocalSocket.connect(.stream, to: path, blocking: false) } catch {
      throw ClientError(.connectFailed, "no connection to \(path): \(error.reason)", cause: error)
    }
    let control = ControlConnection(socket: socket, peer: PassedOn.nearby, unavailability: .notRequested)
    control.queue(passedOn.header(to: PassedOn.nearby))
    try control.flush()
    return control
  }

  private func connect(
    to address: SocketAddress, until deadline: MonotonicTime
  ) async throws(ClientError) -> ControlConnection {
    let made: MadeSocket
    do throws(MultipathError) {
      let source = options.passedOn?.source.map { SocketAddress($0, port: 0) }
      made = try MultipathSocket.connect(to: address, from: source, policy: options.multipath.reaching(address))
    } catch {
      throw ClientError(.connectFailed, "no connection to \(address): \(error)", cause: error)
    }
    let why = made.unavailability
    let isConnected = made.isConnected
    let socket = made.takeDescriptor()
    if !isConnected { try await finish(socket.number, address, deadline) }
    if options.multipath == .required, MultipathSocket.negotiated(socket.number) != .multipath {
      throw ClientError(.connectFailed, "\(address) does not speak multipath TCP")
    }
    let control = ControlConnection(socket: socket, peer: address, unavailability: why)
    if let passedOn = options.passedOn {
      control.queue(passedOn.header(to: address))
      try control.flush()
    }
    return control
  }

  /// Waits until a socket is ready.
  func wait(
    for socket: Int32, _ interest: Readiness, _ complaint: String, until deadline: MonotonicTime
  ) async throws(ClientError) {
    while !Poll.wait(socket, interest, milliseconds: 2) {
      if Task.isCancelled { throw ClientError(.cancelled, "the task was cancelled") }
      if MonotonicTime.now >= deadline { throw ClientError(.connectFailed, complaint) }
      let parking = parking
      _ = await withTaskCancellationHandler {
        await parking.wait(socket, interest, until: deadline)
      } onCancel: {
        parking.wake()
      }
    }
  }

  private func finish(
    _ socket: Int32, _ address: SocketAddress, _ deadline: MonotonicTime
  ) async throws(ClientError) {
    try await wait(for: socket, .writable, "\(address) did not answer in time", until: deadline)
    if let error = Socket.pendingError(socket) {
      throw ClientError(.connectFailed, "no connection to \(address): \(error.reason)", cause: error)
    }
  }
}

extension MultipathPolicy {
  /// What `automatic` comes to for a peer: within one host there is never a second path, and multipath TCP costs twice the CPU of TCP.
  func reaching(_ peer: SocketAddress) -> MultipathPolicy {
    self == .automatic && peer.address.isLoopback ? .off : self
  }
}
