// The acceptor thread: takes control connections from one listening socket and starts a session for each.

import FTPProtocol
import Glibc
import LinuxSystem
import Logging
import MultipathTCP

/// One listening socket and the thread that accepts from it.
final class Acceptor: Sendable {
  private let context: ServerContext
  private let listener: Descriptor
  /// Closed and reopened when the process has no descriptor left, so that even then a client gets its 421.
  private let address: SocketAddress
  private let isMultipath: Bool
  /// A pipe: the thread ends when its writing end is closed or written to.
  private let stop: (read: Int32, write: Int32)

  /// Takes a listening socket; `isMultipath` says what it is, not what its connections will be.
  init(
    context: ServerContext, listener: consuming Descriptor, address: SocketAddress, isMultipath: Bool
  ) throws(SystemError) {
    let pipe = try File.pipe(capacity: 4096)
    stop = (pipe.read, pipe.write)
    self.context = context
    self.listener = listener
    self.address = address
    self.isMultipath = isMultipath
  }

  deinit {
    _ = Descriptor(owning: stop.read)
    _ = Descriptor(owning: stop.write)
  }

  /// Makes, binds and listens on a control socket: multipath where `policy` and the kernel allow. Options that accepted sockets
  /// inherit are set here, once.
  ///
  /// - Parameter isIPv4Separate: 0.0.0.0 is listened on by itself, so `::` must not take it too.
  static func makeListener(
    on address: SocketAddress, isIPv4Separate: Bool, policy: MultipathPolicy
  ) throws(MultipathError) -> MadeSocket {
    let made = try MultipathSocket.listen(
      on: address, policy: policy, backlog: 4096, dualStack: address.address.isWildcard && !isIPv4Separate)
    do throws(SystemError) {
      try Socket.setOption(made.number, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
      try Socket.setOption(made.number, SOL_SOCKET, SO_KEEPALIVE, 1)
      try tuneSession(made.number)
    } catch {
      throw .system(error)
    }
    return made
  }

  /// What plain TCP connections of a multipath listener do not inherit, and those of a TCP listener do.
  private static func tuneSession(_ socket: Int32) throws(SystemError) {
    // Bounds a session's lingering.
    try Socket.setReceiveTimeout(socket, milliseconds: ControlConnection.linger)
    // Telnet Synch: the urgent byte stays in the stream (RFC 1123, 4.1.3.4). Multipath sockets refuse: they have no urgent data.
    try? Socket.setOption(socket, SOL_SOCKET, SO_OOBINLINE, 1)
  }

  /// Starts the thread.
  func start() throws(SystemError) {
    var thread = pthread_t()
    let created = pthread_create(
      &thread, nil,
      { context in
        ProcessLimits.nameThread("weft-acceptor")
        Unmanaged<Acceptor>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    if created != 0 { throw SystemError(code: created, call: "pthread_create") }
    pthread_detach(thread)
  }

  /// Ends the thread soon; the socket closes with the last reference to this object.
  func stopAccepting() {
    // From here on the kernel refuses new connections, even before the thread has noticed.
    _ = shutdown(listener.number, Int32(SHUT_RD))
    var byte: UInt8 = 0
    _ = write(stop.write, &byte, 1)
  }

  private func run() {
    var reserve = DescriptorReserve()
    var pause: Int32 = 0
    while true {
      if pause > 0 {
        // Out of descriptors or memory: wait, without asking the listener, which would be ready all the time.
        if Poll.wait(stop.read, .readable, milliseconds: pause) { return }
      } else if Poll.wait(listener.number, .readable, stop.read, .readable, milliseconds: -1).second {
        return
      }
      do {
        while let (number, peer) = try Socket.accept(listener.number, blocking: true) {
          pause = 0
          welcome(number, peer)
        }
        pause = 0
        reserve.refill()
      } catch  where context.ending.load(ordering: .relaxed) != .no {
        return
      } catch  where [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.code) {
        pause = pause == 0 ? 20 : min(pause * 2, 1000)
        turnAway(error, &reserve, pause)
      } catch {
        context.logger.error("accepting on \(address) failed: \(error)")
        pause = min(max(pause * 2, 100), 1000)
      }
    }
  }

  /// Greets a client and hands it to a session of its own, or turns it away when there are too many.
  private func welcome(_ number: Int32, _ peer: SocketAddress) {
    let snapshot = context.snapshot
    let isMultipath = isMultipath && MultipathSocket.negotiated(number) == .multipath
    let control = ControlConnection(
      owning: number, peer: peer, lineLimit: snapshot.configuration.limits.commandLine, isMultipath: isMultipath)
    // Without its time-out a session would hold a thread for as long as its client is silent.
    if self.isMultipath, (try? Self.tuneSession(number)) == nil { return }
    if snapshot.configuration.multipath.control == .required, !isMultipath {
      return control.sendAtOnce(
        Reply(421, "Multipath TCP is required here (mptcp.control), and this connection has none."))
    }
    switch context.registry.admit(peer.address, limits: snapshot.configuration.limits) {
    case .admitted(let id):
      let session = Session(id: id, context: context, snapshot: snapshot, control: control)
      context.registry.enter(session)
      session.start()
    case .tooManySessions:
      control.sendAtOnce(Reply(421, "Too many connections: the server is full. Try again later."))
      context.logger.warning("refused a connection: limits.sessions is reached", peer: peer, result: 421)
    case .tooManyFromAddress:
      control.sendAtOnce(Reply(421, "Too many connections from your address. Try again later."))
      context.logger.warning("refused a connection: limits.sessions-per-address is reached", peer: peer, result: 421)
    }
  }

  /// The kernel has no descriptor for the next client: spends the reserve on telling it so, then backs off.
  private func turnAway(_ error: SystemError, _ reserve: inout DescriptorReserve, _ pause: Int32) {
    reserve.spend {
      guard let (number, peer) = try? Socket.accept(listener.number) else { return }
      ControlConnection(owning: number, peer: peer, lineLimit: 0)
        .sendAtOnce(Reply(421, "Too many connections: the server has no descriptor left. Try again later."))
    }
    if pause == 20 {
      context.logger.error(
        "cannot accept on \(address): \(error). Raise LimitNOFILE (ulimit -n) or lower limits.sessions; backing off")
    }
  }
}

/// A descriptor kept open for the day there is no other.
private struct DescriptorReserve: ~Copyable {
  private var spare: Descriptor?

  init() { refill() }

  mutating func refill() {
    if spare == nil { spare = try? File.open("/dev/null", flags: O_RDONLY) }
  }

  /// Lets go of the descriptor, runs `body`, takes it back.
  mutating func spend(_ body: () -> Void) {
    spare = nil
    body()
    refill()
  }
}
