// Makes a session's data connections, passive or active, and keeps to the peer policy.

import FTPProtocol
import Glibc
import LinuxSystem
import Logging
import MultipathTCP
import Reactor

extension Session {
  /// Whether the session's data connections are to be multipath: they follow the control connection. Where that is kept plain for the
  /// sake of a NAT that rewrites it, the kernel decides.
  private var dataPolicy: MultipathPolicy {
    let multipath = configuration.multipath
    guard multipath.data == .automatic else { return multipath.data }
    return control.isMultipath || multipath.control == .off ? .automatic : .off
  }

  /// Gets a listener for PASV or EPSV. There is one at a time: an earlier one is given up.
  func openPassivePort() throws(FTPError) -> PassiveListener {
    discardDataPort()
    control.offerTicket()
    let expires = MonotonicTime.now.advanced(by: configuration.timeouts.dataConnect.inNanoseconds)
    let local: IPAddress
    do { local = try control.localAddress().address } catch { throw .controlConnectionLost }
    do throws(MultipathError) {
      let policy = dataPolicy
      let address = policy == .off ? local : local.family.wildcard
      let range = configuration.passivePorts
      let ports = context.passivePorts
      let listener: PassiveListener
      if mayKeepPorts, let own = kept.take(on: address, ports: range, policy: policy, expires: expires, ports) {
        listener = own
      } else {
        listener = try openListener(address, range, policy, expires)
      }
      dataPort = .passive(listener)
      return listener
    } catch {
      context.logger.event(.error, "no passive port: \(error)", record(result: 425))
      throw .noDataConnection(
        error.errno == EADDRINUSE
          ? "No passive port is free. Try again later." : "Cannot open a passive port: \(error).")
    }
  }

  private func openListener(
    _ address: IPAddress, _ range: ClosedRange<UInt16>?, _ policy: MultipathPolicy, _ expires: MonotonicTime
  ) throws(MultipathError) -> PassiveListener {
    do {
      return try context.passivePorts.open(on: address, ports: range, policy: policy, expires: expires)
    } catch  where error.errno == EADDRINUSE {
      // A narrow range: what this session keeps may be all there is.
      kept.closeAll(context.passivePorts)
      return try context.passivePorts.open(on: address, ports: range, policy: policy, expires: expires)
    }
  }

  /// Forgets PASV or PORT; a listener that was waiting is closed.
  ///
  /// - Parameter keepingOpen: a data connection that stays open between files still does.
  func discardDataPort(keepingOpen: Bool = false) {
    if !keepingOpen { closeKeptData() }
    if case .passive(let listener) = dataPort { context.passivePorts.giveUp(listener) }
    dataPort = .none
  }

  /// The passive data connection if the client has made it already; no waiting.
  func acceptDataConnectionNow() throws(FTPError) -> DataConnection? {
    guard case .passive(let listener) = dataPort else { return nil }
    while let (number, peer) = try accept(listener) {
      let socket = Descriptor(owning: number)
      if control.peerPolicy.admits(peer.address) { return try adopt(socket, peer, from: listener) }
      context.logger.event(
        .warning, "refused a data connection from \(peer.address), which is not the client's", record())
    }
    return nil
  }

  private func accept(_ listener: PassiveListener) throws(FTPError) -> (number: Int32, peer: SocketAddress)? {
    do { return try Socket.accept(listener.number) } catch {
      discardDataPort()
      throw .noDataConnection("Cannot accept the data connection: \(error.reason).")
    }
  }

  private func adopt(
    _ socket: consuming Descriptor, _ peer: SocketAddress, from listener: PassiveListener
  ) throws(FTPError) -> DataConnection {
    dataPort = .none
    let isMultipath = listener.isMultipath && MultipathSocket.negotiated(socket.number) == .multipath
    if !isMultipath {
      // Without the proof of TLS that it is the client's own connection, a port that served once is not trusted again.
      if mayKeepPorts { kept.keep(listener, context.passivePorts) } else { context.passivePorts.giveUp(listener) }
      if listener.policy == .required { throw Self.multipathRequired }
    }
    let connection = DataConnection(
      socket: socket, peer: peer, isMultipath: isMultipath, isReported: listener.policy != .off,
      listener: isMultipath ? listener : nil)
    data = connection
    return connection
  }

  private static let multipathRequired = FTPError.noDataConnection(
    "Multipath TCP is required here (mptcp.data), and this data connection has none.")

  /// Waits for the client's passive connection, or connects to the client. 150 has been sent.
  func awaitDataConnection() async throws(FTPError) -> DataConnection {
    let deadline = MonotonicTime.now.advanced(by: configuration.timeouts.dataConnect.inNanoseconds)
    switch dataPort {
    case .none: throw .noDataConnection("Use PASV, EPSV, PORT or EPRT first.")
    case .passive(let listener):
      while true {
        if let connection = try acceptDataConnectionNow() { return connection }
        do {
          try await waitForData(listener.number, .readable, deadline: deadline)
        } catch {
          discardDataPort()
          guard case .broken(.stalled) = error else { throw error }
          throw .noDataConnection("No data connection came to the passive port in time.")
        }
      }
    case .active(let target):
      dataPort = .none
      return try await connect(to: target, deadline: deadline)
    }
  }

  private func connect(to target: SocketAddress, deadline: MonotonicTime) async throws(FTPError) -> DataConnection {
    // From the address the client knows us by, or its firewall will not let us in.
    let local = (try? control.localAddress().address).flatMap { $0.family == target.address.family ? $0 : nil }
    let policy = dataPolicy
    // RFC 959, section 3.2: the server's data port is the one next to the control port (20), and many connections share it.
    let port = configuration.activeSourcePort
    let source = local ?? (port > 0 ? target.address.family.wildcard : nil)
    let made: MadeSocket
    do throws(MultipathError) {
      made = try MultipathSocket.connect(
        to: target, from: source.map { SocketAddress($0, port: port) }, policy: policy,
        receives: transfer?.direction == .upload, reuseAddress: port > 0)
    } catch {
      if case .system(let cause) = error { throw .noDataConnection("Cannot connect to \(target): \(cause.reason).") }
      throw .noDataConnection("Cannot connect to \(target): \(error).")
    }
    let isWanted = made.kind == .multipath
    let isConnected = made.isConnected
    let socket = made.takeDescriptor()
    if !isConnected { try await finishConnecting(socket.number, target, deadline) }
    let isMultipath = isWanted && MultipathSocket.negotiated(socket.number) == .multipath
    if policy == .required, !isMultipath { throw Self.multipathRequired }
    let connection = DataConnection(socket: socket, peer: target, isMultipath: isMultipath, isReported: policy != .off)
    data = connection
    return connection
  }

  private func finishConnecting(
    _ socket: Int32, _ target: SocketAddress, _ deadline: MonotonicTime
  ) async throws(FTPError) {
    do throws(FTPError) {
      try await waitForData(socket, .writable, deadline: deadline)
    } catch {
      guard case .broken(.stalled) = error else { throw error }
      throw .noDataConnection("Connecting to \(target) timed out.")
    }
    if let error = Socket.pendingError(socket) {
      throw .noDataConnection("Cannot connect to \(target): \(error.reason).")
    }
  }
}
