// What the service manager gave this process: a socket for notifications, a watchdog, listening sockets.

import DaemonSettings
import DaemonSupport
import FTPServer
import Glibc
import LinuxSystem
import Logging

/// What the service manager gave this process, if one started it.
struct ServiceManager {
  let notifier: ServiceNotifier?
  let sockets: [InheritedSockets.Item]

  /// Reads the environment, and removes what must not reach the processes we start.
  init() throws(InheritedSockets.Refusal) {
    let names = ServiceNotifier.environmentNames + InheritedSockets.environmentNames
    var environment: [String: String] = [:]
    for name in names {
      environment[name] = getenv(name).map { String(cString: $0) }
      unsetenv(name)
    }
    notifier = ServiceNotifier(environment: environment)
    sockets = try InheritedSockets.take(environment: environment)
  }

  /// Opens the addresses of the settings, or uses the inherited sockets instead.
  func listen(_ server: FTPServer, _ settings: Settings, _ logger: Logger) throws -> [SocketAddress] {
    if sockets.isEmpty { return try server.listen(on: settings.listenAddresses) }
    logger.notice("using the sockets of the service manager; the setting listen is not used")
    return try sockets.map { item in
      guard item.security == .explicit || settings.wantedTLS != nil else {
        throw InheritedSockets.Refusal(problems: [
          "inherited socket \(item.number) 'ftps' needs TLS, but tls.mode is off: set tls.mode to allowed or more"
        ])
      }
      let address = try server.adopt(Descriptor(owning: item.number), security: item.security)
      logger.notice("inherited \(address), \(item.stream == .multipath ? "multipath TCP" : "plain TCP")")
      return address
    }
  }

  /// Tells the service manager that the daemon is ready, and starts the thread that keeps it informed.
  func watch(_ server: FTPServer, _ daemon: Daemon, _ logger: Logger) throws {
    guard let notifier else { return }
    if let error = notifier.ready(daemon.status) {
      logger.error("cannot tell the service manager that weftpd is ready: \(error)")
    }
    try ServiceWatch(
      notifier, logger: logger, stuckThreads: { server.stuckThreads(within: $0) }, status: { daemon.status }
    ).start()
  }
}
