// Hands the settings over to the server in the server's own terms.

import FTPServer
import Glibc
import LinuxSystem
import TransportSecurity

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
          name: name, greeting: host.greeting, certificate: host.certificate.map(File.absolutePath),
          key: host.key.map(File.absolutePath), defaultType: host.defaultType, tlsMode: host.tlsMode)
      })
    transfer.markerInterval = UInt64(clamping: settings.markerInterval)
    transfer.codePage = UInt16(settings.codePage.rawValue).flatMap { .init(rawValue: $0) } ?? transfer.codePage
    limits.sessions = settings.sessionLimit
    limits.sessionsPerAddress = settings.sessionsPerAddressLimit
    limits.commandLine = settings.commandLineLimit
    limits.loginAttempts = settings.accountsAttempts
    limits.sortedListing = settings.listingSortLimit
    digests.concurrent = settings.digests
    digests.sizeLimit = settings.digestSizeLimit
    files.umask = UInt32(settings.umask)
    security.mode = settings.tlsMode
    security.options = settings.tlsOptions
    security.dataSession = settings.tlsDataSession
    security.missingClose = settings.tlsMissingClose
    security.clearsControl = settings.tlsClearsControl
    security.handshake = settings.handshakeTimeout
    timeouts.login = settings.loginTimeout
    timeouts.idle = settings.idleTimeout
    timeouts.dataConnect = settings.dataConnectTimeout
    timeouts.dataStall = settings.dataStallTimeout
  }
}

extension Settings {
  /// The addresses to listen on. `*` is 0.0.0.0 and, where the kernel has IPv6, `::`, each with a socket of its own.
  public var listenAddresses: [ListenAddress] {
    let wildcards = [IPAddress(ipv4: 0)] + (Self.hasIPv6 ? [IPAddress("::")].compactMap { $0 } : [])
    return listen.flatMap { setting in
      (setting.host.map { [$0] } ?? wildcards).map {
        ListenAddress(SocketAddress($0, port: setting.port), setting.rules)
      }
    }
  }

  /// What TLS contexts are made from.
  public var tlsOptions: TLSOptions {
    var options = TLSOptions()
    options.certificates = tlsCertificates.enumerated().map { index, certificate in
      CertificateFiles(
        certificate: certificate, key: tlsKeys.indices.contains(index) ? tlsKeys[index] : nil,
        passphraseFile: tlsPassphraseFiles.indices.contains(index) ? tlsPassphraseFiles[index] : tlsPassphraseFiles.last
      )
    }
    options.minimum = tlsMinimum
    options.clientVerification = tlsClientVerification
    options.clientAuthority = tlsClientAuthority
    options.clientRevocations = tlsClientRevocations
    for name in hostNames {
      let host = self[host: name]
      guard let certificate = host.certificate else { continue }
      options.hosts[name] = [
        CertificateFiles(
          certificate: File.absolutePath(certificate), key: host.key.map(File.absolutePath),
          passphraseFile: tlsPassphraseFiles.last)
      ]
    }
    options.names = hostNames + listen.compactMap { $0.host?.description } + [Self.hostName].compactMap { $0 }
    return options
  }

  /// The options when TLS is wanted anywhere; nil when it is off.
  public var wantedTLS: TLSOptions? {
    let isWanted =
      tlsMode != .off || listen.contains { $0.rules.isImplicit || ($0.rules.mode ?? .off) != .off }
      || hosts.values.contains { ($0.tlsMode ?? .off) != .off }
    return isWanted ? tlsOptions : nil
  }

  private static var hostName: String? {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, 255) == 0 else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
