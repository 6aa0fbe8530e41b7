// Rules about more than one setting, or about the system: what is impossible together, which directories exist, who could log in.

import Accounts
import FTPProtocol
import Glibc
import LinuxSystem
import SafeText

/// Checks that need more than one value.
public enum SettingsRules {
  /// Settings that cannot hold together.
  static func contradictions(
    in settings: Settings, origins: [String: SettingOrigin]
  ) -> [SettingsProblem] {
    var problems: [SettingsProblem] = []
    func report(_ key: String, _ message: String) {
      problems.append(SettingsProblem(origins[key] ?? .standard, key: key, message))
    }
    if !settings.server.passiveEnabled && !settings.server.activeEnabled {
      report("passive.enabled", "no data connection is possible when active.enabled is false too")
    }
    if let user = settings.accountsUser {
      if settings.accountsRoot == nil {
        report("accounts.user", "\(quoted(user)) has no directory; give one as DIR or accounts.root")
      }
      if let problem = UserEntry.problem(ofName: user.utf8) { report("accounts.user", "\(quoted(user)) \(problem)") }
    }
    if settings.accountsAnonymous, settings.accountsAnonymousRoot == nil, settings.accountsRoot == nil {
      let advice = "give one as DIR, accounts.root or accounts.anonymous-root"
      report("accounts.anonymous", "there is no directory to serve; \(advice)")
    }
    if settings.tlsKeys.count > settings.tlsCertificates.count {
      report("tls.key", "lists more files than tls.certificate")
    }
    if settings.server.security.options.clientVerification != .off,
      settings.server.security.options.clientAuthority == nil
    {
      report("tls.client-verify", "needs tls.client-ca, the authorities that sign client certificates")
    }
    if settings.server.transfer.siteToSite != .off, settings.server.transfer.siteToSiteNetworks.isEmpty {
      report("transfer.site-to-site", "needs transfer.site-to-site-networks, where the other servers are")
    }
    if settings.hooks.isEnabled, settings.hooks.queue == nil {
      report(
        settings.hooks.url == nil ? "hooks.program" : "hooks.url", "needs hooks.queue, the directory where records wait"
      )
    }
    if let url = settings.hooks.url, !url.hasPrefix("https://") {
      report("hooks.url", "\(quoted(url)) does not begin with https://")
    }
    if settings.server.proxy.onData, settings.server.proxy.trusted.isEmpty {
      report("proxy.data", "needs proxy.trusted, where the balancers are")
    }
    return problems
  }

  /// Directories that settings name and that cannot be served.
  static func missingDirectories(
    in settings: Settings, origins: [String: SettingOrigin], refusal: (String) -> String?
  ) -> [SettingsProblem] {
    var problems: [SettingsProblem] = []
    func report(_ key: String, _ message: String) {
      problems.append(SettingsProblem(origins[key] ?? .standard, key: key, message))
    }
    func checkDirectory(_ key: String, _ path: String?) {
      if let path, let reason = directoryFault(path, refusal: refusal) { report(key, "\(quoted(path)) \(reason)") }
    }
    // What nobody is served from is nobody's fault, and Landlock has no rule for it.
    if settings.accountsUser != nil || settings.accountsAnonymous {
      checkDirectory("accounts.root", settings.accountsRoot)
    }
    checkDirectory("accounts.anonymous-root", settings.accountsAnonymousRoot)
    if let upload = settings.accountsAnonymousUpload {
      let path = try? VirtualPath(Array(upload.utf8))
      if !upload.hasPrefix("/") || path == nil || path?.isRoot == true {
        report(
          "accounts.anonymous-upload",
          "\(quoted(upload)) is not a directory beneath /, as an anonymous user sees it; expected one such as /incoming"
        )
      } else if let root = settings.accountsAnonymousRoot ?? settings.accountsRoot, settings.accountsAnonymous {
        checkDirectory("accounts.anonymous-upload", root + upload)
      }
    }
    for root in settings.accountsRoots {
      if let reason = rootFault(root) { report("accounts.roots", "\(quoted(root)) \(reason)") }
    }
    for (name, host) in settings.hosts.sorted(by: { $0.key < $1.key }) {
      checkDirectory("hosts.\(name).root", host.root)
      checkDirectory("hosts.\(name).anonymous-root", host.anonymousRoot)
    }
    return problems
  }

  /// Why nobody could log in; nil when somebody could. `tableEntries`: users in the table.
  public static func nobody(_ loaded: LoadedSettings, tableEntries: Int) -> SettingsProblem? {
    let settings = loaded.settings
    let isAnonymousSomewhere = settings.accountsAnonymous || settings.hosts.values.contains { $0.anonymousRoot != nil }
    guard !settings.privileges.localUsers.isEnabled, settings.accountsUser == nil, !isAnonymousSomewhere,
      tableEntries == 0
    else { return nil }
    let advice =
      "set accounts.table (--users FILE), accounts.user with accounts.root (--user NAME DIR), or accounts.anonymous with "
      + "accounts.root (--anonymous DIR)"
    guard let table = settings.accountsTable else {
      return SettingsProblem(loaded.origin("accounts.user"), key: "accounts", "nobody could log in; \(advice)")
    }
    let message = "\(quoted(table)) has no user: nobody could log in; \(advice)"
    return SettingsProblem(loaded.origin("accounts.table"), key: "accounts.table", message)
  }

  /// Why homes cannot be under `path`, in words that follow it; nil when it is a directory, whether or not this process may list it.
  private static func rootFault(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = errno
      return code == ENOENT
        ? "does not exist" : "cannot be examined: \(SystemError(code: code, call: "stat").reason)"
    }
    return status.st_mode & S_IFMT == S_IFDIR ? nil : "is not a directory"
  }

  /// Why `path` cannot be served, in words that follow it; nil when it is a directory this process may list.
  ///
  /// - Parameter refusal: see ``SettingsSources/refusal``.
  public static func directoryFault(_ path: String, refusal: (String) -> String?) -> String? {
    let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      close(directory)
      return nil
    }
    switch errno {
    case ENOENT: return "does not exist"
    case ENOTDIR: return "is not a directory"
    case let code:
      if code == EACCES, let reason = refusal(path) { return reason }
      return "cannot be opened: \(SystemError(code: code, call: "open").reason)"
    }
  }
}
