// Tells people which privileges are kept and which setting needs each: at start, and for `weftpd check --privileges`.

import DaemonSettings
import Glibc
import LinuxSystem

extension PrivilegePlan {
  /// The plan of the process that asks.
  public static func forThisProcess(_ loaded: LoadedSettings) throws(SettingsError) -> PrivilegePlan {
    try PrivilegePlan(
      loaded, currentUser: ThisProcess.user, firstUnprivilegedPort: ThisProcess.firstUnprivilegedPort
    ) { (name) throws(SystemError) in try UserDatabase.user(named: name) }
  }

  /// One line for the log: `serving as weftpd (uid 999), with CAP_NET_BIND_SERVICE (listen: port 21)`.
  public var summary: String {
    switch identity {
    case .root: return "serving as root with all of root's capabilities (server.allow-root)"
    case .unchanged: return "serving as uid \(ThisProcess.user), \(capabilityText)"
    case .becomes(let user): return "serving as \(user.name) (uid \(user.user)), \(capabilityText)"
    }
  }

  private var capabilityText: String {
    if reasons.isEmpty { return "without any capability" }
    let words = Capability.allCases.compactMap { capability in
      let reasons = reasons.filter { $0.capability == capability }.map { "\($0.setting): \($0.detail)" }
      return reasons.isEmpty ? nil : "\(capability) (\(reasons.joined(separator: ", ")))"
    }
    return "with " + words.joined(separator: ", ")
  }

  /// The lines of `weftpd check --privileges`.
  public var lines: [String] {
    var lines: [String] = []
    switch identity {
    case .unchanged: lines.append("user: whoever starts it (now uid \(ThisProcess.user)), groups unchanged")
    case .root: lines.append("user: root, with all of root's capabilities (server.allow-root)")
    case .becomes(let user):
      let groups = user.groups.map(String.init).joined(separator: " ")
      lines.append("user: \(user.name), uid \(user.user), gid \(user.group), groups \(groups) (server.user)")
    }
    if case .root = identity {} else if reasons.isEmpty { lines.append("capabilities: none") }
    for reason in reasons { lines.append("capability: \(reason.capability) (\(reason.setting): \(reason.detail))") }
    if identity != .root { lines.append("bounding and ambient sets: empty") }
    lines.append("no new privileges: yes")
    return lines
  }
}

/// What `weftpd check --privileges` prints.
public enum PrivilegeReport {
  /// - Throws: why `weftpd serve`, started by the same user, would refuse.
  public static func text(
    _ loaded: LoadedSettings, roots: [LandlockPlan.Root], _ sources: SettingsSources
  ) throws(SettingsError) -> String {
    var lines = try PrivilegePlan.forThisProcess(loaded).lines
    let version = Landlock.version
    if loaded.settings.privileges.landlock == .off {
      lines.append("landlock: off (server.landlock)")
    } else if version < 2 {
      lines.append("landlock: not available; this kernel has version \(version), 2 is needed")
    } else {
      lines.append("landlock: version \(version) of the kernel's interface")
      lines += sources.landlockPlan(loaded.settings, roots: roots).lines(version: version)
    }
    return lines.map { $0 + "\n" }.joined()
  }
}
