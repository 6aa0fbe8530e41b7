// The effective settings as typed values: what the rest of the daemon reads.

import FTPServer
import LinuxSystem
import Logging
import MultipathTCP
import ServerLog
import TransportSecurity

/// Every setting, typed. Filled from the rows of ``SettingsTable`` only, defaults included, so nothing is told twice.
///
/// Durations are `Duration`, sizes bytes. Paths are as they were written, nil when not set.
public struct Settings: Sendable, Equatable {
  public var listen: [ListenSetting] = []
  public var greeting = ""

  public var accountsTable: String?
  public var accountsUser: String?
  public var accountsRoot: String?
  public var accountsReadOnly = false
  public var accountsAnonymous = false
  public var accountsAnonymousRoot: String?
  public var accountsAttempts = 0

  /// The names of the virtual hosts, in lower case.
  public var hostNames: [String] = []
  /// What is set for each virtual host.
  public var hosts: [String: HostSettings] = [:]
  public var defaultType = DefaultTransferType.ascii

  public var multipathControl = MultipathPolicy.automatic
  public var multipathData = MultipathPolicy.automatic
  public var multipathWarnings = false
  public var passiveEnabled = false
  /// nil: the kernel picks a free port.
  public var passivePorts: ClosedRange<UInt16>?
  public var passiveAddress = PassiveAddressSetting.automatic
  public var activeEnabled = false
  /// 0: the kernel picks a free port.
  public var activeSourcePort = 0

  public var tlsMode = TLSMode.allowed
  public var tlsCertificates: [String] = []
  public var tlsKeys: [String] = []
  public var tlsPassphraseFiles: [String] = []
  public var tlsMinimum = TLSOptions.Version.tls12
  public var tlsDataSession = DataSessionPolicy.prefer
  public var tlsMissingClose = MissingClosePolicy.accept
  public var tlsClearsControl = false
  public var tlsClientVerification = TLSOptions.ClientVerification.off
  public var tlsClientAuthority: String?
  public var tlsClientRevocations: String?
  /// Bytes; 0: no restart markers.
  public var markerInterval = 0
  public var codePage = CodePageSetting.ibm1047

  public var loginTimeout = Duration.zero
  public var handshakeTimeout = Duration.zero
  public var idleTimeout = Duration.zero
  public var dataConnectTimeout = Duration.zero
  public var dataStallTimeout = Duration.zero

  public var sessionLimit = 0
  /// 0: no limit of its own.
  public var sessionsPerAddressLimit = 0
  /// Bytes.
  public var commandLineLimit = 0
  /// Entries.
  public var listingSortLimit = 0

  /// Digests computed at once; 0: as many as there are processors.
  public var digests = 0
  /// Bytes; 0: no limit.
  public var digestSizeLimit = 0
  public var umask: UInt16 = 0
  public var logFormat = LogFormat.text
  public var logLevel = Logger.Level.info
  public var logTarget = LogTarget.automatic
  public var transferLog: String?
  public var shutdownGrace = Duration.zero
  public var privileges = PrivilegeSettings()

  init() {}

  /// What holds when nothing is set anywhere.
  public static let defaults: Settings = {
    var settings = Settings()
    for row in SettingsTable.rows {
      // A default that its own type refuses is a programming error; a test reads every row back.
      try? row.store(row.defaultItems, &settings)
    }
    return settings
  }()
}

/// Where to listen: `127.0.0.1:2121`, `[::1]:2121`, or `*:21` for every address of both families; `ftps://` in front makes TLS
/// implicit, `?tls=MODE` behind sets `tls.mode` for this listener alone.
public struct ListenSetting: Hashable, Sendable, CustomStringConvertible {
  /// nil: every address, IPv4 and IPv6.
  public let host: IPAddress?
  /// Host byte order; 0 lets the kernel pick a free one.
  public let port: UInt16
  /// What holds for its connections.
  public let rules: ListenerRules

  public init(host: IPAddress?, port: UInt16, rules: ListenerRules = ListenerRules()) {
    self.host = host
    self.port = port
    self.rules = rules
  }

  public var description: String {
    (rules.isImplicit ? "ftps://" : "") + (host.map { SocketAddress($0, port: port).description } ?? "*:\(port)")
      + (rules.mode.map { "?tls=\($0.rawValue)" } ?? "")
  }
}

/// The address a 227 reply names.
public enum PassiveAddressSetting: Hashable, Sendable, CustomStringConvertible {
  /// The address the client connected to.
  case automatic
  /// A fixed IPv4 address, for a server behind NAT.
  case fixed(IPAddress)

  public var description: String {
    switch self {
    case .automatic: return "auto"
    case .fixed(let address): return address.description
    }
  }
}

/// The EBCDIC code page of TYPE E, by IBM's number.
public enum CodePageSetting: String, Sendable, CaseIterable {
  case ibm1047 = "1047"
  case ibm037 = "037"
  case ibm500 = "500"
  case ibm273 = "273"
}
