// What `weftpd check` tells of the certificates and keys in the settings.

import DaemonSettings
import FTPServer
import LinuxSystem
import TransportSecurity

/// The findings about every certificate the settings name.
public enum CertificateReport {
  /// Empty when TLS is off; a notice when no certificate is named, since the server then makes its own.
  public static func findings(_ settings: Settings) -> [CertificateFinding] {
    guard let options = settings.wantedTLS else { return [] }
    let own = options.certificates.isEmpty ? [.none] : options.certificates.flatMap { examine($0, names: []) }
    return options.hosts.sorted { $0.key < $1.key }.reduce(into: own) { findings, host in
      findings += host.value.flatMap { examine($0, names: [host.key]) }
    }
  }

  private static func examine(_ files: CertificateFiles, names: [String]) -> [CertificateFinding] {
    CertificateFindings.examine(
      certificate: files.certificate, key: files.key ?? files.certificate,
      passphrase: files.passphraseFile.map { passphrase(in: $0) } ?? [], names: names, at: WallClock.seconds)
  }

  /// The first line of a file; nothing if it cannot be read, which the finding about the key then tells.
  private static func passphrase(in path: String) -> [UInt8] {
    Array(((try? CertificateFindings.contents(of: path)) ?? []).prefix { $0 != 0x0A && $0 != 0x0D })
  }
}
