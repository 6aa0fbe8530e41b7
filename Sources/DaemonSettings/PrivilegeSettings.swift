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
      The user a daemon that is started as root becomes, with that user's groups, before it serves anybody: the files of \
      the user table's users and of anonymous ones belong to this user.
      """),
    Setting(
      "server.allow-root", .flag, \.privileges.allowsRoot, needsRestart: true,
      """
      Serve as root, with all of root's capabilities, when `server.user` is not set. Without it such a start is refused.
      """),
    Setting(
      "server.landlock", .choice(), \.privileges.landlock, needsRestart: true,
      """
      Whether the kernel's Landlock keeps the process to the directories and ports of these settings: `automatic` as far \
      as the kernel can, `required` or not at all, `off`.
      """),
  ]

  static let localUsers: [Setting] = [
    Setting(
      "accounts.local", .flag, \.privileges.localUsers.isEnabled, needsRestart: true,
      """
      The users of this system may log in, with the passwords PAM knows, and have in their homes the rights the system \
      gives them. Takes CAP_SETUID and CAP_SETGID. Names in the user table go before.
      """),
    Setting(
      "accounts.local-homes", .paths("the path of a directory, such as /home"), \.privileges.localUsers.homes,
      needsRestart: true,
      "The directories in which local users' homes lie; a home elsewhere is not served when Landlock confines the process."
    ),
    Setting(
      "accounts.pam-service", .line(limit: 64), \.privileges.localUsers.service, needsRestart: true,
      "The PAM service local users are checked with: a file of this name in /etc/pam.d."),
    Setting(
      "accounts.minimum-uid", .integer(1...2_147_483_647), \.privileges.localUsers.minimumUser,
      needsRestart: true,
      """
      Local users with a lower id may not log in; root never may, nor who is in /etc/ftpusers or has a shell that is not \
      in /etc/shells.
      """),
    Setting(
      "accounts.authd-socket", .optional("path", "the path of a socket, such as /run/weftpd/authd.sock"),
      \.privileges.localUsers.helperSocket, needsRestart: true,
      """
      Where systemd listens for weftpd-authd, the process that talks to PAM. Not set, weftpd starts its own, for which it \
      has to be started as root.
      """),
  ]
}
