// A session's data connections: the port that was asked for, the connection that is open, and those kept for the next transfer.

import FTPProtocol
import FTPTransfer
import Glibc
import LinuxSystem
import MultipathTCP

/// Makes the data connections of one session, passive or active; touched on that session's queue only.
///
/// Modes B and C leave a connection open for the next file; ``KeptListeners`` spares making listeners anew.
final class DataChannelFactory {
  /// Where the next data connection comes from.
  enum Port {
    /// Neither PASV nor PORT was given since the last transfer.
    case none
    case passive(PassiveListener)
    case active(SocketAddress)
  }

  private let control: ControlConnection
  /// By reference: a copy of the settings would be the largest part of an idle session.
  private let snapshot: ServerContext.Snapshot
  private let ports: PassivePorts
  private(set) var port = Port.none
  /// The data connection of the transfer that runs.
  private(set) var current: DataConnection?
  /// A data connection that modes B and C have left open.
  private(set) var idle: IdleDataConnection?
  /// A data connection that came before its transfer command.
  var early: EarlyDataConnection?
  /// Until when strangers keep the port from being looked at between commands.
  var looksAgain: MonotonicTime?
  /// Listeners for the next passive transfers.
  private var kept = KeptListeners()

  init(control: ControlConnection, snapshot: ServerContext.Snapshot, ports: PassivePorts) {
    self.control = control
    self.snapshot = snapshot
    self.ports = ports
  }

  private var configuration: ServerConfiguration { snapshot.configuration }

  /// Whether data connections are to be multipath: they follow the control connection. Where that is kept plain for the sake of a NAT
  /// that rewrites it, the kernel decides.
  private var policy: MultipathPolicy {
    let multipath = configuration.multipath
    guard multipath.data == .automatic else { return multipath.data }
    return control.isMultipath || multipath.control == .off ? .automatic : .off
  }

  // MARK: PASV and PORT

  /// Gets a listener for PASV or EPSV. There is one at a time: an earlier one is given up.
  ///
  /// - Parameter mayReuse: whether ports that have served this session may serve it again.
  func openPassivePort(mayReuse: Bool) throws(FTPError) -> PassiveListener {
    forget()
    let expires = MonotonicTime.now.advanced(by: configuration.timeouts.dataConnect.inNanoseconds)
    let local: IPAddress
    do { local = try control.localAddress().address } catch { throw .controlConnectionLost }
    do throws(MultipathError) {
      let policy = policy
      let address = policy == .off ? local : local.family.wildcard
      let range = configuration.passivePorts
      let listener: PassiveListener
      if mayReuse, let own = kept.take(on: address, ports: range, policy: policy, expires: expires, ports) {
        listener = own
      } else {
        listener = try openListener(address, range, policy, expires)
      }
      port = .passive(listener)
      return listener
    } catch {
      throw .noPassivePort(error)
    }
  }

  private func openListener(
    _ address: IPAddress, _ range: ClosedRange<UInt16>?, _ policy: MultipathPolicy, _ expires: MonotonicTime
  ) throws(MultipathError) -> PassiveListener {
    do {
      return try ports.open(on: address, ports: range, policy: policy, expires: expires)
    } catch  where error.errno == EADDRINUSE {
      // A narrow range: what this session keeps may be all there is.
      kept.closeAll(ports)
      return try ports.open(on: address, ports: range, policy: policy, expires: expires)
    }
  }

  /// Has the next data connection go to `target` (PORT and EPRT).
  func connectNext(to target: SocketAddress) {
    forget()
    port = .active(target)
  }

  /// Forgets PASV or PORT; a listener that was waiting is closed.
  ///
  /// - Parameter keepingIdle: a data connection that stays open between files still does.
  func forget(keepingIdle: Bool = false) {
    if !keepingIdle { closeIdle() }
    closeEarly()
    if case .passive(let listener) = port { ports.giveUp(listener) }
    port = .none
  }

  // MARK: connections

  /// The passive data connection if the client has made it already; no waiting.
  ///
  /// - Parameters:
  ///   - mayReuse: whether the port may serve this session again.
  ///   - onStranger: told the address of everybody else who has connected, and was turned away.
  func acceptNow(mayReuse: Bool, onStranger: (IPAddress) -> Void) throws(TransferBreak) -> DataConnection? {
    guard case .passive(let listener) = port else { return nil }
    do throws(TransferBreak) {
      while let (number, peer) = try listener.accept() {
        let socket = Descriptor(owning: number)
        guard control.peerPolicy.admits(peer.address) else {
          onStranger(peer.address)
          continue
        }
        port = .none
        let connection = try listener.connection(socket, peer)
        // Without the proof of TLS that it is the client's own connection, a port that served once is not trusted again.
        if !connection.isMultipath {
          if mayReuse { kept.keep(listener, ports) } else { ports.giveUp(listener) }
        }
        current = connection
        return connection
      }
      return nil
    } catch {
      ports.giveUp(listener)
      port = .none
      throw error
    }
  }

  /// Waits for the client's passive connection, or connects to the client.
  ///
  /// - Parameters:
  ///   - receives: the client will send.
  ///   - mayReuse: as for ``acceptNow(mayReuse:onStranger:)``.
  func connection(
    receives: Bool, mayReuse: Bool, onStranger: (IPAddress) -> Void, with attendant: isolated some Attendant
  ) async throws(TransferBreak) -> DataConnection {
    let deadline = MonotonicTime.now.advanced(by: configuration.timeouts.dataConnect.inNanoseconds)
    switch port {
    case .none: throw .nobodyConnected
    case .passive(let listener):
      while true {
        if let connection = try acceptNow(mayReuse: mayReuse, onStranger: onStranger) { return connection }
        do throws(TransferBreak) {
          try await attendant.wait(for: listener.number, .readable, until: deadline)
        } catch {
          forget()
          guard case .stalled = error else { throw error }
          throw .nobodyConnected
        }
      }
    case .active(let target):
      port = .none
      let connection = try await DataConnector.connect(
        to: target, from: source(for: target), policy: policy, receives: receives, until: deadline, with: attendant)
      current = connection
      return connection
    }
  }

  /// The address to connect from: the one the client knows us by, or its firewall will not let us in.
  private func source(for target: SocketAddress) -> SocketAddress? {
    let local = (try? control.localAddress().address).flatMap { $0.family == target.address.family ? $0 : nil }
    // RFC 959, section 3.2: the server's data port is the one next to the control port (20), and many connections share it.
    let port = configuration.activeSourcePort
    return (local ?? (port > 0 ? target.address.family.wildcard : nil)).map { SocketAddress($0, port: port) }
  }

  /// How long a data connection may take to come about, in nanoseconds.
  var connectTime: Int64 { configuration.timeouts.dataConnect.inNanoseconds }

  /// Has `data` be the connection of the transfer that begins.
  func adopt(_ data: DataConnection) { current = data }

  /// The transfer is over: its connection is closed, or was left to the next transfer.
  func release() { current = nil }

  /// Gives up the ports that are kept: somebody who is not the client may know them.
  func closeKeptPorts() { kept.closeAll(ports) }

  /// The session is over.
  func closeAll() {
    forget()
    closeKeptPorts()
  }

  // MARK: connections that stay open between files

  /// Keeps the connection of the transfer that ends now for the next one.
  func keepOpen(_ data: DataConnection) {
    idle = IdleDataConnection(
      data, expires: MonotonicTime.now.advanced(by: configuration.timeouts.dataStall.inNanoseconds))
  }

  /// The connection that was kept, if it is still open, protected as is asked now, and no other was asked for since.
  func takeIdle(isWanted: Bool, isPrivate: Bool) -> DataConnection? {
    guard let idle else { return nil }
    guard isWanted, (idle.data.tls != nil) == isPrivate, case .none = port, idle.isOpen() else {
      closeIdle()
      return nil
    }
    self.idle = nil
    current = idle.data
    return idle.data
  }

  /// Something has come on the connection that was kept, most likely its end.
  func inspectIdle() {
    if let idle, !idle.isOpen() { closeIdle() }
  }

  /// Closes the connection that was kept: another port is asked for, the mode changes, or the session ends.
  func closeIdle() {
    idle?.data.close()
    idle = nil
  }

  // MARK: deadlines

  /// What is to be closed first, and when; `.never` when nothing waits.
  var expires: MonotonicTime {
    var next = min(kept.expires, idle?.expires ?? .never)
    if case .passive(let listener) = port { next = min(next, listener.expires) }
    return min(next, early?.expires ?? .never, looksAgain ?? .never)
  }

  /// Closes what has waited for long enough by `now`.
  func expire(at now: MonotonicTime) {
    if let idle, idle.expires <= now { closeIdle() }
    if let early, early.expires <= now { closeEarly() }
    if let looksAgain, looksAgain <= now { self.looksAgain = nil }
    if case .passive(let listener) = port, listener.expires <= now { forget() }
    kept.expire(at: now, ports)
  }
}
