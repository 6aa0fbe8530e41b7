// What the host's multipath set-up means for this server, for the log at start and for `weftpd check`.

import DaemonSettings
import Logging
import MultipathTCP

/// The findings of the multipath probe that matter under the settings.
public enum MultipathFindings {
  /// Probes this process's network namespace. Empty when the settings use no multipath or switch its warnings off.
  public static func probe(_ settings: Settings) -> [Finding] {
    guard settings.server.multipath.warns,
      settings.server.multipath.control != .off || settings.server.multipath.data != .off
    else {
      return []
    }
    return HostProbe.run().findings
  }

  /// Logs each finding once, at the level of its severity.
  public static func log(_ settings: Settings, to logger: Logger) {
    for finding in probe(settings) {
      switch finding.severity {
      case .notice: logger.notice("multipath: \(finding.line)")
      case .warning: logger.warning("multipath: \(finding.line)")
      case .error: logger.error("multipath: \(finding.line)")
      }
    }
  }
}
