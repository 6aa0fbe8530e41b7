// What the settings let the process do with files and ports, as rules for Landlock. Pure but for resolving paths.

import DaemonSettings
import LinuxSystem
import SafeText

/// The rules Landlock is given.
public struct LandlockPlan: Sendable, Equatable {
  /// Why a path is allowed.
  public enum Purpose: String, Sendable {
    /// The tree of an account.
    case root
    /// Read again on a reload: settings, user table, certificates.
    case reload
    /// Where logs are written and reopened.
    case log
    /// What the daemon keeps for itself: files that are replaced as a whole.
    case state
    /// What the C library and the kernel's own files take: names of owners, time zones, counters.
    case system
  }

  /// A path and everything beneath it.
  public struct PathRule: Sendable, Equatable {
    /// Absolute, symbolic links resolved where there is anything.
    public let path: String
    public let access: Landlock.FileAccess
    public let purpose: Purpose
  }

  /// A directory that is served, and whether anybody may write there.
  public struct Root: Sendable, Hashable {
    public let path: String
    public let isReadOnly: Bool

    public init(path: String, isReadOnly: Bool) {
      self.path = path
      self.isReadOnly = isReadOnly
    }
  }

  public var paths: [PathRule] = []
  /// The ports that may be bound; nil: any.
  public var bindablePorts: [ClosedRange<UInt16>]?
  /// False: no TCP connection may be opened.
  public var mayConnect = true
  /// True when the service manager listens on an abstract UNIX socket (`@…`): then those stay allowed.
  public var needsAbstractSockets = false

  /// - Parameters:
  ///   - roots: the directories accounts live in.
  ///   - files: files a reload reads again, as the operator wrote them.
  ///   - notifySocket: the value of NOTIFY_SOCKET; source: sd_notify(3).
  ///   - backtraces: the value of SWIFT_BACKTRACE.
  public init(
    _ settings: Settings, roots: [Root], files: [String], notifySocket: String?, backtraces: String? = nil
  ) {
    for root in roots {
      add(root.path, root.isReadOnly ? .read : .readAndWrite, .root)
    }
    let local = settings.privileges.localUsers
    for home in local.isEnabled ? local.homes : [] {
      add(home, settings.accountsReadOnly ? .read : .readAndWrite, .root)
    }
    for file in files { addDirectories(of: file) }
    for directory in settings.logDirectories { add(directory, Self.logAccess, .log) }
    for directory in settings.stateDirectories { add(directory, Self.stateAccess, .state) }
    for path in Self.systemPaths { add(path, .read, .system) }
    add("/dev/null", [.readFile, .writeFile], .system)
    if let program = Self.backtracer(backtraces) {
      // The only program that is run; it needs the dynamic loader, too.
      for path in [program] + Self.loaders { add(path, [.readFile, .execute], .system) }
    }
    bindablePorts = Self.bindablePorts(settings)
    mayConnect = settings.server.activeEnabled || settings.accounts.backend == .postgres
    needsAbstractSockets = notifySocket?.hasPrefix("@") ?? false
  }

  private static let logAccess: Landlock.FileAccess = [.readFile, .readDirectory, .writeFile, .makeRegular]

  private static let stateAccess: Landlock.FileAccess = logAccess.union([.removeFile, .truncate])

  /// Names of owners (passwd, group and what nsswitch.conf names), the time zone, the resolver, OpenSSL's defaults, and what the
  /// process reads of itself and its network in /proc. All of /proc, because a rule cannot follow the directory of one process, and
  /// libdispatch traps when it cannot read the state of its threads. What needs ptrace(2) there Landlock denies anyway.
  private static let systemPaths = [
    "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/localtime", "/etc/timezone", "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/ld.so.cache", "/etc/ssl/openssl.cnf",
    "/etc/ssl/certs", "/usr/lib/ssl", "/usr/share/zoneinfo", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib",
    "/lib64",
    "/var/lib/sss/mc", "/dev/urandom", "/dev/zero", "/proc", "/sys/devices/system/cpu",
  ]

  /// The program that SWIFT_BACKTRACE has write the backtrace of a crash; nil when it does not say which, or wants none.
  static func backtracer(_ variable: String?) -> String? {
    let options = (variable ?? "").split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
    func value(_ name: String) -> String? {
      options.last { $0.first ?? "" == name && $0.count == 2 }.map { String($0[1]) }
    }
    guard let path = value("swift-backtrace"), path.hasPrefix("/"), !["no", "off", "false"].contains(value("enable"))
    else { return nil }
    return path
  }

  private static let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]

  private mutating func add(_ path: String, _ access: Landlock.FileAccess, _ purpose: Purpose) {
    let resolved = (try? File.resolvedPath(path)) ?? File.absolutePath(path)
    if let index = paths.firstIndex(where: { $0.path == resolved }) {
      paths[index] = PathRule(
        path: resolved, access: paths[index].access.union(access), purpose: paths[index].purpose)
    } else {
      paths.append(PathRule(path: resolved, access: access, purpose: purpose))
    }
  }

  /// Landlock sees a replaced file as a new one, so the rule is for the directory the file is in; for a symbolic link, also for the
  /// directory it leads to.
  private mutating func addDirectories(of file: String) {
    let path = File.absolutePath(file)
    for place in [path, try? File.resolvedPath(path)] {
      guard let place, let slash = place.lastIndex(of: "/") else { continue }
      if slash == place.startIndex { add(place, .read, .reload) } else { add(String(place[..<slash]), .read, .reload) }
    }
  }

  /// The ports of the passive range and of active mode, and the control ports, which may have to be bound again. Where a setting lets
  /// the kernel pick, port 0 stands for any.
  private static func bindablePorts(_ settings: Settings) -> [ClosedRange<UInt16>] {
    var ports = settings.listeningPorts.map { $0.port...$0.port }
    if settings.server.passiveEnabled { ports.append(settings.server.passivePorts ?? 0...0) }
    if settings.server.activeEnabled {
      ports.append(settings.server.activeSourcePort...settings.server.activeSourcePort)
    }
    return ports
  }

  /// The rules that hold under a kernel's version of Landlock, as lines for people.
  public func lines(version: Int) -> [String] {
    var lines = paths.map { rule in
      let may =
        rule.access.contains(.writeFile) ? "read and write" : rule.access.contains(.execute) ? "read and run" : "read"
      return "landlock: \(may) \(quoted(rule.path)) (\(rule.purpose.rawValue))"
    }
    guard version >= 4 else {
      return lines + ["landlock: ports are not confined (the kernel knows version \(version), 4 is needed)"]
    }
    if let bindablePorts {
      let words = bindablePorts.map { range in
        range == 0...0
          ? "any port the kernel picks"
          : range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
      }
      lines.append("landlock: bind TCP ports \(words.joined(separator: ", "))")
    }
    lines.append(
      "landlock: " + (mayConnect ? "connect to any TCP port (active.enabled)" : "no outgoing TCP connections"))
    return lines
  }
}

extension Settings {
  /// The directories log files stand in.
  var logDirectories: [String] {
    guard let path = transferLog.map(File.absolutePath), let slash = path.lastIndex(of: "/") else { return [] }
    return [slash == path.startIndex ? "/" : String(path[..<slash])]
  }

  /// The directories of the files that the daemon keeps for itself.
  var stateDirectories: [String] {
    let accountFiles = controlSocket != nil && controlAccounts ? [accountsTable, accounts.sqlite] : []
    // A link is followed before what it leads to is replaced.
    let targets = accountFiles.compactMap { $0 }.map { (try? File.resolvedPath($0)) ?? $0 }
    let files = [bans.file, bans.nftables, quotaStore].compactMap { $0 } + targets
    return files.map(File.absolutePath).compactMap { path in
      path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) }
    }
  }

  /// The files a reload reads again, the settings file apart.
  var filesReadAgain: [String] {
    let ofHosts = hostNames.flatMap { [self[host: $0].users, self[host: $0].certificate, self[host: $0].key] }
    let ofTLS =
      tlsCertificates + tlsKeys + tlsPassphraseFiles
      + [
        server.security.options.clientAuthority, server.security.options.clientRevocations,
        server.transfer.siteToSiteAuthorities,
      ].compactMap { $0 }
    // SQLite also looks for a journal beside its file; libpq reads its authorities whenever it connects.
    let ofAccounts = [
      accountsTable, accounts.sqlite, accounts.postgres.passwordFile, accounts.postgres.rootCertificate,
    ]
    return (ofAccounts + ofHosts).compactMap { $0 } + ofTLS
  }
}

extension SettingsSources {
  /// The rules for what these sources say.
  ///
  /// - Parameter roots: the directories accounts live in; none while the user table has not been read yet.
  public func landlockPlan(_ settings: Settings, roots: [LandlockPlan.Root]) -> LandlockPlan {
    LandlockPlan(
      settings, roots: roots, files: [configPath].compactMap { $0 } + settings.filesReadAgain,
      notifySocket: environment["NOTIFY_SOCKET"], backtraces: environment["SWIFT_BACKTRACE"])
  }
}
