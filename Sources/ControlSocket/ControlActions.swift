// What the control socket needs of the daemon behind it, and of whoever keeps bans.

import ControlProtocol
import LinuxSystem

/// What an operator can have the daemon do. Each is called on a queue of the control socket, one at a time, and may take its time.
public protocol ControlActions: Sendable {
  /// Reads settings and user tables again, as SIGHUP does.
  ///
  /// - Returns: true when what was read is in force.
  func reloadForOperator() -> Bool
  /// Lets no new session begin, and ends the process when the last transfer is done.
  ///
  /// - Parameters:
  ///   - limit: after which transfers are broken off; nil: however long they take.
  ///   - who: who asks, for the log.
  /// - Returns: false when it is ending already.
  func drain(within limit: Duration?, for who: String) -> Bool
  /// What is wrong with the settings in force, as comments, and all of them with where each came from; no secrets.
  func describeSettings() -> String
  /// The accounts, for operators; nil: there are none that could be looked at.
  var accounts: (any AccountKeeper)? { get }
  /// The file systems that are served, ``ControlLimits/disks`` at most. It may wait for them.
  var disks: [DiskEntry] { get }
  /// The process ends as soon as its last transfer has.
  var isDraining: Bool { get }

  /// How this process was started.
  var origin: OriginEntry { get }
  /// What a successor is to have, and the descriptors in the order ``InheritanceEntry`` says but for the control socket: those before it and
  /// those behind it. They stay this process's. Nil when it has none to give any more.
  func inheritance() -> (entry: InheritanceEntry, listeners: [Int32], others: [Int32])?
  /// A successor, `process`, accepts from now on: this one ends with its last session.
  ///
  /// - Parameter hooks: the pipe that events go to from now on, if another.
  /// - Returns: the number the successor's first session may have, and how many sessions go on here; nil when this process is ending.
  func succeed(by process: UInt32, hooks: consuming Descriptor?) -> (firstSession: UInt64, sessions: Int)?
  /// The process that accepts in place of this one; nil: it does itself.
  var successor: UInt32? { get }
  /// The processes this one has taken the place of and that have not ended.
  var predecessors: [UInt32] { get }
  /// Has them do the same; it blocks until they have.
  ///
  /// - Returns: what they count as done: sessions ended, bans lifted.
  func askPredecessors(_ request: ControlRequest) -> Int
}

/// Keeps the addresses that are refused. Who embeds the server may have one; without it the control socket answers that there is none.
public protocol BanKeeper: Sendable {
  /// Refuses an address or network from now on.
  ///
  /// - Parameters:
  ///   - address: as the operator wrote it.
  ///   - limit: how long; nil: until it is taken back.
  /// - Throws: why not, in words.
  func ban(_ address: String, for limit: Duration?, reason: String) throws(BanRefusal)
  /// Takes a ban back.
  ///
  /// - Returns: false when there is none of that address.
  func unban(_ address: String) throws(BanRefusal) -> Bool
  /// What is refused now.
  var bans: [BanEntry] { get }
}

/// Why a ban cannot be, in words.
public struct BanRefusal: Error, Sendable, Equatable {
  public let reason: String

  public init(_ reason: String) { self.reason = reason }
}
