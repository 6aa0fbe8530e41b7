// What leads to a ban, and for how long.

import LinuxSystem

/// The limits of offences, as the settings `bans.*` have them. 0 switches a limit off.
public struct BanRules: Sendable, Equatable {
  /// Failed logins from one client (an IPv4 address, the /64 of an IPv6 address) within ``window``.
  public var failures = 0
  /// Failed logins of one user, from all addresses together, within ``window``.
  public var userFailures = 0
  /// Lines that are no command of this server, from one client within ``window``.
  public var unknownCommands = 0
  /// Control connections of one client within ``window``, those that were refused included.
  public var connections = 0
  /// In what time so many offences lead to a ban.
  public var window: Duration = .seconds(600)
  /// How long an automatic ban holds.
  public var duration: Duration = .seconds(3600)
  /// Who is never banned, and whom no ban holds for.
  public var allowed: [IPNetwork] = []

  public init() {}

  /// Whether some offence leads to a ban.
  public var isActive: Bool { failures > 0 || userFailures > 0 || unknownCommands > 0 || connections > 0 }

  /// How many offences of a kind one client may not reach; 0: any number.
  func limit(_ offence: Offence) -> Int {
    switch offence {
    case .failedLogin: failures
    case .unknownCommand: unknownCommands
    case .connection: connections
    }
  }
}

/// What is held against a client.
public enum Offence: UInt8, Sendable, CaseIterable {
  case failedLogin, unknownCommand, connection

  /// In a reason: `10 failed logins`.
  func words(_ count: Int) -> String {
    switch self {
    case .failedLogin: "\(count) failed logins"
    case .unknownCommand: "\(count) lines that are no command"
    case .connection: "\(count) connections"
    }
  }
}
