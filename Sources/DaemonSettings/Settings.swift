// The effective settings as typed values: what the rest of the daemon reads.

import FTPServer
import Hooks
import LinuxSystem
import Logging
import ServerLog
import ServerMetrics

/// Every setting, typed. The initial values are the defaults; the rows of ``SettingsTable`` write all others.
///
/// Durations are `Duration`, sizes bytes. Paths are as they were written, nil when not set.
public struct Settings: Sendable, Equatable {
  /// What the server works by: a setting of the server is a field there, which its row writes. ``configuration`` is what the server
  /// is given.
  public var server = ServerConfiguration()
  public var listen = [ListenSetting(host: IPAddress(ipv4: 0x7F00_0001), port: 2121)]

  public var accountsTable: String?
  public var accountsUser: String?
  public var accountsRoot: String?
  public var accountsRoots: [String] = []
  public var accountsReadOnly = false
  public var accountsAnonymous = false
  public var accountsAnonymousRoot: String?
  /// As anonymous clients see it.
  public var accountsAnonymousUpload: String?
  /// Databases of accounts, and authorities outside.
  public var accounts = AccountSettings()

  /// The names of the virtual hosts, in lower case.
  public var hostNames: [String] = []
  /// What is set for each virtual host.
  public var hosts: [String: HostSettings] = [:]

  public var tlsCertificates: [String] = []
  public var tlsKeys: [String] = []
  public var tlsPassphraseFiles: [String] = []

  /// Where operators reach the server; nil: nowhere.
  public var controlSocket: String?
  /// Whether accounts can be changed there by others than root, too.
  public var controlAccounts = false

  /// Where metrics are scraped; nil: nowhere, and nothing is counted for them.
  public var metricsListen: MetricsAddress?

  public var logFormat = LogFormat.text
  public var logLevel = Logger.Level.info
  public var logTarget = LogTarget.automatic
  /// Where ``LogTarget/syslog`` goes.
  public var logSyslog = SyslogAddress.local("/dev/log")
  public var transferLog: String?
  public var quotaStore: String?
  /// The name of this server among those that share quotas in PostgreSQL; nil: that of the host.
  public var quotaServer: String?
  /// Which files the quotas of several servers are about.
  public var quotaStorage = QuotaStorage.shared
  public var shutdownGrace = Duration.seconds(30)
  /// How long the sessions of a process that has a successor go on without a transfer.
  public var shutdownUpgrade = Duration.seconds(3600)
  public var privileges = PrivilegeSettings()
  public var bans = BanSettings()
  public var hooks = HookSettings()

  /// What holds when nothing is set anywhere.
  public init() {}
}

/// Which files several servers have that share quotas.
public enum QuotaStorage: String, Sendable, CaseIterable {
  /// The same: a network file system.
  case shared
  /// Each its own; a quota bounds the sum.
  case own
}

extension Settings {
  /// Whether quotas are counted in the database of accounts, together with other servers.
  public var sharesQuotas: Bool { accounts.backend == .postgres && quotaStore == nil }
  /// The same of bans.
  public var sharesBans: Bool { accounts.backend == .postgres && bans.file == nil }
}
