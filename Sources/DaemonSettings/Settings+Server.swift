// What the server is given of the settings: its configuration, the addresses to listen on, what TLS is made from.

import FTPServer
import Glibc
import LinuxSystem
import TransportSecurity

extension Settings {
  /// What the server is given: ``server``, and what several settings make together.
  public var configuration: ServerConfiguration {
    var configuration = server
    configuration.security.options = tlsOptions
    configuration.hosts = ServerConfiguration.Hosts(hostNames.map { self[host: $0].server })
    return configuration
  }

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
    var options = server.security.options
    options.certificates = tlsCertificates.enumerated().map { index, certificate in
      CertificateFiles(
        certificate: certificate, key: tlsKeys.indices.contains(index) ? tlsKeys[index] : nil,
        passphraseFile: tlsPassphraseFiles.indices.contains(index) ? tlsPassphraseFiles[index] : tlsPassphraseFiles.last
      )
    }
    for name in hostNames {
      let host = self[host: name]
      guard let certificate = host.certificate else { continue }
      options.hosts[name] = [
        CertificateFiles(
          certificate: certificate, key: host.key,
          passphraseFile: tlsPassphraseFiles.last)
      ]
    }
    options.names = hostNames + listen.compactMap { $0.host?.description } + [Self.hostName].compactMap { $0 }
    return options
  }

  /// The options when TLS is wanted anywhere; nil when it is off.
  public var wantedTLS: TLSOptions? {
    let isWanted =
      server.security.mode != .off || listen.contains { $0.rules.isImplicit || ($0.rules.mode ?? .off) != .off }
      || hosts.values.contains { ($0.server.tlsMode ?? .off) != .off }
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
  public func applyToProcess() { _ = Glibc.umask(mode_t(server.files.umask)) }
}
