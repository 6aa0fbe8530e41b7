// The server as a whole: its listeners, its sessions, its shutdown. The interface for programs that embed it.

import Accounts
import Dispatch
import FTPProtocol
import LinuxSystem
import Logging
import MultipathTCP
import Quotas
import Reactor
import Synchronization
import TransportSecurity

/// An FTP server (RFC 959): listens, accepts, and ends in an orderly way.
public final class FTPServer: Sendable {
  let context: ServerContext
  let acceptors = Mutex<[Acceptor]>([])

  /// Starts no thread: privileges may still be dropped until ``start()``.
  ///
  /// - Parameters:
  ///   - tls: the certificates; nil: there is no TLS.
  ///   - authority: asked about names that no directory has; nil: such names are refused.
  ///   - policy: asked about clients; the server keeps it.
  ///   - readers: told what happens in sessions, beside the log and ``statistics``.
  ///   - meter: measures; without one nothing is done for it.
  /// - Throws: ``SystemError`` when the reactor's epoll descriptor cannot be made.
  public init(
    configuration: ServerConfiguration, accounts: AccountSource, logger: Logger, tls: TLSStore? = nil,
    localUsers: LocalUserAuthenticator? = nil, authority: (any PasswordAuthority)? = nil,
    policy: (any ClientPolicy)? = nil, readers: [any SessionEventReader] = [], meter: (any ServerMeter)? = nil
  ) throws(SystemError) {
    context = ServerContext(
      reactor: try Reactor(suspended: ()),
      snapshot: .init(configuration: configuration, accounts: accounts), logger: logger, tls: tls,
      localUsers: localUsers, authority: authority, policy: policy, readers: readers, meter: meter)
    readPartnerAuthorities()
  }

  /// Keeps the counts of quotas there. Without a store, directories are counted when they are first used. Call it before ``start()``.
  public func keepQuotas(in store: any QuotaStore) { context.quotas.keep(in: store) }

  /// Binds and listens on each address; a port of 0 lets the kernel choose.
  ///
  /// - Returns: the addresses that clients connect to, in the same order. Connections queue up from here on, and are served
  ///   after ``start()``.
  /// - Throws: ``ListenError`` that names the address that cannot be had.
  public func listen(on addresses: [SocketAddress]) throws(ListenError) -> [SocketAddress] {
    try listen(on: addresses.map { ListenAddress($0) })
  }

  /// The same, with what holds for the connections of each address.
  ///
  /// - Parameter inherited: a listener that there is for an address already, with whether somebody else keeps it open after this process;
  ///   the server owns it from then on.
  public func listen(
    on listeners: [ListenAddress],
    adopting inherited: (ListenAddress) -> (number: Int32, isKept: Bool)? = { _ in nil }
  ) throws(ListenError) -> [SocketAddress] {
    let addresses = listeners.map(\.address)
    var bound: [SocketAddress] = []
    for listener in listeners {
      let address = listener.address
      do throws(MultipathError) {
        if let (number, isKept) = inherited(listener) {
          do throws(SystemError) {
            bound.append(try adopt(Descriptor(owning: number), for: listener, isKept: isKept))
          } catch {
            throw MultipathError.system(error)
          }
          continue
        }
        bound.append(
          try open(
            address, listener.rules,
            isIPv4Separate: addresses.contains { $0.address == IPAddress(ipv4: 0) && $0.port == address.port })
        )
      } catch {
        throw ListenError(address: address, cause: error)
      }
    }
    return bound
  }

  private func open(
    _ address: SocketAddress, _ rules: ListenerRules, isIPv4Separate: Bool
  ) throws(MultipathError) -> SocketAddress {
    let policy = context.snapshot.configuration.multipath.control
    let made = try Acceptor.makeListener(on: address, isIPv4Separate: isIPv4Separate, policy: policy)
    let why = made.unavailability
    do throws(SystemError) {
      let local = try Socket.localAddress(made.number)
      let acceptor = try Acceptor(
        context: context, listener: made.takeDescriptor(), address: local, wanted: address, isMultipath: why == nil,
        rules: rules)
      add(acceptor)
      if let why, policy != .off {
        context.logger.notice("control connections on \(local) are plain TCP, not multipath: \(why)")
      }
      return local
    } catch {
      throw .system(error)
    }
  }

  func add(_ acceptor: Acceptor) {
    acceptors.withLock { $0.append(acceptor) }
    if acceptor.door == nil { context.controlListeners.withLock { $0.append(acceptor.address) } }
  }

  /// Starts the reactor's thread and the acceptors'.
  public func start() throws(SystemError) {
    try context.reactor.start()
    Self.warmUpDispatch()
    ProcessLimits.reserveDescriptors()
    listenForChanges()
    for acceptor in acceptors.withLock({ $0 }) { try acceptor.start() }
    keepHouse()
  }

  /// Has the directory begin its work, and running sessions look at their logins when it tells of changes.
  private func listenForChanges() {
    let context = self.context
    context.snapshot.accounts.directory.start { change in
      context.accountChanges.add(1, ordering: .acquiringAndReleasing)
      context.registry.recheck(change)
    }
  }

  /// Every five seconds: looks for middleboxes that change bytes, tells what the log has been spared, and gives back memory when the last
  /// session has ended.
  private func keepHouse() {
    let context = self.context
    let parking = Parking(context.reactor)
    Task {
      var hadSessions = false
      var isNew = true
      var middleboxes = MiddleboxWatch()
      while context.ending.load(ordering: .relaxed) == .no {
        _ = await parking.sleep(until: MonotonicTime.now.advanced(by: 5_000_000_000))
        let multipath = context.snapshot.configuration.multipath
        if multipath.warns, multipath.control != .off || multipath.data != .off, let finding = middleboxes.check() {
          context.logger.warning("multipath: \(finding.brief(page: "docs/multipath.md"))")
        }
        for (kind, count) in context.notices.due() { context.logger.warning(kind.remainder(count)) }
        let snapshot = context.snapshot
        context.sweeper.sweep(
          keeping: snapshot.configuration.uploads.keepsPartials, snapshot.jails, in: context.filePool
        ) { home, count in
          context.meter?.partialsRemoved(count)
          context.logger.info(
            "removed \(count) interrupted upload\(count == 1 ? "" : "s") that nobody resumed, in \(home)")
        }
        let count = context.registry.count
        if count == 0, hadSessions || isNew { ProcessLimits.trimHeap() }
        // Code that only the start needed.
        if isNew { ProcessLimits.releaseCode() }
        isNew = false
        hadSessions = count > 0
      }
      parking.retire()
    }
  }

  /// Makes libdispatch open its own descriptors now, because it traps if none is left when its first worker or timer starts.
  private static func warmUpDispatch() {
    let started = DispatchSemaphore(value: 0)
    let queue = DispatchQueue(label: "weftpd.warm-up")
    queue.async { started.signal() }
    queue.asyncAfter(deadline: .now() + .milliseconds(1)) { started.signal() }
    started.wait()
    started.wait()
  }

  /// New sessions get these settings; running ones keep theirs. The accounts hold for all at once: every login asks them from now on, and
  /// a session whose login they no longer allow ends with 421, its transfer with 426.
  public func reload(configuration: ServerConfiguration, accounts: AccountSource) {
    let security = configuration.security
    do throws(TLSConfigurationError) {
      let isWanted =
        security.mode != .off || acceptors.withLock { $0.contains(where: \.wantsTLS) } || configuration.hosts.wantTLS
      try context.tls?.replace(with: isWanted ? security.options : nil)
    } catch {
      context.logger.error("\(error); previous certificates kept")
    }
    context.snapshot = .init(configuration: configuration, accounts: accounts)
    accounts.directory.refresh()
    context.registry.recheckAll()
    readPartnerAuthorities()
  }

  /// Reads `transfer.site-to-site-ca` now, not when the first transfer needs it and nobody looks.
  private func readPartnerAuthorities() {
    let snapshot = context.snapshot
    guard snapshot.configuration.transfer.siteToSiteAuthorities != nil else { return }
    do { _ = try snapshot.partnerTLS() } catch { context.logger.error("transfer.site-to-site-ca \(error.reason)") }
  }

  /// Stops accepting, tells sessions without a transfer 421, lets transfers finish for `grace`, then breaks off the rest.
  ///
  /// - Returns: how many transfers or sessions had to be broken off.
  @discardableResult
  public func drain(grace: Duration) async -> Int {
    defer { context.quotas.close() }
    context.ending.store(.draining, ordering: .sequentiallyConsistent)
    for acceptor in acceptors.withLock({ $0 }) { acceptor.stopAccepting() }
    context.registry.wakeAll()
    let deadline = MonotonicTime.now.advanced(by: grace.inNanoseconds)
    if await context.registry.waitUntilEmpty(context.reactor, deadline: deadline) { return 0 }
    let broken = context.registry.count
    context.ending.store(.now, ordering: .sequentiallyConsistent)
    context.registry.wakeAll()
    _ = await context.registry.waitUntilEmpty(
      context.reactor, deadline: MonotonicTime.now.advanced(by: 2_000_000_000))
    return broken
  }

  /// Sessions that are connected now.
  public var activeSessions: Int { context.registry.count }

  /// The sessions there are, with the transfers they run, the oldest first. Any thread may ask; no session is held up.
  public var sessions: [SessionSummary] { context.registry.summaries }

  /// Has all sessions with a multipath transfer note what each of its paths has carried: ``SessionSummary/paths`` tells it a moment later.
  public func refreshPaths() { context.registry.refreshPaths() }

  /// Asks a session about its connections.
  ///
  /// - Parameter answer: called on a worker, with nil if the session ends before; it must not block. A session that waits for a disk
  ///   answers when it comes back.
  /// - Returns: false if there is no session of that number; then `answer` is not called.
  public func askForPaths(of session: UInt64, _ answer: @escaping @Sendable (SessionPaths?) -> Void) -> Bool {
    context.registry.askForPaths(of: session, answer)
  }

  /// Has `read` called with what happens in sessions, from `level` up, until ``EventWatch/end()``.
  ///
  /// - Parameter read: called on workers, so it must be quick and never block.
  public func watchEvents(from level: Logger.Level, _ read: @escaping @Sendable (SessionEvent) -> Void) -> EventWatch {
    context.events.relay.add(level, read)
  }

  /// Where control connections are accepted.
  public var listeners: [SocketAddress] { context.controlListeners.withLock { $0 } }

  /// Ends a session: its transfer is broken off with 426, and its client hears 421 with `text`.
  ///
  /// - Parameter text: what the client reads; one line.
  /// - Returns: false if there is no session of that number.
  @discardableResult
  public func end(session id: UInt64, saying text: String = "The operator has ended this session.") -> Bool {
    context.registry.end(id, saying: text)
  }

  /// Has a client read `text` in front of the next reply that can carry it: FTP has no other way to say something to who has asked nothing.
  ///
  /// - Parameter text: one line.
  /// - Returns: false if there is no session of that number, or too much waits to be told to it.
  public func say(_ text: String, to id: UInt64) -> Bool { context.registry.say(text, to: id) }

  /// Counts a directory for its quotas again, if it is counted at all, when nothing changes beneath it. For a thread that may wait.
  ///
  /// - Parameter directory: its real path.
  /// - Returns: what it holds; nil where it cannot be counted, or nobody stopped changing it.
  public func recount(_ directory: String) -> QuotaUsage? { context.quotas.recount(directory, within: .seconds(120)) }

  /// What the server has done since its start, and does now.
  public var statistics: ServerStatistics {
    var statistics = context.counters.statistics
    statistics.sessions = context.registry.count
    statistics.transfersRunning = context.registry.transfersRunning
    return statistics
  }
}
