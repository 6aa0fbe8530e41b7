// One path of a multipath connection, and the questions a server asks about a list of paths.

import LinuxSystem

/// One path: a separate TCP connection that carries part of a multipath connection.
public struct Subflow: Sendable, Hashable {
  /// The kernel's number for it, unique within the connection (Linux 6.5).
  public let id: UInt32?
  public let local: SocketAddress
  public let remote: SocketAddress
  public let statistics: PathStatistics
  /// How it was set up and whether it is a backup; only filled by ``MultipathSocket/subflowsWithRoles(_:)``.
  public internal(set) var role: SubflowRole?

  init(id: UInt32?, local: SocketAddress, remote: SocketAddress, statistics: PathStatistics) {
    self.id = id
    self.local = local
    self.remote = remote
    self.statistics = statistics
  }

  /// Whether it carries data now, see ``PathStatistics/isLive``.
  public var isLive: Bool { statistics.isLive }

  /// Payload bytes that went over it in both directions.
  public var bytes: UInt64 { (statistics.bytesAcknowledged ?? 0) &+ (statistics.bytesReceived ?? 0) }
}

/// How a subflow was established. Source: <linux/mptcp.h>, MPTCP_SUBFLOW_FLAG_*.
public struct SubflowRole: OptionSet, Sendable, Hashable, CustomStringConvertible {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// It was the first one, by the peer's or our MP_CAPABLE.
  public static let capableRemote = SubflowRole(rawValue: 1)
  public static let capableLocal = SubflowRole(rawValue: 2)
  /// It joined later, by the peer's or our MP_JOIN.
  public static let joinRemote = SubflowRole(rawValue: 4)
  public static let joinLocal = SubflowRole(rawValue: 8)
  /// The peer, or this host, wants it used only when no other is left.
  public static let backupRemote = SubflowRole(rawValue: 16)
  public static let backupLocal = SubflowRole(rawValue: 32)
  public static let fullyEstablished = SubflowRole(rawValue: 64)

  /// Either end marked it as a backup.
  public var isBackup: Bool { !isDisjoint(with: [.backupRemote, .backupLocal]) }
  /// It is the first subflow of its connection.
  public var isInitial: Bool { !isDisjoint(with: [.capableRemote, .capableLocal]) }

  public var description: String { (isInitial ? "initial" : "joined") + (isBackup ? ", backup" : "") }
}

extension [Subflow] {
  /// Remote addresses of all established paths. The keys of the connection prove that all of them belong to the same peer,
  /// so a peer policy accepts data connections from these addresses and from no others. A path that is losing packets
  /// counts too, because the peer may still be using it.
  public var remoteAddresses: Set<IPAddress> { Set(established.map(\.remote.address)) }

  /// Remote addresses of the paths that are live now, or of all if none is.
  public var liveRemoteAddresses: Set<IPAddress> { Set(liveOrAll.map(\.remote.address)) }

  /// Local addresses of the paths that are live now, or of all if none is.
  public var liveLocalAddresses: Set<IPAddress> { Set(liveOrAll.map(\.local.address)) }

  /// The local address to name in a 227 reply: that of the live path that most recently heard from the peer.
  ///
  /// getsockname(2) stays the address of the first path even when that path is dead.
  public var bestLocal: SocketAddress? { mostRecent?.local }

  /// The peer's address on the live path that most recently heard from it.
  public var bestRemote: SocketAddress? { mostRecent?.remote }

  private var mostRecent: Subflow? {
    func silence(_ path: Subflow) -> Duration {
      Swift.min(path.statistics.sinceAcknowledged, path.statistics.sinceDataReceived)
    }
    return liveOrAll.min { silence($0) < silence($1) }
  }

  private var established: [Subflow] { filter { $0.statistics.state == .established } }

  private var liveOrAll: [Subflow] {
    let live = filter(\.isLive)
    return live.isEmpty ? self : live
  }
}
