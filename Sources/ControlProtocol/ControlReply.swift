// What the server answers on its control socket.

/// Why a request was not carried out.
public enum ControlRefusal: UInt8, Sendable {
  /// The packet is no request of this version.
  case malformed
  /// The peer may not use this socket.
  case notAllowed
  /// No session, no ban or the like is meant by it.
  case notFound
  /// A value cannot be used.
  case invalid
  /// This server does not do that.
  case unavailable
  /// It was tried, and failed.
  case failed
  /// Too many are connected to the socket.
  case tooMany
}

/// A reply, or something a watcher has subscribed to.
public enum ControlReply: Sendable, Equatable {
  /// It is done; the number of sessions, bans or entries it was about.
  case done(UInt32)
  case refused(ControlRefusal, String)
  case status(StatusEntry)
  case sessions([SessionEntry])
  /// The control connection, and the data connection if there is one.
  case paths([ConnectionEntry])
  case event(EventEntry)
  /// A log line, with its newline.
  case line(ControlLevel, [UInt8])
  case bans([BanEntry])
  case level(ControlLevel)
  case origin(OriginEntry)
  /// Comes with descriptors: the listeners, and then what else ``InheritanceEntry`` lists.
  case inheritance(InheritanceEntry)
  /// The number the successor's first session may have, and how many sessions go on where they are.
  case succeeded(firstSession: UInt64, sessions: UInt32)
  /// A part of a longer text, in UTF-8.
  case text([UInt8])
  case accountPlace(AccountPlaceEntry)
  case accounts([AccountEntry])
  case accountFields([AccountFieldEntry])
  case disks([DiskEntry])
  /// Those in use; none without TLS.
  case certificates([CertificateEntry])
}

extension ControlReply {
  private var kind: UInt8 {
    switch self {
    case .done: 101
    case .refused: 102
    case .status: 103
    case .sessions: 104
    case .paths: 105
    case .event: 106
    case .line: 107
    case .bans: 108
    case .level: 109
    case .origin: 110
    case .inheritance: 111
    case .succeeded: 112
    case .text: 113
    case .accountPlace: 114
    case .accounts: 115
    case .accountFields: 116
    case .disks: 117
    case .certificates: 118
    }
  }

  /// The packet: version, kind, the number of the request, fields.
  public func encoded(id: UInt32) -> [UInt8] {
    var writer = PacketWriter()
    writer.append(ControlLimits.version)
    writer.append(kind)
    writer.append(id)
    switch self {
    case .done(let count): writer.append(count)
    case .refused(let why, let text):
      writer.append(why.rawValue)
      writer.append(text, limit: ControlLimits.text)
    case .status(let status): writer.append(status)
    case .sessions(let sessions):
      writer.append(list: sessions, limit: ControlLimits.sessions) { $0.append($1) }
    case .paths(let connections): writer.append(list: connections, limit: 2) { $0.append($1) }
    case .event(let event): writer.append(event)
    case .line(let level, let line):
      writer.append(level.rawValue)
      writer.append(line, limit: ControlLimits.line)
    case .bans(let bans): writer.append(list: bans, limit: ControlLimits.bans) { $0.append($1) }
    case .level(let level): writer.append(level.rawValue)
    case .origin(let origin): writer.append(origin)
    case .inheritance(let inheritance): writer.append(inheritance)
    case .succeeded(let first, let sessions):
      writer.append(first)
      writer.append(sessions)
    case .text(let part): writer.append(part, limit: ControlLimits.line)
    case .accountPlace(let place): writer.append(place)
    case .accounts(let accounts): writer.append(list: accounts, limit: ControlLimits.accounts) { $0.append($1) }
    case .accountFields(let fields): writer.append(list: fields, limit: ControlLimits.accounts) { $0.append($1) }
    case .disks(let disks): writer.append(list: disks, limit: ControlLimits.disks) { $0.append($1) }
    case .certificates(let certificates):
      writer.append(list: certificates, limit: ControlLimits.certificates) { $0.append($1) }
    }
    return writer.bytes
  }

  /// As many of `sessions` from the front as make one packet, and the packet.
  public static func packet(of sessions: ArraySlice<SessionEntry>, id: UInt32) -> (count: Int, bytes: [UInt8]) {
    packet(of: sessions, kind: ControlReply.sessions([]).kind, limit: ControlLimits.sessions, id) { $0.append($1) }
  }

  /// The same for bans.
  public static func packet(of bans: ArraySlice<BanEntry>, id: UInt32) -> (count: Int, bytes: [UInt8]) {
    packet(of: bans, kind: ControlReply.bans([]).kind, limit: ControlLimits.bans, id) { $0.append($1) }
  }

  /// The same for users.
  public static func packet(of accounts: ArraySlice<AccountEntry>, id: UInt32) -> (count: Int, bytes: [UInt8]) {
    packet(of: accounts, kind: ControlReply.accounts([]).kind, limit: ControlLimits.accounts, id) { $0.append($1) }
  }

  /// The same for the fields of a user.
  public static func packet(of fields: ArraySlice<AccountFieldEntry>, id: UInt32) -> (count: Int, bytes: [UInt8]) {
    packet(of: fields, kind: ControlReply.accountFields([]).kind, limit: ControlLimits.accounts, id) { $0.append($1) }
  }

  private static func packet<Entry>(
    of entries: ArraySlice<Entry>, kind: UInt8, limit: Int, _ id: UInt32,
    _ append: (inout PacketWriter, Entry) -> Void
  ) -> (count: Int, bytes: [UInt8]) {
    var body = PacketWriter()
    var count = 0
    for entry in entries {
      append(&body, entry)
      count += 1
      if count == limit || body.bytes.count >= ControlLimits.listPacket { break }
    }
    var writer = PacketWriter()
    writer.append(ControlLimits.version)
    writer.append(kind)
    writer.append(id)
    writer.append(UInt16(truncatingIfNeeded: count))
    return (count, writer.bytes + body.bytes)
  }

  /// Reads a packet.
  ///
  /// - Throws: when it is anything but exactly one reply of this version.
  public static func read(
    _ packet: UnsafeRawBufferPointer
  ) throws(MalformedPacket) -> (id: UInt32, reply: ControlReply) {
    guard packet.count <= ControlLimits.reply else { throw MalformedPacket() }
    var reader = PacketReader(packet)
    guard try reader.byte() == ControlLimits.version else { throw MalformedPacket() }
    let kind = try reader.byte()
    let id = try reader.word()
    let reply = try Self.body(kind, &reader)
    guard reader.isAtEnd else { throw MalformedPacket() }
    return (id, reply)
  }

  private static func body(_ kind: UInt8, _ reader: inout PacketReader) throws(MalformedPacket) -> ControlReply {
    switch kind {
    case 101: return .done(try reader.word())
    case 102: return .refused(try reader.choice(ControlRefusal.self), try reader.text(limit: ControlLimits.text))
    case 103: return .status(try reader.status())
    case 104:
      return .sessions(
        try reader.list(limit: ControlLimits.sessions) { (reader) throws(MalformedPacket) in try reader.session() })
    case 105:
      return .paths(try reader.list(limit: 2) { (reader) throws(MalformedPacket) in try reader.connection() })
    case 106: return .event(try reader.event())
    case 107: return .line(try reader.choice(ControlLevel.self), try reader.bytes(limit: ControlLimits.line))
    case 108:
      return .bans(try reader.list(limit: ControlLimits.bans) { (reader) throws(MalformedPacket) in try reader.ban() })
    case 109: return .level(try reader.choice(ControlLevel.self))
    case 110: return .origin(try reader.origin())
    case 111: return .inheritance(try reader.inheritance())
    case 112: return .succeeded(firstSession: try reader.long(), sessions: try reader.word())
    case 113: return .text(try reader.bytes(limit: ControlLimits.line))
    case 114: return .accountPlace(try reader.accountPlace())
    case 115:
      return .accounts(
        try reader.list(limit: ControlLimits.accounts) { (reader) throws(MalformedPacket) in try reader.account() })
    case 116:
      return .accountFields(
        try reader.list(limit: ControlLimits.accounts) { (reader) throws(MalformedPacket) in try reader.accountField() }
      )
    case 117:
      return .disks(
        try reader.list(limit: ControlLimits.disks) { (reader) throws(MalformedPacket) in try reader.disk() })
    case 118:
      return .certificates(
        try reader.list(limit: ControlLimits.certificates) { (reader) throws(MalformedPacket) in
          try reader.certificate()
        })
    default: throw MalformedPacket()
    }
  }
}
