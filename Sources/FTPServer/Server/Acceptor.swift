// The acceptor thread: takes control connections from one listening socket and starts a session for each.

import FTPProtocol
import Glibc
import LinuxSystem
import Logging
import MultipathTCP
import Reactor
import Synchronization

/// One listening socket and the thread that accepts from it.
final class Acceptor: Sendable {
  let context: ServerContext
  let listener: Descriptor
  /// Closed and reopened when the process has no descriptor left, so that even then a client gets its 421.
  let address: SocketAddress
  /// The address it was asked for, whose port may be 0.
  let wanted: SocketAddress
  private let isMultipath: Bool
  let rules: ListenerRules
  /// Set for a Unix socket, which has no address.
  let door: LocalDoor?
  private let isShared: Atomic<Bool>
  /// A pipe to the thread, with a ``Word`` in each byte.
  private let words: (read: Int32, write: Int32)
  private let pulse = Pulse()

  /// How many hear in one go that no descriptor is left for them.
  private static let refusalsAtOnce = 64

  private enum Word: UInt8 {
    case end = 0
    case answer = 1
  }

  /// Takes a listening socket; `isMultipath` says what it is, not what its connections will be.
  init(
    context: ServerContext, listener: consuming Descriptor, address: SocketAddress,
    wanted: SocketAddress? = nil, isMultipath: Bool, isKept: Bool = false, rules: ListenerRules = ListenerRules(),
    door: LocalDoor? = nil
  ) throws(SystemError) {
    let pipe = try File.pipe(capacity: 4096)
    words = (pipe.read, pipe.write)
    self.context = context
    self.listener = listener
    self.address = address
    self.isMultipath = isMultipath
    self.wanted = wanted ?? address
    isShared = Atomic(isKept)
    self.rules = rules
    self.door = door
  }

  deinit {
    _ = Descriptor(owning: words.read)
    _ = Descriptor(owning: words.write)
  }

  /// Whether its connections may be under TLS whatever the settings say.
  var wantsTLS: Bool { rules.isImplicit || (rules.mode ?? .off) != .off }

  /// The number of the listening socket.
  var number: Int32 { listener.number }

  /// Where it listens, for people.
  var place: String { door.map { "\($0)" } ?? "\(address)" }

  /// Somebody else keeps the socket open and uses it after us: a service manager, a successor.
  var isKept: Bool {
    get { isShared.load(ordering: .acquiring) }
    set { isShared.store(newValue, ordering: .releasing) }
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
      try tuneListener(made.number)
    } catch {
      throw .system(error)
    }
    return made
  }

  /// What sessions accepted from a listener need; also of one that was inherited.
  static func tuneListener(_ socket: Int32) throws(SystemError) {
    try Socket.setOption(socket, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    try Socket.setOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
    try tuneSession(socket)
  }

  /// What plain TCP connections of a multipath listener do not inherit, and those of a TCP listener do.
  static func tuneSession(_ socket: Int32) throws(SystemError) {
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
    // From here on the kernel refuses new connections, even before the thread has noticed. Those at a socket that
    // somebody else keeps wait for whoever serves it next.
    if !isKept {
      _ = shutdown(listener.number, Int32(SHUT_RD))
      if let door { unlink(door.path) }
    }
    tell(.end)
  }

  /// Whether the thread comes round its loop within `limit`; blocks the caller so long.
  func isTurning(within limit: Duration) -> Bool { pulse.check(within: limit) { tell(.answer) } }

  private func tell(_ word: Word) {
    var byte = word.rawValue
    _ = write(words.write, &byte, 1)
  }

  /// Reads what the thread is told: true to end. Answers otherwise.
  private func isToldToEnd() -> Bool {
    var bytes = [UInt8](repeating: Word.answer.rawValue, count: 64)
    let count = bytes.withUnsafeMutableBytes { read(words.read, $0.baseAddress, $0.count) }
    pulse.answer()
    return count <= 0 && errno != EAGAIN || bytes.contains(Word.end.rawValue)
  }

  private func run() {
    var reserve = DescriptorReserve()
    var pause: Int32 = 0
    while true {
      if pause > 0 {
        // Out of descriptors or memory: wait, without asking the listener, which would be ready all the time.
        if Poll.wait(words.read, .readable, milliseconds: pause), isToldToEnd() { return }
      } else if Poll.wait(listener.number, .readable, words.read, .readable, milliseconds: -1).second, isToldToEnd() {
        return
      }
      do {
        while let (number, peer) = try accept() {
          pause = 0
          receive(number, peer)
          // Many who come one after the other must not look like a thread that hangs.
          pulse.answer()
        }
        pause = 0
        reserve.refill()
      } catch  where context.ending.load(ordering: .relaxed) != .no {
        return
      } catch  where [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.code) {
        pause = pause == 0 ? 20 : min(pause * 2, 1000)
        turnAway(error, &reserve, pause)
      } catch {
        context.logger.error("accepting on \(place) failed: \(error)")
        pause = min(max(pause * 2, 100), 1000)
      }
    }
  }

  private func accept() throws(SystemError) -> (number: Int32, peer: SocketAddress)? {
    if let door { return try acceptAt(door) }
    return try Socket.accept(listener.number, blocking: true, refusing: Self.refuse)
  }

  /// Takes a connection: at once, or when the balancer it comes from has said whose it is.
  private func receive(_ number: Int32, _ peer: SocketAddress) {
    let proxy = context.snapshot.configuration.proxy
    guard door != nil || !proxy.trusted.isEmpty && proxy.trusts(peer.address) else { return welcome(number, peer) }
    guard context.introductions.enter() else {
      _ = Descriptor(owning: number)
      return context.tellOfBrokenProxy(peer, at: door, "too many wait for their PROXY header")
    }
    let socket = ProxiedSocket(owning: number, from: peer, within: proxy.timeout)
    ProxyIntroduction(socket, at: door, context: context) { [self] number, client, server in
      if let door { return welcome(number, client, ControlConnection.Passage(announced: nil, user: door.user)) }
      // Its own connection is one like all others.
      welcome(number, client, client == peer ? nil : ControlConnection.Passage(announced: server))
    }.start()
  }

  /// Greets a client and hands it to a session of its own, or turns it away when there are too many.
  ///
  /// - Parameter passage: how a balancer has passed it on; nil: none has.
  private func welcome(_ number: Int32, _ peer: SocketAddress, _ passage: ControlConnection.Passage? = nil) {
    let snapshot = context.snapshot
    let isMultipath = isMultipath && MultipathSocket.negotiated(number) == .multipath
    let control = ControlConnection(
      owning: number, peer: peer, lineLimit: snapshot.configuration.limits.commandLine, isMultipath: isMultipath,
      rules: rules, passage: passage)
    // Without its time-out a session would hold a thread for as long as its client is silent.
    if self.isMultipath, (try? Self.tuneSession(number)) == nil { return }
    if snapshot.configuration.multipath.control == .required, !isMultipath, door == nil {
      context.meter?.connectionRefused(.multipathRequired)
      return control.sendAtOnce(
        Reply(421, "Multipath TCP is required (mptcp.control), but this connection does not use it."))
    }
    if let policy = context.activePolicy {
      guard policy.admits([peer.address]) else {
        context.meter?.connectionRefused(.banned)
        refused("refused a connection: the address is banned", peer)
        return control.sendAtOnce(Reply(421, "Connections from your address are not accepted."))
      }
      policy.note(.connection, user: [], from: [peer.address])
    }
    switch context.registry.admit(peer.address, limits: snapshot.configuration.limits) {
    case .admitted(let id):
      let session = Session(id: id, context: context, snapshot: snapshot, control: control)
      context.registry.enter(session.activity)
      session.start()
    case .tooManySessions:
      control.sendAtOnce(Reply(421, "Too many connections: the server is full. Try again later."))
      context.meter?.connectionRefused(.server)
      refused("refused a connection: limits.sessions is reached", peer)
    case .tooManyFromAddress:
      control.sendAtOnce(Reply(421, "Too many connections from your address. Try again later."))
      context.meter?.connectionRefused(.address)
      refused("refused a connection: limits.sessions-per-address is reached", peer)
    case .tooManyBeforeLogin:
      control.sendAtOnce(Reply(421, "Too many connections wait for a login. Try again later."))
      context.meter?.connectionRefused(.beforeLogin)
      refused("refused a connection: limits.before-login is reached", peer)
    case .tooManyBeforeLoginFromAddress:
      control.sendAtOnce(Reply(421, "Too many connections from your address wait for a login. Try again later."))
      context.meter?.connectionRefused(.beforeLoginAddress)
      refused("refused a connection: limits.before-login-per-address is reached", peer)
    }
  }

  private func refused(_ message: Logger.Message, _ peer: SocketAddress) {
    context.events.publish(.refused, .warning, message, EventRecord(session: 0, peer: peer, result: 421))
  }

  /// The kernel has no descriptor for further clients: spends the reserve on telling those who wait, one after the other, then backs off.
  private func turnAway(_ error: SystemError, _ reserve: inout DescriptorReserve, _ pause: Int32) {
    reserve.spend {
      for _ in 0..<Self.refusalsAtOnce {
        var isHeard = false
        let accepted = try? Socket.accept(listener.number) { number, peer in
          Self.refuse(number, peer)
          isHeard = true
        }
        if let (number, peer) = accepted {
          Self.refuse(number, peer)
        } else if !isHeard {
          break
        }
      }
    }
    context.meter?.connectionRefused(.descriptors)
    if pause == 20 {
      context.logger.error(
        "cannot accept on \(place): \(error). Raise LimitNOFILE (ulimit -n) or lower limits.sessions; backing off")
    }
  }

  private static func refuse(_ number: Int32, _ peer: SocketAddress) {
    ControlConnection(owning: number, peer: peer, lineLimit: 0)
      .sendAtOnce(Reply(421, "Too many connections: the server has no descriptor left. Try again later."))
  }
}

/// A reserve descriptor, for the time when no other is left.
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
