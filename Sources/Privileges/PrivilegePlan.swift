// Which privileges the settings need, and which setting needs each. Pure: it looks at nothing but its arguments.

import DaemonSettings
import LinuxSystem
import SafeText

/// Which capabilities are kept, and who the process becomes.
public struct PrivilegePlan: Sendable, Equatable {
  /// A capability and the setting that asks for it.
  public struct Reason: Sendable, Equatable {
    public let capability: Capability
    /// The key.
    public let setting: String
    /// The part of the setting that needs it: `port 21`.
    public let detail: String
  }

  /// Who the process is while it serves.
  public enum Identity: Sendable, Equatable {
    /// Whoever started it.
    case unchanged
    /// It was started as root and becomes this user.
    case becomes(SystemUser)
    /// It was started as root and stays so, with all capabilities, because `server.allow-root` says so.
    case root
  }

  public let identity: Identity
  public let reasons: [Reason]

  /// The capabilities to keep, each once.
  public var capabilities: Set<Capability> { Set(reasons.map(\.capability)) }

  /// - Parameters:
  ///   - currentUser: the effective user id the process was started with.
  ///   - firstUnprivilegedPort: see `ThisProcess.firstUnprivilegedPort`.
  ///   - look: finds a user by name.
  /// - Throws: why the daemon must not start, and what to do about it.
  public init(
    _ loaded: LoadedSettings, currentUser: UInt32, firstUnprivilegedPort: Int = 1024,
    look: (String) throws(SystemError) -> SystemUser?
  ) throws(SettingsError) {
    reasons = Self.reasons(loaded.settings, firstUnprivilegedPort: firstUnprivilegedPort)
    identity = try Self.identity(loaded, currentUser: currentUser, look: look)
  }

  /// Keeps nothing, and becomes `user`: for a helper, which needs no privilege. nil: it stays who it is.
  public init(becoming user: SystemUser?) {
    identity = user.map { .becomes($0) } ?? .unchanged
    reasons = []
  }

  static func reasons(_ settings: Settings, firstUnprivilegedPort first: Int = 1024) -> [Reason] {
    var reasons: [Reason] = []
    func ask(_ setting: String, port: UInt16) {
      guard port > 0, Int(port) < first else { return }
      reasons.append(Reason(capability: .netBindService, setting: setting, detail: "port \(port)"))
    }
    for (setting, port) in settings.listeningPorts { ask(setting, port: port) }
    if settings.server.passiveEnabled, let range = settings.server.passivePorts {
      ask("passive.ports", port: range.lowerBound)
    }
    if settings.server.activeEnabled { ask("active.source-port", port: settings.server.activeSourcePort) }
    if settings.privileges.localUsers.isEnabled {
      for capability in [Capability.setuid, .setgid] {
        reasons.append(Reason(capability: capability, setting: "accounts.local", detail: "files as their owners"))
      }
    }
    return reasons
  }

  private static func identity(
    _ loaded: LoadedSettings, currentUser: UInt32, look: (String) throws(SystemError) -> SystemUser?
  ) throws(SettingsError) -> Identity {
    let settings = loaded.settings.privileges
    func failure(_ key: String, _ message: String) -> SettingsError {
      SettingsError([SettingsProblem(loaded.origin(key), key: key, message)])
    }
    guard let name = settings.user else {
      if currentUser != 0 { return .unchanged }
      if settings.allowsRoot { return .root }
      throw failure(
        "server.user",
        "weftpd was started as root and would keep all of root's capabilities; name the user it becomes "
          + "(server.user: weftpd in the settings file, or --set server.user=weftpd), start it as another user, or allow "
          + "root (server.allow-root: true)")
    }
    let found: SystemUser?
    do throws(SystemError) {
      found = try look(name)
    } catch {
      throw failure("server.user", "\(quoted(name)) cannot be looked up: \(error)")
    }
    guard let user = found else {
      throw failure("server.user", "there is no user \(quoted(name)) on this system; create one with useradd --system")
    }
    if user.user == currentUser, currentUser != 0 { return .unchanged }
    guard currentUser == 0 else {
      throw failure(
        "server.user", "only root can become \(quoted(name)); start weftpd as root or as \(quoted(name)) itself")
    }
    if user.user != 0 { return .becomes(user) }
    if settings.allowsRoot { return .root }
    throw failure("server.user", "\(quoted(name)) is root; name another user, or set server.allow-root too")
  }
}

extension Settings {
  /// The ports control connections are accepted on, and the setting that names each.
  var listeningPorts: [(setting: String, port: UInt16)] { listen.map { ("listen", $0.port) } }
}
