// What the service manager gave this process: its ear, its watchdog, its listening sockets.

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

  /// Reads the environment, and takes out of it what is not for the processes we start.
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

  /// Opens what the settings say, or takes what was inherited instead.
  func listen(_ server: FTPServer, _ settings: Settings, _ logger: Logger) throws -> [SocketAddress] {
    if sockets.isEmpty { return try server.listen(on: settings.listenAddresses) }
    logger.notice("sockets come from the service manager: the setting listen is not used")
    return try sockets.map { item in
      guard item.security == .explicit || settings.wantedTLS != nil else {
        throw InheritedSockets.Refusal(problems: [
          "inherited socket \(item.number) 'ftps' begins with TLS, and tls.mode is off: set it to allowed or more"
        ])
      }
      let address = try server.adopt(Descriptor(owning: item.number), security: item.security)
      logger.notice("inherited \(address), \(item.stream == .multipath ? "multipath TCP" : "plain TCP")")
      return address
    }
  }

  /// Tells the service manager that the daemon serves, and goes on telling how it fares.
  func watch(_ server: FTPServer, _ daemon: Daemon, _ logger: Logger) throws {
    guard let notifier else { return }
    if let error = notifier.ready(daemon.status) {
      logger.error("the service manager cannot be told that weftpd is ready: \(error)")
    }
    try ServiceWatch(
      notifier, logger: logger, stuckThreads: { server.stuckThreads(within: $0) }, status: { daemon.status }
    ).start()
  }
}
