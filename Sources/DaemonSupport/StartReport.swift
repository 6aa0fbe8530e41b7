// The start screen: what is served, to whom, how, and what an operator should change.

import Accounts
import DaemonSettings
import FTPServer
import LinuxSystem
import Logging
import MultipathTCP
import SafeText

/// The lines of the start screen.
public struct StartReport: Sendable {
  /// One line with its level; warnings say what to do.
  public struct Line: Sendable, Equatable {
    public let level: Logger.Level
    public let text: String
  }

  public private(set) var lines: [Line] = []

  /// - Parameters:
  ///   - tls: What is known of TLS and the certificate, in one line; nil when there is none.
  ///   - isSelfSigned: The certificate was made at the start, because there is none in the settings.
  ///   - privileges: Which privileges were kept, in one line; nil leaves the line out.
  public init(
    settings: Settings, accounts: AccountSetup, addresses: [SocketAddress], tls: String? = nil,
    isSelfSigned: Bool = false, privileges: String? = nil
  ) {
    tell("users: \(Self.users(settings, accounts))")
    tell("roots: \(Self.roots(accounts, settings.privileges.localUsers))")
    tell("data connections: \(Self.data(settings))")
    tell("multipath TCP: \(Self.multipath(settings, MultipathTCP.HostSettings.current()))")
    tell("TLS: \(tls ?? "off")")
    if let privileges { tell(privileges) }
    if let path = settings.transferLog { tell("transfer log: \(path)") }
    let isPublic = !addresses.allSatisfy(\.address.isLoopback)
    if isPublic, settings.server.security.mode < .requiredLogin {
      let why = tls == nil ? "there is no TLS" : "TLS is optional"
      warn("\(why): passwords may cross the network in clear text; set tls.mode to required-login")
    }
    if isPublic, isSelfSigned {
      warn("clients cannot verify a self-signed certificate; set tls.certificate to one they trust")
    }
    if settings.server.passiveEnabled, settings.server.passivePorts == nil, isPublic {
      warn("passive.ports is 0: a firewall cannot know which ports to open; set a range such as 50000-50100")
    }
    if case .automatic = settings.server.passiveAddress, addresses.contains(where: { Self.isContainer($0) }) {
      warn(
        "this looks like a container behind NAT; set passive.address to the address clients connect to, or PASV fails")
    }
  }

  /// Logs the lines in order.
  public func log(to logger: Logger) {
    for line in lines { logger.log(level: line.level, "\(line.text)") }
  }

  private mutating func tell(_ text: String) { lines.append(Line(level: .notice, text: text)) }
  private mutating func warn(_ text: String) { lines.append(Line(level: .warning, text: text)) }

  private static func users(_ settings: Settings, _ accounts: AccountSetup) -> String {
    var parts: [String] = []
    if let name = settings.accountsUser { parts.append("\(quoted(name)) of accounts.user") }
    if let path = settings.accountsTable { parts.append("\(accounts.tableCount) in \(path)") }
    switch settings.accounts.backend {
    case .table: break
    case .sqlite: parts.append("\(accounts.tableCount) in \(settings.accounts.sqlite ?? "")")
    case .postgres: parts.append("those in PostgreSQL (\(settings.accounts.postgres.connection ?? ""))")
    }
    if let authority = settings.accounts.external.program ?? settings.accounts.external.url {
      parts.append("those whom \(authority) knows")
    }
    let local = settings.privileges.localUsers
    if local.isEnabled {
      let helper = local.helperSocket.map { "weftpd-authd at \($0)" } ?? "weftpd's own weftpd-authd"
      parts.append(
        "system users from uid \(local.minimumUser), checked by PAM service \(local.service) through \(helper)")
    }
    if settings.accountsAnonymous { parts.append("anonymous (read-only)") }
    if !settings.hostNames.isEmpty { parts.append("virtual hosts \(settings.hostNames.joined(separator: ", "))") }
    if settings.accountsReadOnly { parts.append("read-only for all") }
    return parts.joined(separator: ", ")
  }

  /// The directories served, the first few by name.
  private static func roots(_ accounts: AccountSetup, _ local: LocalUserSettings) -> String {
    var homes: [String] = []
    for (source, table) in accounts.sources {
      let entries = table.entries + accounts.databaseEntries
      let ofTable = accounts.commonRoots.isEmpty ? entries.map(\.home) : []
      for home in [source.single?.home, source.anonymousRoot] + ofTable {
        if let home, !homes.contains(home) { homes.append(home) }
      }
    }
    var shown = homes.prefix(4).map(quoted)
    if homes.count > 4 { shown.append("\(homes.count - 4) more") }
    if !accounts.commonRoots.isEmpty {
      shown.append("homes under \(accounts.commonRoots.map(quoted).joined(separator: ", "))")
    }
    if local.isEnabled {
      shown.append("homes of system users in \(local.homes.map(quoted).joined(separator: ", "))")
    }
    return shown.joined(separator: ", ")
  }

  private static func data(_ settings: Settings) -> String {
    var parts: [String] = []
    if settings.server.passiveEnabled {
      let ports = settings.server.passivePorts.map { "ports \($0.lowerBound)-\($0.upperBound)" } ?? "any port"
      parts.append("passive on \(ports), address \(settings.server.passiveAddress.asSetting)")
    } else {
      parts.append("no passive mode")
    }
    parts.append(settings.server.activeEnabled ? "active to the client's own address" : "no active mode")
    let transfer = settings.server.transfer
    if transfer.siteToSite != .off {
      let networks = transfer.siteToSiteNetworks.map(\.description).joined(separator: ", ")
      parts.append("site to site (\(transfer.siteToSite.rawValue)) with \(networks)")
    }
    return parts.joined(separator: "; ")
  }

  private static func multipath(_ settings: Settings, _ host: MultipathTCP.HostSettings) -> String {
    let wanted =
      "control \(settings.server.multipath.control.rawValue), data \(settings.server.multipath.data.rawValue)"
    guard let enabled = host.enabled else { return "\(wanted); not in this kernel" }
    guard enabled else { return "\(wanted); switched off in this kernel (net.mptcp.enabled)" }
    return "\(wanted); checksum \(host.checksum == true ? "on" : "off"), scheduler \(host.scheduler ?? "default")"
  }

  private static func isContainer(_ address: SocketAddress) -> Bool {
    !address.address.isLoopback && ["/run/.containerenv", "/.dockerenv"].contains { File.exists($0) }
  }
}
