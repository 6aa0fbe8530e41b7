// What a server tells of its sessions, its transfers and itself, as values.

/// Which way a transfer goes.
public enum ControlDirection: UInt8, Sendable {
  case download, upload, listing, fileWork
}

/// One path of a multipath connection, or a plain TCP connection as a whole.
public struct PathEntry: Sendable, Equatable {
  /// `ADDRESS:PORT`.
  public var local: String
  public var remote: String
  /// Payload bytes in both directions.
  public var bytes: UInt64
  /// Whether it carries data now.
  public var isLive: Bool
  public var roundTripMicroseconds: UInt32
  public var retransmissions: UInt32

  public init(
    local: String, remote: String, bytes: UInt64, isLive: Bool, roundTripMicroseconds: UInt32, retransmissions: UInt32
  ) {
    self.local = local
    self.remote = remote
    self.bytes = bytes
    self.isLive = isLive
    self.roundTripMicroseconds = roundTripMicroseconds
    self.retransmissions = retransmissions
  }
}

/// A connection of a session with its paths.
public struct ConnectionEntry: Sendable, Equatable {
  /// What it is, in words, such as `multipath` or `plain TCP: the client does not use multipath`.
  public var kind: String
  public var paths: [PathEntry]

  public init(kind: String, paths: [PathEntry]) {
    self.kind = kind
    self.paths = paths
  }
}

/// A transfer that runs.
public struct TransferEntry: Sendable, Equatable {
  public var verb: String
  public var direction: ControlDirection
  /// The virtual path; cut after ``ControlLimits/path`` bytes.
  public var path: [UInt8]
  /// Milliseconds since it began.
  public var milliseconds: UInt64
  /// Bytes it will have; nil when that is not known.
  public var total: UInt64?
  /// Bytes it has moved.
  public var bytes: UInt64
  /// Its data connection is under TLS (PROT P).
  public var isPrivate: Bool
  /// Its data connection is multipath; ``SessionEntry/paths`` are this connection's then.
  public var isMultipath: Bool

  public init(
    verb: String, direction: ControlDirection, path: [UInt8], milliseconds: UInt64, total: UInt64?, bytes: UInt64,
    isPrivate: Bool, isMultipath: Bool
  ) {
    self.verb = verb
    self.direction = direction
    self.path = path
    self.milliseconds = milliseconds
    self.total = total
    self.bytes = bytes
    self.isPrivate = isPrivate
    self.isMultipath = isMultipath
  }
}

/// A session at one moment.
public struct SessionEntry: Sendable, Equatable {
  /// Unique while the server's process lives.
  public var id: UInt64
  /// `ADDRESS:PORT`.
  public var peer: String
  /// Empty before a login.
  public var user: [UInt8]
  /// The TLS of the control connection; empty in clear.
  public var tls: String
  /// The control connection is multipath.
  public var isMultipath: Bool
  /// Milliseconds since the client connected.
  public var connected: UInt64
  /// Milliseconds since its last command.
  public var idle: UInt64
  /// The last command's name; empty before the first.
  public var verb: String
  public var transfer: TransferEntry?
  /// What each path of the multipath transfer has carried, when last looked.
  public var paths: [PathEntry]
  /// The limits that client and server have agreed on (OPTS LIMITS); empty: none.
  public var limits: String

  public init(
    id: UInt64, peer: String, user: [UInt8], tls: String, isMultipath: Bool, connected: UInt64, idle: UInt64,
    verb: String, transfer: TransferEntry?, paths: [PathEntry], limits: String = ""
  ) {
    self.id = id
    self.peer = peer
    self.user = user
    self.tls = tls
    self.isMultipath = isMultipath
    self.connected = connected
    self.idle = idle
    self.verb = verb
    self.transfer = transfer
    self.paths = paths
    self.limits = limits
  }
}

/// The server as a whole.
public struct StatusEntry: Sendable, Equatable {
  public var version: String
  public var process: UInt32
  /// Milliseconds since its start.
  public var uptime: UInt64
  /// It ends when its last transfer has.
  public var isDraining: Bool
  public var level: ControlLevel
  /// Where it accepts control connections.
  public var listeners: [String]
  public var sessions: UInt64
  public var transfers: UInt64
  public var completed: UInt64
  public var failed: UInt64
  public var sent: UInt64
  public var received: UInt64
  public var multipath: UInt64
  public var fallbacks: UInt64
  /// Connections to the control socket, this one included.
  public var watchers: UInt32
  /// The process that accepts in its place; 0: it accepts itself.
  public var successor: UInt32
  /// The processes it has taken the place of, which go on with their sessions; each has its control socket at `PATH.PROCESS`.
  public var predecessors: [UInt32]

  public init(
    version: String, process: UInt32, uptime: UInt64, isDraining: Bool, level: ControlLevel, listeners: [String],
    sessions: UInt64, transfers: UInt64, completed: UInt64, failed: UInt64, sent: UInt64, received: UInt64,
    multipath: UInt64, fallbacks: UInt64, watchers: UInt32, successor: UInt32 = 0, predecessors: [UInt32] = []
  ) {
    self.successor = successor
    self.predecessors = predecessors
    self.version = version
    self.process = process
    self.uptime = uptime
    self.isDraining = isDraining
    self.level = level
    self.listeners = listeners
    self.sessions = sessions
    self.transfers = transfers
    self.completed = completed
    self.failed = failed
    self.sent = sent
    self.received = received
    self.multipath = multipath
    self.fallbacks = fallbacks
    self.watchers = watchers
  }
}

/// Something that happened in a session.
public struct EventEntry: Sendable, Equatable {
  /// What it was.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case sessionBegan, refused, sessionEnded, login, loginFailed, logout, command, transferBegan, transferEnded
    case changed, notice

    /// For programs: words with underscores.
    public var name: String {
      switch self {
      case .sessionBegan: "session_began"
      case .refused: "refused"
      case .sessionEnded: "session_ended"
      case .login: "login"
      case .loginFailed: "login_failed"
      case .logout: "logout"
      case .command: "command"
      case .transferBegan: "transfer_began"
      case .transferEnded: "transfer_ended"
      case .changed: "changed"
      case .notice: "notice"
      }
    }
  }

  public var kind: Kind
  public var level: ControlLevel
  /// Nanoseconds since 1970.
  public var time: UInt64
  /// What happened, in words.
  public var message: String
  /// 0 where a client was refused before its session began.
  public var session: UInt64
  /// The number of the command in its session; 0 if no command caused it.
  public var request: UInt32
  public var peer: String
  public var user: [UInt8]
  public var verb: String
  public var path: [UInt8]
  public var bytes: UInt64?
  public var milliseconds: UInt64?
  /// The reply's code.
  public var reply: UInt16?
  public var note: String

  public init(
    kind: Kind, level: ControlLevel, time: UInt64, message: String, session: UInt64, request: UInt32, peer: String,
    user: [UInt8], verb: String, path: [UInt8], bytes: UInt64?, milliseconds: UInt64?, reply: UInt16?, note: String
  ) {
    self.kind = kind
    self.level = level
    self.time = time
    self.message = message
    self.session = session
    self.request = request
    self.peer = peer
    self.user = user
    self.verb = verb
    self.path = path
    self.bytes = bytes
    self.milliseconds = milliseconds
    self.reply = reply
    self.note = note
  }
}

/// An address or network that is refused.
public struct BanEntry: Sendable, Equatable {
  /// `192.0.2.0/24`.
  public var address: String
  /// Seconds until it ends; nil: it does not end by itself.
  public var seconds: UInt32?
  public var reason: String

  public init(address: String, seconds: UInt32?, reason: String) {
    self.address = address
    self.seconds = seconds
    self.reason = reason
  }
}
