// The fields of each entry, written and read in the same order.

extension PacketWriter {
  mutating func append(_ path: PathEntry) {
    append(path.local, limit: ControlLimits.address)
    append(path.remote, limit: ControlLimits.address)
    append(path.bytes)
    append(path.isLive)
    append(path.roundTripMicroseconds)
    append(path.retransmissions)
  }

  mutating func append(_ connection: ConnectionEntry) {
    append(connection.kind, limit: ControlLimits.text)
    append(list: connection.paths, limit: ControlLimits.paths) { $0.append($1) }
  }

  mutating func append(_ transfer: TransferEntry) {
    append(transfer.verb, limit: ControlLimits.verb)
    append(transfer.direction.rawValue)
    append(transfer.path, limit: ControlLimits.path)
    append(transfer.milliseconds)
    append(transfer.total) { $0.append($1) }
    append(transfer.bytes)
    append(transfer.isPrivate)
    append(transfer.isMultipath)
  }

  mutating func append(_ session: SessionEntry) {
    append(session.id)
    append(session.peer, limit: ControlLimits.address)
    append(session.user, limit: ControlLimits.user)
    append(session.tls, limit: ControlLimits.text)
    append(session.isMultipath)
    append(session.connected)
    append(session.idle)
    append(session.verb, limit: ControlLimits.verb)
    append(session.transfer) { $0.append($1) }
    append(list: session.paths, limit: ControlLimits.paths) { $0.append($1) }
    append(session.limits, limit: ControlLimits.text)
  }

  mutating func append(_ status: StatusEntry) {
    append(status.version, limit: ControlLimits.address)
    append(status.process)
    append(status.uptime)
    append(status.isDraining)
    append(status.level.rawValue)
    append(list: status.listeners, limit: ControlLimits.listeners) { $0.append($1, limit: ControlLimits.place) }
    let figures = [
      status.sessions, status.transfers, status.completed, status.failed, status.sent, status.received,
      status.multipath, status.fallbacks,
    ]
    for figure in figures { append(figure) }
    append(status.watchers)
    append(status.successor)
    append(list: status.predecessors, limit: ControlLimits.predecessors) { $0.append($1) }
  }

  mutating func append(_ event: EventEntry) {
    append(event.kind.rawValue)
    append(event.level.rawValue)
    append(event.time)
    append(event.message, limit: ControlLimits.text)
    append(event.session)
    append(event.request)
    append(event.peer, limit: ControlLimits.address)
    append(event.user, limit: ControlLimits.user)
    append(event.verb, limit: ControlLimits.verb)
    append(event.path, limit: ControlLimits.path)
    append(event.bytes) { $0.append($1) }
    append(event.milliseconds) { $0.append($1) }
    append(event.reply) { $0.append($1) }
    append(event.note, limit: ControlLimits.text)
  }

  mutating func append(_ ban: BanEntry) {
    append(ban.address, limit: ControlLimits.subject)
    append(ban.seconds) { $0.append($1) }
    append(ban.reason, limit: ControlLimits.words)
  }
}

extension PacketReader {
  mutating func path() throws(MalformedPacket) -> PathEntry {
    PathEntry(
      local: try text(limit: ControlLimits.address), remote: try text(limit: ControlLimits.address),
      bytes: try long(), isLive: try flag(), roundTripMicroseconds: try word(), retransmissions: try word())
  }

  mutating func connection() throws(MalformedPacket) -> ConnectionEntry {
    ConnectionEntry(kind: try text(limit: ControlLimits.text), paths: try paths())
  }

  private mutating func paths() throws(MalformedPacket) -> [PathEntry] {
    try list(limit: ControlLimits.paths) { (reader) throws(MalformedPacket) in try reader.path() }
  }

  mutating func transfer() throws(MalformedPacket) -> TransferEntry {
    TransferEntry(
      verb: try text(limit: ControlLimits.verb), direction: try choice(ControlDirection.self),
      path: try bytes(limit: ControlLimits.path), milliseconds: try long(), total: try optionalLong(),
      bytes: try long(), isPrivate: try flag(), isMultipath: try flag())
  }

  mutating func optionalLong() throws(MalformedPacket) -> UInt64? {
    try optional { (reader) throws(MalformedPacket) in try reader.long() }
  }

  mutating func session() throws(MalformedPacket) -> SessionEntry {
    SessionEntry(
      id: try long(), peer: try text(limit: ControlLimits.address), user: try bytes(limit: ControlLimits.user),
      tls: try text(limit: ControlLimits.text), isMultipath: try flag(), connected: try long(), idle: try long(),
      verb: try text(limit: ControlLimits.verb),
      transfer: try optional { (reader) throws(MalformedPacket) in try reader.transfer() }, paths: try paths(),
      limits: try text(limit: ControlLimits.text))
  }

  mutating func status() throws(MalformedPacket) -> StatusEntry {
    StatusEntry(
      version: try text(limit: ControlLimits.address), process: try word(), uptime: try long(),
      isDraining: try flag(), level: try choice(ControlLevel.self),
      listeners: try list(limit: ControlLimits.listeners) { (reader) throws(MalformedPacket) in
        try reader.text(limit: ControlLimits.place)
      }, sessions: try long(), transfers: try long(), completed: try long(), failed: try long(), sent: try long(),
      received: try long(), multipath: try long(), fallbacks: try long(), watchers: try word(),
      successor: try word(),
      predecessors: try list(limit: ControlLimits.predecessors) { (reader) throws(MalformedPacket) in
        try reader.word()
      })
  }

  mutating func event() throws(MalformedPacket) -> EventEntry {
    EventEntry(
      kind: try choice(EventEntry.Kind.self), level: try choice(ControlLevel.self), time: try long(),
      message: try text(limit: ControlLimits.text), session: try long(), request: try word(),
      peer: try text(limit: ControlLimits.address), user: try bytes(limit: ControlLimits.user),
      verb: try text(limit: ControlLimits.verb),
      path: try bytes(limit: ControlLimits.path), bytes: try optionalLong(), milliseconds: try optionalLong(),
      reply: try optional { (reader) throws(MalformedPacket) in try reader.short() },
      note: try text(limit: ControlLimits.text))
  }

  mutating func ban() throws(MalformedPacket) -> BanEntry {
    BanEntry(
      address: try text(limit: ControlLimits.subject),
      seconds: try optional { (reader) throws(MalformedPacket) in try reader.word() },
      reason: try text(limit: ControlLimits.words))
  }
}
