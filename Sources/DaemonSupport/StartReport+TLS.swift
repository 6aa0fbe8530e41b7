// What the start screen tells of TLS: the mode, the certificates by their fingerprints, who encrypts.

import DaemonSettings
import LinuxSystem
import TransportSecurity

extension StartReport {
  /// One line: what is asked of clients, which certificates they will see, and whether the kernel encrypts downloads.
  public static func tls(_ settings: Settings, _ context: TLSContext, isSelfSigned: Bool) -> String {
    let kind = isSelfSigned ? "self-signed certificate, new at each start," : "certificate"
    let kernel = Socket.kernelTLSFault().map { "no kernel TLS (\($0.reason))" } ?? "kernel TLS for downloads"
    let security = settings.server.security
    return "\(security.mode.rawValue), TLS \(security.options.minimum.rawValue) or newer, "
      + "\(kind) SHA-256 \(context.fingerprints.joined(separator: ", ")), "
      + "data sessions: \(security.dataSession.rawValue), \(kernel)"
  }
}
