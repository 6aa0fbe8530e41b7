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

  /// Where everything about each finding can be read.
  static let page = "docs/multipath.md"

  /// One line that tells the finding and where the rest stands.
  public static func text(_ finding: Finding) -> String { finding.brief(page: page) }

  /// Logs each finding once, at the level of its severity.
  public static func log(_ settings: Settings, to logger: Logger) {
    for finding in probe(settings) {
      switch finding.severity {
      case .notice: logger.notice("multipath: \(text(finding))")
      case .warning: logger.warning("multipath: \(text(finding))")
      case .error: logger.error("multipath: \(text(finding))")
      }
    }
  }
}
