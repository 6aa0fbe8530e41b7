// Many small transfers without a round trip for each: commands are sent ahead of the answers to those before them.

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension ClientSession {
  /// Commands that are out at most: what they and their answers take fits into the buffers of any server.
  static let pipelineDepth = 64
  /// Bytes of commands that are out at most: weftpd keeps 64 KiB of them while it transfers.
  static let pipelineBytes = 16 * 1024
  /// So long a server that was sent commands ahead may be silent.
  static let aheadPatience = Duration.seconds(10)

  /// Whether files go over one kept connection here, one behind the other (MODE B), so that further sessions bring little.
  var keepsData: Bool { keptData != nil }

  /// Does what `source` gives until it gives nothing more. Each item is told of once.
  ///
  /// Where the server has MODE B, all files go over one data connection, and up to ``pipelineDepth`` commands are out. Elsewhere the next
  /// EPSV or PASV is said in one breath with the transfer command. Of uploads no byte goes before its own 125 or 150: a refused STOR
  /// would have its bytes taken for the next file.
  ///
  /// - Throws: what ends the session, and the cancellation of the task. Items in flight are then told as ``PipelineOutcome/undone``.
  func pipeline(_ source: PipelineSource) async throws(ClientError) {
    try await enter()
    defer { leave() }
    guard let first = source.next() else { return }
    let run = PipelineRun(source, first)
    do throws(ClientError) {
      while run.hasMore {
        if run.breaks < 2, try await openKeptData(run.direction) {
          try await runBlocks(run)
        } else {
          try await runStreams(run)
        }
      }
    } catch {
      run.giveUp()
      throw error
    }
  }

  /// Closes the connection that was kept: another transfer will have one of its own.
  func dropKeptData() {
    keptData?.connection.close()
    keptData = nil
  }

  /// Settles protection, TYPE, STRU and MODE with one round trip.
  ///
  /// - Returns: false when MODE was refused.
  func setForm(_ wanted: TransferFormat) async throws(ClientError) -> Bool {
    try await settleProtection()
    try await settleType()
    var commands: [Command] = []
    if formatInForce.type != wanted.type { commands.append(.type(wanted.type)) }
    if formatInForce.structure != wanted.structure {
      commands.append(Command(verb: "STRU", argument: [wanted.structure.rawValue]))
    }
    if formatInForce.mode != wanted.mode {
      commands.append(Command(verb: "MODE", argument: [wanted.mode.rawValue]))
    }
    for command in commands { try queueAhead(command) }
    var refusal: ClientError?
    for command in commands {
      let reply = try await finalReply()
      guard reply.kind == .completion else {
        refusal = refusal ?? .refusal(reply, of: Self.shown(command))
        if command.verb == "MODE" { return false }
        continue
      }
      if command.verb == "TYPE" { formatInForce.type = wanted.type }
      if command.verb == "STRU" { formatInForce.structure = wanted.structure }
      if command.verb == "MODE" { formatInForce.mode = wanted.mode }
    }
    if let refusal { throw refusal }
    return true
  }

  /// Sends a command without a look at the answers that may be there already: they belong to those before it.
  @discardableResult
  func queueAhead(_ command: Command) throws(ClientError) -> Int {
    let line: [UInt8]
    do throws(CommandWriter.WriteError) {
      line = try CommandWriter.line(command, doublesEscape: doublesEscape)
    } catch {
      throw ClientError(.usage, "\(command.verb) cannot be said of a name with a line end or NUL in it", cause: error)
    }
    trace(.sent(Self.shown(command)))
    lastCommand = .now
    runtime.countCommand()
    control.queue(line)
    return line.count
  }

  var usesMachineListings: Bool {
    (features.listsForMachines || features.features.isEmpty) && !lacksMachineListings
  }

  func inFlight(
    _ sent: PipelineRun.Sent, _ data: DataConnection, _ direction: TransferInFlight.Direction
  ) -> TransferInFlight {
    let request = TransferRequest(command: sent.command, direction: direction, format: formatInForce)
    var limit: ClientThrottle?
    if case .list = sent.item.work {} else { limit = throttle(for: sent.command.argument) }
    return TransferInFlight(data, request, pools: runtime.pools, started: .now, listener: nil, limit)
  }

  /// Moves the bytes of one item: gives what came, or what was sent.
  func move(
    _ sent: PipelineRun.Sent, _ transfer: TransferInFlight, _ format: TransferFormat
  ) async throws(ClientError) -> [UInt8] {
    if case .deliver(let file, _) = sent.item.work {
      let bytes = try file.directory.read(file.name, limit: file.size)
      do throws(TransferBreak) {
        // In one piece with the end of the file: a multipath connection holds a second small piece back for a round trip.
        let wire = format.isStraight ? bytes : try Self.encoded(bytes, format)
        try await transfer.process.sendAll(wire, with: self)
      } catch { throw explained(error, of: transfer.what) }
      return bytes
    }
    if !format.isStraight { transfer.decoder = try decoder(format, 0) }
    var all: [UInt8] = []
    let limit = sent.item.limit
    while let piece = try await nextPiece() {
      if all.isEmpty { all = piece } else { all += piece }
      guard all.count <= limit else {
        throw ClientError(.incomplete, "\(transfer.what): more came than was announced")
      }
    }
    if case .fetch(let file, _) = sent.item.work, UInt64(all.count) != file.size {
      throw ClientError(.incomplete, "\(transfer.what): \(all.count) bytes came, \(file.size) were to come")
    }
    return all
  }

  /// A whole file as the format has it on the wire.
  static func encoded(_ bytes: [UInt8], _ format: TransferFormat) throws(TransferBreak) -> [UInt8] {
    var encoder = WireEncoder(format, over: nil, from: RestartPoint(fileOffset: 0))
    do throws(CodingError) {
      return try [UInt8](unsafeUninitializedCapacity: bytes.count + bytes.count / 1024 + 64) {
        (room, count) throws(CodingError) in
        let room = UnsafeMutableRawBufferPointer(room)
        var used = 0
        while used < bytes.count {
          let step = try bytes.withUnsafeBufferPointer { (bytes) throws(CodingError) in
            try encoder.transform(
              UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[used...]),
              into: UnsafeMutableRawBufferPointer(rebasing: room[count...]))
          }
          used += step.consumed
          count += step.produced
        }
        while true {
          let last = try encoder.finish(into: UnsafeMutableRawBufferPointer(rebasing: room[count...]))
          count += last.produced
          if last.isDone { return }
        }
      }
    } catch { throw .cannotEncode(error) }
  }

  @discardableResult
  func takeFollower(_ sent: PipelineRun.Sent) async throws(ClientError) -> ReceivedReply? {
    guard sent.awaitsFollower else { return nil }
    let reply = try await finalReply()
    sent.awaitsFollower = false
    return reply
  }

  func finalReply(until deadline: MonotonicTime) async throws(ClientError) -> ReceivedReply {
    var reply = try await nextReply(until: deadline)
    while reply.kind == .preliminary { reply = try await nextReply(until: deadline) }
    return reply
  }
}

extension PipelineItem {
  /// The most bytes that may come.
  var limit: Int {
    switch work {
    case .fetch(let file, _), .deliver(let file, _): Int(clamping: file.size)
    case .list: 1 << 28
    }
  }
}
