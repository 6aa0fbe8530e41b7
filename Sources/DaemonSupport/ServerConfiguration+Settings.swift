// Hands the settings over to the server in the server's own terms.

import FTPServer
import Glibc
import LinuxSystem

extension ServerConfiguration {
  /// The configuration these settings describe.
  public init(_ settings: Settings) {
    self.init()
    greeting = settings.greeting
    passiveEnabled = settings.passiveEnabled
    passivePorts = settings.passivePorts
    switch settings.passiveAddress {
    case .automatic: passiveAddress = .automatic
    case .fixed(let address): passiveAddress = .fixed(address)
    }
    activeEnabled = settings.activeEnabled
    activeSourcePort = UInt16(clamping: settings.activeSourcePort)
    multipath.control = settings.multipathControl
    multipath.data = settings.multipathData
    multipath.warns = settings.multipathWarnings
    defaultType = settings.defaultType
    hosts = Hosts(
      settings.hostNames.map { name in
        let host = settings[host: name]
        return VirtualHost(
          name: name, greeting: host.greeting, certificate: host.certificate.map(absolutePath),
          key: host.key.map(absolutePath), defaultType: host.defaultType)
      })
    limits.sessions = settings.sessionLimit
    limits.sessionsPerAddress = settings.sessionsPerAddressLimit
    limits.commandLine = settings.commandLineLimit
    limits.loginAttempts = settings.accountsAttempts
    limits.sortedListing = settings.listingSortLimit
    digests.concurrent = settings.digests
    digests.sizeLimit = settings.digestSizeLimit
    files.umask = UInt32(settings.umask)
    timeouts.login = settings.loginTimeout
    timeouts.idle = settings.idleTimeout
    timeouts.dataConnect = settings.dataConnectTimeout
    timeouts.dataStall = settings.dataStallTimeout
  }
}

extension Settings {
  /// The addresses to listen on. `*` is 0.0.0.0 and, where the kernel has IPv6, `::`, each with a socket of its own.
  public var listenAddresses: [SocketAddress] {
    let wildcards = [IPAddress(ipv4: 0)] + (Self.hasIPv6 ? [IPAddress("::")].compactMap { $0 } : [])
    return listen.flatMap { setting in
      (setting.host.map { [$0] } ?? wildcards).map { SocketAddress($0, port: setting.port) }
    }
  }

  private static var hasIPv6: Bool {
    let probe = socket(AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { return false }
    close(probe)
    return true
  }

  /// Applies what holds for the whole process: the umask. Source: umask(2).
  public func applyToProcess() { _ = Glibc.umask(mode_t(umask)) }
}
