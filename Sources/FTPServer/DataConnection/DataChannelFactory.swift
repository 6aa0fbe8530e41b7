// A session's data connections: the port that was asked for, the connection that is open, and those kept for the next transfer.

import FTPProtocol
import FTPTransfer
import Glibc
import LinuxSystem
import MultipathTCP

/// Makes the data connections of one session, passive or active; touched on that session's executor only.
///
/// Modes B and C leave a connection open for the next file.
final class DataChannelFactory {
  /// Where the next data connection comes from.
  enum Port {
    /// Neither PASV nor PORT was given since the last transfer.
    case none
    case passive(PassiveListener)
    /// The client has come to its passive port, before its command.
    case arrived(EarlyDataConnection)
    case active(SocketAddress)
  }

  let control: ControlConnection
  /// By reference: a copy of the settings would be the largest part of an idle session.
  let snapshot: ServerContext.Snapshot
  let context: ServerContext
  private(set) var port = Port.none
  /// The passive port cannot be accepted from now; the transfer's command will try again, and tell.
  private var isUnwatched = false
  /// The data connection of the transfer that runs.
  private(set) var current: DataConnection?
  /// A data connection that modes B and C have left open.
  private(set) var idle: IdleDataConnection?
  /// Where other servers may be that the transfer at hand is with.
  private(set) var partners: [IPNetwork] = []
  /// A connection to the passive port from a balancer whose header is not whole yet.
  var proxied: ProxiedSocket?
  /// Others than the client who came to its ports, and were not told of yet.
  var strangers: Strangers?

  init(control: ControlConnection, snapshot: ServerContext.Snapshot, context: ServerContext) {
    self.control = control
    self.snapshot = snapshot
    self.context = context
  }

  private var configuration: ServerConfiguration { snapshot.configuration }

  /// Whether data connections are to be multipath: they follow the control connection. Where that is kept plain for the sake of a NAT
  /// that rewrites it, the kernel decides.
  private var policy: MultipathPolicy {
    // Within one host there is never a second path.
    if control.localUser != nil { return .off }
    let multipath = configuration.multipath
    guard multipath.data == .automatic else { return multipath.data }
    return control.isMultipath || multipath.control == .off ? .automatic : .off
  }

  // MARK: PASV and PORT

  /// Gets a listener for PASV or EPSV. There is one at a time: an earlier one is given up.
  ///
  /// - Parameters:
  ///   - partners: where other servers may be that connect to it.
  ///   - until: how long the claimant keeps its place in the queue if there is none.
  func openPassivePort(
    for claimant: PortClaimant, admitting partners: [IPNetwork], waitingUntil until: MonotonicTime
  ) throws(FTPError) -> PassiveListener {
    forget()
    self.partners = partners
    let expires = MonotonicTime.now.advanced(by: configuration.timeouts.dataConnect.inNanoseconds)
    let local: IPAddress
    do { local = try control.localAddress().address } catch { throw .controlConnectionLost }
    let policy = policy
    do throws(PassivePortError) {
      let listener = try context.passivePorts.open(
        for: claimant, on: policy == .off ? local : local.family.wildcard, ports: configuration.passivePorts,
        policy: policy, expires: expires, waitingUntil: until)
      port = .passive(listener)
      isUnwatched = false
      return listener
    } catch {
      throw .noPassivePort(error)
    }
  }

  /// Has the next data connection go to `target` (PORT and EPRT).
  func connectNext(to target: SocketAddress) {
    forget()
    port = .active(target)
  }

  /// Forgets PASV or PORT; a listener that was waiting is closed, and so is a connection that came to it.
  ///
  /// - Parameter keepingIdle: a data connection that stays open between files still does.
  func forget(keepingIdle: Bool = false) {
    if !keepingIdle { closeIdle() }
    early?.data.close()
    proxied = nil
    port = .none
  }

  /// The connection that came before its command.
  var early: EarlyDataConnection? {
    if case .arrived(let early) = port { return early }
    return nil
  }

  /// Whether the passive port is wanted back for somebody who has none.
  var isRevoked: Bool {
    if case .passive(let listener) = port { return listener.isRevoked }
    return false
  }

  // MARK: connections

  /// The passive data connection if the client has made it already; no waiting.
  func acceptNow() throws(TransferBreak) -> DataConnection? {
    switch port {
    case .none, .active: return nil
    case .arrived(let early):
      port = .none
      current = early.data
      return early.data
    case .passive(let listener):
      do throws(TransferBreak) {
        guard let connection = try accept(from: listener) else { return nil }
        port = .none
        current = connection
        return connection
      } catch {
        port = .none
        throw error
      }
    }
  }

  /// Looks who has come while the session waits for a command. Strangers would fill the queue and keep the client out.
  private func inspectPassivePort() {
    guard case .passive(let listener) = port else { return }
    do {
      if let connection = try accept(from: listener) {
        port = .arrived(EarlyDataConnection(connection, expires: listener.expires))
      }
    } catch {
      isUnwatched = true
    }
  }

  /// Waits for the client's passive connection, or connects to the client.
  ///
  /// - Parameter receives: the client will send.
  func connection(
    receives: Bool, with attendant: isolated some Attendant
  ) async throws(TransferBreak) -> DataConnection {
    let deadline = MonotonicTime.now.advanced(by: configuration.timeouts.dataConnect.inNanoseconds)
    switch port {
    case .none: throw .nobodyConnected
    case .arrived, .passive: return try await arrival(until: deadline, with: attendant)
    case .active(let target):
      port = .none
      // It may have become a port of another session since PORT named it.
      if isOwn(target) { throw .connectFailed(target, .system(SystemError(code: ECONNREFUSED, call: "connect"))) }
      let connection = try await DataConnector.connect(
        to: target, from: source(for: target), policy: policy, receives: receives, until: deadline, with: attendant)
      current = connection
      return connection
    }
  }

  private func arrival(
    until deadline: MonotonicTime, with attendant: isolated some Attendant
  ) async throws(TransferBreak) -> DataConnection {
    while true {
      if let connection = try acceptNow() { return connection }
      guard case .passive(let listener) = port else { throw .nobodyConnected }
      do throws(TransferBreak) {
        // Strangers who come without pause do not put the end off.
        if MonotonicTime.now >= deadline { throw .stalled }
        try await attendant.wait(
          for: proxied?.number ?? listener.number, .readable, until: min(deadline, proxied?.deadline ?? deadline))
      } catch {
        // Only a header that did not come: there may be others.
        if case .stalled = error, MonotonicTime.now < deadline { continue }
        forget()
        guard case .stalled = error else { throw error }
        throw .nobodyConnected
      }
    }
  }

  /// Whether `target` is a port that this server itself listens at.
  func isOwn(_ target: SocketAddress) -> Bool {
    var outside: IPAddress?
    if case .fixed(let address) = configuration.passiveAddress { outside = address }
    return context.listens(at: target, outside: outside)
  }

  /// The address to connect from: the one the client knows us by, or its firewall will not let us in.
  private func source(for target: SocketAddress) -> SocketAddress? {
    let local = (try? control.localAddress().address).flatMap { local in
      // Another server may not be reached from there.
      local.family == target.address.family && local.isLoopback == target.address.isLoopback ? local : nil
    }
    // RFC 959, section 3.2: the server's data port is the one next to the control port (20), and many connections share it.
    let port = configuration.activeSourcePort
    return (local ?? (port > 0 ? target.address.family.wildcard : nil)).map { SocketAddress($0, port: port) }
  }

  /// The transfer is over: its connection is closed, or was left to the next transfer.
  func release() { current = nil }

  /// The session is over.
  func closeAll(_ session: UInt64) {
    forget()
    context.passivePorts.withdraw(session)
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

  /// What a session that waits for its next command has to notice of its data connections; a descriptor of -1: nothing.
  ///
  /// - Parameter isPrivate: PROT P holds, and a connection that has come may begin its handshake.
  func watched(isPrivate: Bool) -> (number: Int32, interest: Readiness) {
    if let idle { return (idle.watched, .readable) }
    switch port {
    case .passive(let listener) where !isUnwatched: return (proxied?.number ?? listener.number, .readable)
    case .arrived(let early) where isPrivate: return early.wants.map { (early.data.number, $0) } ?? (-1, [])
    default: return (-1, [])
    }
  }

  /// Something has come there: most likely the end of the connection that was kept, or somebody at the passive port.
  func inspect() {
    if let idle {
      if !idle.isOpen() { closeIdle() }
    } else {
      inspectPassivePort()
    }
  }

  /// Closes the connection that was kept: another port is asked for, the mode changes, or the session ends.
  func closeIdle() {
    idle?.data.close()
    idle = nil
  }

  // MARK: deadlines

  /// What is to be closed first, and when; `.never` when nothing waits.
  var expires: MonotonicTime { min(portExpires, idle?.expires ?? .never) }

  private var portExpires: MonotonicTime {
    switch port {
    case .none, .active: .never
    case .passive(let listener): min(listener.expires, proxied?.deadline ?? .never)
    case .arrived(let early): early.expires
    }
  }

  /// Closes what has waited for long enough by `now`.
  func expire(at now: MonotonicTime) {
    if let idle, idle.expires <= now { closeIdle() }
    if let proxied, proxied.deadline <= now, case .passive(let listener) = port, listener.expires > now {
      return inspectPassivePort()
    }
    if portExpires <= now { forget() }
  }
}
