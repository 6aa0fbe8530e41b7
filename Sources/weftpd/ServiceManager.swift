// What the service manager, or the server whose place this one takes, gave this process: who is told how it is, a watchdog, listeners.

import DaemonSettings
import DaemonSupport
import FTPServer
import Glibc
import LinuxSystem
import Logging

/// What the service manager gave this process, if one started it, or what it gave the server before.
struct ServiceManager {
  let notifier: ServiceNotifier?
  let sockets: [InheritedSockets.Item]
  private let predecessor: Predecessor?

  /// Reads the environment, and removes what must not reach the processes we start.
  init(_ predecessor: Predecessor? = nil) throws(InheritedSockets.Refusal) {
    let names = ServiceNotifier.environmentNames + InheritedSockets.environmentNames
    var environment: [String: String] = [:]
    for name in names {
      environment[name] = getenv(name).map { String(cString: $0) }
      unsetenv(name)
    }
    self.predecessor = predecessor
    notifier = ServiceNotifier(environment: predecessor?.notifyEnvironment ?? environment)
    sockets = predecessor == nil ? try InheritedSockets.take(environment: environment) : []
  }

  /// Whether its listeners are those of socket units.
  var areListenersOfUnits: Bool {
    sockets.contains { $0.keptAs == nil } || predecessor?.entry.listeners.contains { $0.isOfUnit } ?? false
  }

  /// Opens the addresses of the settings, or uses the sockets of socket units instead. What an earlier process has left to this one is not
  /// opened again.
  func listen(_ server: FTPServer, _ settings: Settings, _ logger: Logger) throws -> [SocketAddress] {
    if areListenersOfUnits { return try adoptUnits(server, settings, logger) }
    var kept = sockets
    let addresses = try server.listen(on: settings.listenAddresses) { address in
      if let predecessor { return predecessor.takeListener(for: address) }
      guard
        let index = kept.firstIndex(where: {
          (try? Socket.localAddress($0.number)).map { "\($0)" } == "\(address.address)"
        })
      else { return nil }
      return (kept.remove(at: index).number, true)
    }
    // Addresses that the settings do not name any more.
    for item in kept { forget(item) }
    return addresses
  }

  private func forget(_ item: InheritedSockets.Item) {
    if let name = item.keptAs { notifier?.forget(name) }
    _ = Descriptor(owning: item.number)
  }

  private func adoptUnits(_ server: FTPServer, _ settings: Settings, _ logger: Logger) throws -> [SocketAddress] {
    logger.notice("using the sockets of the service manager; the setting listen is not used")
    for item in sockets where item.keptAs != nil { forget(item) }
    var items = sockets.filter { $0.keptAs == nil }.map { (number: $0.number, security: $0.security) }
    while let (number, isImplicit) = predecessor?.takeUnitListener() {
      items.append((number, isImplicit ? .implicit : .explicit))
    }
    return try items.map { item in
      guard item.security == .explicit || settings.wantedTLS != nil else {
        throw InheritedSockets.Refusal(problems: [
          "inherited socket \(item.number) 'ftps' needs TLS, but tls.mode is off: set tls.mode to allowed or more"
        ])
      }
      let isMultipath = try SocketKind(of: item.number).stream == .multipath
      let address = try server.adopt(Descriptor(owning: item.number), security: item.security)
      logger.notice("inherited \(address), \(isMultipath ? "multipath TCP" : "plain TCP")")
      return address
    }
  }

  /// Has the service manager keep the listeners that this process has opened, so that neither its end nor its crash refuses a client who
  /// comes before the next one serves.
  private func keepListeners(_ server: FTPServer) {
    guard let notifier, notifier.storeLimit > 0, !areListenersOfUnits else { return }
    for listener in server.openListeners.prefix(notifier.storeLimit) where !listener.isKept {
      if notifier.keep(listener.number, name: InheritedSockets.storeName(listener.address)) == nil {
        server.keep(listenerAt: listener.address)
      }
    }
  }

  /// Tells the service manager that the daemon is ready, and starts the thread that keeps it informed.
  ///
  /// - Returns: that thread; nil without a service manager.
  func watch(_ server: FTPServer, _ daemon: Daemon, _ logger: Logger) throws -> ServiceWatch? {
    guard let notifier else { return nil }
    keepListeners(server)
    if let error = notifier.ready(daemon.status) {
      logger.error("cannot tell the service manager that weftpd is ready: \(error)")
    }
    let watch = ServiceWatch(
      notifier, logger: logger, stuckThreads: { server.stuckThreads(within: $0) }, status: { daemon.status })
    try watch.start()
    return watch
  }
}
