// The settings of privileges: whom the daemon serves as, how far it is confined, and the local users who may need more.

/// Whom weftpd is to the system while it serves.
public struct PrivilegeSettings: Sendable, Equatable {
  /// The user a daemon started as root becomes; nil when it was not said.
  public var user: String?
  public var allowsRoot = false
  public var landlock = LandlockSetting.automatic
  public var localUsers = LocalUserSettings()

  init() {}
}

/// The users of the system who may log in, and how their passwords are checked.
public struct LocalUserSettings: Sendable, Equatable {
  public var isEnabled = false
  /// The directories their homes lie in.
  public var homes = ["/home"]
  /// The PAM service.
  public var service = "weftpd"
  public var minimumUser: UInt32 = 1000
  /// Where systemd listens for weftpd-authd; nil: weftpd starts its own.
  public var helperSocket: String?

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
      The user that weftpd becomes, with that user's groups, before it serves anybody, if root starts it. The files \
      of users from the user table and of anonymous users belong to this user.
      """),
    Setting(
      "server.allow-root", .flag, \.privileges.allowsRoot, needsRestart: true,
      """
      Serve as root, with all of root's capabilities, if `server.user` is not set. Without this such a start is \
      refused.
      """),
    Setting(
      "server.landlock", .choice(), \.privileges.landlock, needsRestart: true,
      """
      Whether the kernel's Landlock restricts the process to the directories and ports of these settings: \
      `automatic` if the kernel can, `required` to refuse to start otherwise, or `off`.
      """),
  ]

  static let localUsers: [Setting] = [
    Setting(
      "accounts.local", .flag, \.privileges.localUsers.isEnabled, needsRestart: true,
      """
      The users of this system may log in with the passwords PAM knows, and have the rights in their homes that the \
      system gives them. Needs CAP_SETUID and CAP_SETGID. If a name is also in the user table, the table wins.
      """),
    Setting(
      "accounts.local-homes", .paths("the path of a directory, such as /home"), \.privileges.localUsers.homes,
      needsRestart: true,
      """
      The directories that contain local users' homes. If Landlock confines the process, a home elsewhere is not \
      served.
      """
    ),
    Setting(
      "accounts.pam-service", .line(limit: 64), \.privileges.localUsers.service, needsRestart: true,
      "The PAM service that checks local users: a file of this name in /etc/pam.d."),
    Setting(
      "accounts.minimum-uid", .integer(1...2_147_483_647), \.privileges.localUsers.minimumUser,
      needsRestart: true,
      """
      Local users with a lower uid may not log in. Root never may, nor may users listed in /etc/ftpusers or with a \
      shell that is not in /etc/shells.
      """),
    Setting(
      "accounts.authd-socket", .optional("path", "the path of a socket, such as /run/weftpd/authd.sock"),
      \.privileges.localUsers.helperSocket, needsRestart: true,
      """
      Where systemd listens for weftpd-authd, the process that talks to PAM. If this is not set, weftpd starts its \
      own, and must then be started as root.
      """),
  ]
}
