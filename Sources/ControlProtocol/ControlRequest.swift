// What a client of the control socket asks.

/// Which sessions a kick is for.
public enum SessionSelector: Sendable, Equatable {
  /// The session of this number.
  case session(UInt64)
  /// All sessions of a user, by the name's bytes.
  case user([UInt8])
  /// All sessions from an address or a network, as `192.0.2.0/24`.
  case address(String)
}

/// A level of the log, from the one that tells most.
public enum ControlLevel: UInt8, Sendable, CaseIterable {
  case trace, debug, info, notice, warning, error, critical

  /// Its name in settings and log lines.
  public var name: String { "\(self)" }

  /// The level of that name.
  public init?(name: String) {
    guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = level
  }
}

/// What a watcher is sent from now on.
public struct Subscription: Sendable, Equatable {
  /// How log lines are to be written.
  public enum LineForm: UInt8, Sendable {
    case text, json
  }

  /// What happens in sessions, from this level up; nil: nothing of it.
  public var events: ControlLevel?
  /// Log lines from this level up, whatever `log.level` writes; nil: none.
  public var log: ControlLevel?
  public var form: LineForm

  public init(events: ControlLevel? = nil, log: ControlLevel? = nil, form: LineForm = .text) {
    self.events = events
    self.log = log
    self.form = form
  }
}

/// A request. The packets that answer it carry its number.
public enum ControlRequest: Sendable, Equatable {
  /// One ``ControlReply/status(_:)``.
  case status
  /// ``ControlReply/sessions(_:)``, as many as it takes, then ``ControlReply/done(_:)`` with their number.
  ///
  /// - `refreshingPaths`: sessions with a multipath transfer note what each path has carried, for this answer or the next.
  case sessions(refreshingPaths: Bool)
  /// The connections of one session: one ``ControlReply/paths(_:)``.
  case paths(session: UInt64)
  /// ``ControlReply/event(_:)`` and ``ControlReply/line(_:_:)`` until the connection ends; replaces an earlier subscription.
  case subscribe(Subscription)
  /// Ends sessions: their transfers with 426, then 421 with `words`, or words of the server's if they are empty.
  case kick(SessionSelector, words: String)
  /// Has clients read `words` in front of one of their next replies.
  case say(SessionSelector, words: String)
  /// Refuses an address, a network or a user (`user:NAME`) from now on. `seconds` 0: until it is taken back.
  case ban(address: String, seconds: UInt32, reason: String)
  case unban(address: String)
  /// ``ControlReply/bans(_:)``, as many as it takes, then ``ControlReply/done(_:)``.
  case bans
  /// As SIGHUP.
  case reload
  /// No new sessions; the process ends when the last transfer has, or after so many seconds. 0: however long it takes.
  case drain(seconds: UInt32)
  /// Sets the level of the log until the next change or restart; nil asks only. Answered by ``ControlReply/level(_:)``.
  case level(ControlLevel?)
  /// How the process was started: ``ControlReply/origin(_:)``. For root and the server's own user only, as are the two that follow.
  case origin
  /// What a successor takes over: ``ControlReply/inheritance(_:)``, with the descriptors it lists.
  case takeOver
  /// The successor, of this process id, is ready: the server accepts nobody from now on and ends with its last session. It is answered by
  /// ``ControlReply/succeeded(firstSession:sessions:)``.
  ///
  /// - `passes`: descriptors that come along, in this order: where operators reach the server from now on, the pipe its hooks go to.
  case succeed(process: UInt32, passes: SuccessionGifts)
  /// ``ControlReply/text(_:)``, as many as it takes, then ``ControlReply/done(_:)``: what is wrong with the settings in force as comments,
  /// then the settings, each with where it came from.
  case settings
  /// Users whose name, home or groups contain these bytes, from the `from`th on: one ``ControlReply/accountPlace(_:)``,
  /// ``ControlReply/accounts(_:)`` as many as it takes, then ``ControlReply/done(_:)`` with how many there are in all.
  case accounts(matching: [UInt8], from: UInt32, count: UInt32)
  /// All fields of one user, set or not: ``ControlReply/accountFields(_:)``, as many as it takes, then ``ControlReply/done(_:)``.
  case account([UInt8])
  /// Changes a user's entry: ``ControlReply/text(_:)`` with what has become of it, then ``ControlReply/done(_:)``. Only where the
  /// settings let operators change accounts.
  case edit(AccountEdit)
  /// ``ControlReply/text(_:)`` with what decides, then ``ControlReply/done(_:)``: 1, the user may; 0, not.
  case explain(AccountQuestion)
  /// One ``ControlReply/disks(_:)``.
  case disks
  /// One ``ControlReply/certificates(_:)``.
  case certificates
}

/// What a successor gives to the server it takes over from.
public struct SuccessionGifts: OptionSet, Sendable, Equatable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// A control socket that listens, in place of the one it has taken.
  public static let control = SuccessionGifts(rawValue: 1)
  /// The writing end of the pipe that its weftpd-hooks reads.
  public static let hooks = SuccessionGifts(rawValue: 2)
  static let all: SuccessionGifts = [.control, .hooks]
}

extension ControlRequest {
  private var kind: UInt8 {
    switch self {
    case .status: 1
    case .sessions: 2
    case .paths: 3
    case .subscribe: 4
    case .kick: 5
    case .ban: 6
    case .unban: 7
    case .bans: 8
    case .reload: 9
    case .drain: 10
    case .level: 11
    case .origin: 12
    case .takeOver: 13
    case .succeed: 14
    case .settings: 15
    case .say: 16
    case .accounts: 17
    case .account: 18
    case .edit: 19
    case .explain: 20
    case .disks: 21
    case .certificates: 22
    }
  }

  /// The packet: version, kind, number, fields.
  public func encoded(id: UInt32) -> [UInt8] {
    var writer = PacketWriter()
    writer.append(ControlLimits.version)
    writer.append(kind)
    writer.append(id)
    switch self {
    case .status, .bans, .reload, .origin, .takeOver, .settings, .disks, .certificates: break
    case .sessions(let refreshes): writer.append(refreshes)
    case .paths(let session): writer.append(session)
    case .subscribe(let subscription):
      writer.append(subscription.events) { $0.append($1.rawValue) }
      writer.append(subscription.log) { $0.append($1.rawValue) }
      writer.append(subscription.form.rawValue)
    case .kick(let selector, let words), .say(let selector, let words):
      writer.append(selector)
      writer.append(words, limit: ControlLimits.words)
    case .ban(let address, let seconds, let reason):
      writer.append(address, limit: ControlLimits.subject)
      writer.append(seconds)
      writer.append(reason, limit: ControlLimits.words)
    case .unban(let address): writer.append(address, limit: ControlLimits.subject)
    case .drain(let seconds): writer.append(seconds)
    case .level(let level): writer.append(level) { $0.append($1.rawValue) }
    case .succeed(let process, let gifts):
      writer.append(process)
      writer.append(gifts.rawValue)
    case .accounts(let pattern, let first, let count):
      writer.append(pattern, limit: ControlLimits.user)
      writer.append(first)
      writer.append(count)
    case .account(let name): writer.append(name, limit: ControlLimits.user)
    case .edit(let edit): writer.append(edit)
    case .explain(let question): writer.append(question)
    }
    return writer.bytes
  }

  /// Reads a packet.
  ///
  /// - Throws: when it is anything but exactly one request of this version.
  public static func read(
    _ packet: UnsafeRawBufferPointer
  ) throws(MalformedPacket) -> (id: UInt32, request: ControlRequest) {
    guard packet.count <= ControlLimits.request else { throw MalformedPacket() }
    var reader = PacketReader(packet)
    guard try reader.byte() == ControlLimits.version else { throw MalformedPacket() }
    let kind = try reader.byte()
    let id = try reader.word()
    let request = try Self.body(kind, &reader)
    guard reader.isAtEnd else { throw MalformedPacket() }
    return (id, request)
  }

  private static func body(_ kind: UInt8, _ reader: inout PacketReader) throws(MalformedPacket) -> ControlRequest {
    switch kind {
    case 1: return .status
    case 2: return .sessions(refreshingPaths: try reader.flag())
    case 3: return .paths(session: try reader.long())
    case 4:
      return .subscribe(
        Subscription(
          events: try reader.optional { (reader) throws(MalformedPacket) in try reader.choice(ControlLevel.self) },
          log: try reader.optional { (reader) throws(MalformedPacket) in try reader.choice(ControlLevel.self) },
          form: try reader.choice(Subscription.LineForm.self)))
    case 5: return .kick(try reader.selector(), words: try reader.text(limit: ControlLimits.words))
    case 6:
      return .ban(
        address: try reader.text(limit: ControlLimits.subject), seconds: try reader.word(),
        reason: try reader.text(limit: ControlLimits.words))
    case 7: return .unban(address: try reader.text(limit: ControlLimits.subject))
    case 8: return .bans
    case 9: return .reload
    case 10: return .drain(seconds: try reader.word())
    case 11:
      return .level(try reader.optional { (reader) throws(MalformedPacket) in try reader.choice(ControlLevel.self) })
    case 12: return .origin
    case 13: return .takeOver
    case 14:
      let process = try reader.word()
      let gifts = SuccessionGifts(rawValue: try reader.byte())
      guard gifts.isSubset(of: .all) else { throw MalformedPacket() }
      return .succeed(process: process, passes: gifts)
    case 15: return .settings
    case 16: return .say(try reader.selector(), words: try reader.text(limit: ControlLimits.words))
    case 17:
      return .accounts(
        matching: try reader.bytes(limit: ControlLimits.user), from: try reader.word(), count: try reader.word())
    case 18: return .account(try reader.bytes(limit: ControlLimits.user))
    case 19: return .edit(try reader.accountEdit())
    case 20: return .explain(try reader.accountQuestion())
    case 21: return .disks
    case 22: return .certificates
    default: throw MalformedPacket()
    }
  }
}

extension PacketWriter {
  fileprivate mutating func append(_ selector: SessionSelector) {
    switch selector {
    case .session(let id):
      append(UInt8(0))
      append(id)
    case .user(let name):
      append(UInt8(1))
      append(name, limit: ControlLimits.user)
    case .address(let text):
      append(UInt8(2))
      append(text, limit: ControlLimits.address)
    }
  }
}

extension PacketReader {
  fileprivate mutating func selector() throws(MalformedPacket) -> SessionSelector {
    switch try byte() {
    case 0: return .session(try long())
    case 1: return .user(try bytes(limit: ControlLimits.user))
    case 2: return .address(try text(limit: ControlLimits.address))
    default: throw MalformedPacket()
    }
  }
}
