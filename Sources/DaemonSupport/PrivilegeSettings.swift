// The settings of privileges: whom the daemon serves as, how far it is confined, and the local users who may need more.

/// Whom weftpd is to the system while it serves.
public struct PrivilegeSettings: Sendable, Equatable {
  /// The user a daemon started as root becomes; nil when it was not said.
  public var user: String?
  public var allowsRoot = false
  public var landlock = LandlockSetting.automatic

  init() {}
}

/// Whether Landlock confines the process.
public enum LandlockSetting: String, Sendable, CaseIterable {
  /// As far as the kernel can.
  case automatic
  /// The daemon does not start without.
  case required
  case off
}

extension SettingsTable {
  static let privileges: [Setting] = [
    Setting(
      "server.user", .optional("name", "the name of a user of this system, such as weftpd"), \.privileges.user,
      needsRestart: true,
      """
      The user a daemon that is started as root becomes, with that user's groups, before it serves anybody: the files of \
      the user table's users and of anonymous ones belong to this user.
      """),
    Setting(
      "server.allow-root", .flag, \.privileges.allowsRoot, default: "false", needsRestart: true,
      """
      Serve as root, with all of root's capabilities, when `server.user` is not set. Without it such a start is refused.
      """),
    Setting(
      "server.landlock", .choice(), \.privileges.landlock, default: "automatic", needsRestart: true,
      """
      Whether the kernel's Landlock keeps the process to the directories and ports of these settings: `automatic` as far \
      as the kernel can, `required` or not at all, `off`.
      """),
  ]

  static let localUsers: [Setting] = []
}
