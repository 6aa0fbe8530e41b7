// Many small transfers without a round trip for each: commands are sent ahead of the answers to those before them.

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension ClientSession {
  /// Commands that are out at most: what they and their answers take fits into the buffers of any server.
  static let pipelineDepth = 64
  /// Bytes of commands that are out at most: weftpd keeps 64 KiB of them while it transfers.
  private static let pipelineBytes = 16 * 1024
  /// So long a server that was sent commands ahead may be silent.
  private static let aheadPatience = Duration.seconds(10)

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

  // MARK: MODE B

  /// Has a connection that stays open between files.
  ///
  /// - Returns: false where the server has no MODE B, or cannot be connected to.
  func openKeptData(_ direction: TransferInFlight.Direction) async throws(ClientError) -> Bool {
    if let kept = keptData, kept.direction == direction, formatInForce == blockFormat { return true }
    dropKeptData()
    if refusesBlocks || options.dataMode == .active || dataWay?.isActive == true { return false }
    guard try await setForm(blockFormat) else {
      refusesBlocks = true
      return false
    }
    let prepared = try await prepareData(receives: direction == .download)
    guard case .connected(let data) = prepared else {
      refusesBlocks = true
      return false
    }
    // The end of a file is a few bytes of their own, which must not wait until those before them are acknowledged.
    data.sendsAtOnce()
    keptData = (data, direction)
    return true
  }

  private var blockFormat: TransferFormat {
    var format = TransferFormat(type: .image)
    format.mode = .block
    return format
  }

  /// Settles protection, TYPE, STRU and MODE with one round trip.
  ///
  /// - Returns: false when MODE was refused.
  private func setForm(_ wanted: TransferFormat) async throws(ClientError) -> Bool {
    try await settleProtection()
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
      line = try CommandWriter.line(command, doublesEscape: options.doublesEscape)
    } catch {
      throw ClientError(.usage, "\(command.verb) cannot be said of a name with a line end or NUL in it", cause: error)
    }
    trace(.sent(Self.shown(command)))
    lastCommand = .now
    control.queue(line)
    return line.count
  }

  private func runBlocks(_ run: PipelineRun) async throws(ClientError) {
    guard let (data, direction) = keptData else { return }
    while true {
      try fill(run, direction)
      guard let sent = run.sent.first else { return }
      do throws(ClientError) {
        try await runBlock(run, sent, data, direction)
      } catch {
        if earlyReply != nil { sent.awaitsFinal = false }
        guard let reply = sent.refusal else {
          try await recover(run, error)
          return
        }
        // The server said no to this one alone, and goes on with the next.
        let lost = reply.code == 425 || reply.code == 426
        run.finish(sent, lost ? .undone : .failed(.refusal(reply, of: Self.shown(sent.command))))
        if lost {
          try await recover(run, error)
          return
        }
      }
    }
  }

  /// Sends commands as long as few are out.
  private func fill(_ run: PipelineRun, _ direction: TransferInFlight.Direction) throws(ClientError) {
    let listsForMachines = usesMachineListings
    while run.sent.count < Self.pipelineDepth, run.bytesOut < Self.pipelineBytes, run.direction == direction {
      guard let item = run.take() else { break }
      let (command, follower) = commands(item, machineListings: listsForMachines)
      do throws(ClientError) {
        var bytes = try queueAhead(command)
        if let follower { bytes += try queueAhead(follower) }
        run.sent.append(PipelineRun.Sent(item, command, hasFollower: follower != nil, bytes, listsForMachines))
      } catch { run.tell(item, .failed(error)) }
    }
    do throws(ClientError) { try control.flush() } catch {
      fail(error)
      throw error
    }
  }

  private var usesMachineListings: Bool {
    (features.listsForMachines || features.features.isEmpty) && !lacksMachineListings
  }

  /// One file of the kept connection, from its first reply to its last.
  private func runBlock(
    _ run: PipelineRun, _ sent: PipelineRun.Sent, _ data: DataConnection, _ direction: TransferInFlight.Direction
  ) async throws(ClientError) {
    earlyReply = nil
    isTransferring = true
    defer { isTransferring = false }
    let first = try await nextReply()
    if first.kind != .preliminary {
      sent.awaitsFinal = false
      earlyReply = first
      guard first.kind == .completion else {
        sent.refusal = first
        try await takeFollower(sent)
        throw ClientError.refusal(first, of: Self.shown(sent.command))
      }
    }
    if data.tls == nil { try await protect(data, receives: direction == .download) }
    let transfer = inFlight(sent, data, direction)
    transferInFlight = transfer
    defer { transferInFlight = nil }
    let bytes = try await move(sent, transfer, blockFormat)
    let final: ReceivedReply
    if let earlyReply { final = earlyReply } else { final = try await finalReply() }
    sent.awaitsFinal = false
    guard final.kind == .completion else {
      sent.refusal = final
      try await takeFollower(sent)
      throw ClientError.refusal(final, of: Self.shown(sent.command))
    }
    let follower = try await takeFollower(sent)
    run.finish(sent, settle(sent.item, bytes, follower: follower, machineListings: sent.isMachineListing))
  }

  private func inFlight(
    _ sent: PipelineRun.Sent, _ data: DataConnection, _ direction: TransferInFlight.Direction
  ) -> TransferInFlight {
    let request = TransferRequest(command: sent.command, direction: direction, format: formatInForce)
    return TransferInFlight(data, request, pools: runtime.pools, started: .now, listener: nil)
  }

  /// Moves the bytes of one item: gives what came, or what was sent.
  private func move(
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
  private static func encoded(_ bytes: [UInt8], _ format: TransferFormat) throws(TransferBreak) -> [UInt8] {
    var encoder = WireEncoder(format, over: nil, from: RestartPoint(fileOffset: 0))
    do throws(CodingError) {
      return try [UInt8](unsafeUninitializedCapacity: bytes.count + bytes.count / 1024 + 64) { (room, count) throws(CodingError) in
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
  private func takeFollower(_ sent: PipelineRun.Sent) async throws(ClientError) -> ReceivedReply? {
    guard sent.awaitsFollower else { return nil }
    let reply = try await finalReply()
    sent.awaitsFollower = false
    return reply
  }

  /// Something broke in the midst. The data connection goes, every answer that is out is waited for, and what was in flight is undone.
  ///
  /// - Throws: when the session cannot be saved.
  private func recover(_ run: PipelineRun, _ error: ClientError) async throws(ClientError) {
    keptData?.connection.reset()
    keptData = nil
    run.breaks += 1
    // The file that broke off may be the reason: by itself it will be told so.
    let outstanding = run.sent.reduce(0) { $0 + ($1.awaitsFinal ? 1 : 0) + ($1.awaitsFollower ? 1 : 0) }
    isTransferring = false
    run.undoSent()
    if let failure { throw failure }
    trace(.note("\(error.message); what was sent ahead is done again"))
    let wasShielded = isShielded
    isShielded = true
    defer { isShielded = wasShielded }
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.abort.inNanoseconds)
    for _ in 0..<outstanding { _ = try await finalReply(until: deadline) }
    if run.breaks > 1 { refusesBlocks = true }
    if error.code == .cancelled { throw error }
  }

  private func finalReply(until deadline: MonotonicTime) async throws(ClientError) -> ReceivedReply {
    var reply = try await nextReply(until: deadline)
    while reply.kind == .preliminary { reply = try await nextReply(until: deadline) }
    return reply
  }

  // MARK: MODE S

  /// One data connection for each file; the port for the next is asked for in one breath with the file, where the server takes that.
  private func runStreams(_ run: PipelineRun) async throws(ClientError) {
    var format = TransferFormat(type: .image)
    format.mode = .stream
    dropKeptData()
    guard try await setForm(format) else {
      throw ClientError(.unsupported, "the server has no stream mode")
    }
    var prepared: PreparedData?
    while let item = run.take() {
      let isDownload = item.direction == .download
      if prepared == nil { prepared = try await prepareData(receives: isDownload) }
      guard let ready = prepared else { return }
      prepared = nil
      let (command, follower) = commands(item, machineListings: usesMachineListings)
      let sent = PipelineRun.Sent(item, command, hasFollower: follower != nil, 0, usesMachineListings)
      run.sent = [sent]
      let ahead = run.hasMore ? nextPort() : nil
      do throws(ClientError) {
        try takeUnasked()
        try queueAhead(command)
        if let follower { try queueAhead(follower) }
        if let ahead { try queueAhead(ahead) }
      } catch {
        if failure != nil { throw error }
        run.finish(sent, .failed(error))
        continue
      }
      sent.awaitsPort = ahead != nil
      do throws(ClientError) {
        try await runStream(run, sent, ready, format)
      } catch {
        try await recoverStream(run, sent, error)
      }
      if sent.awaitsPort, ahead != nil { prepared = try await takePort(sent, receives: run.direction == .download) }
    }
  }

  /// EPSV or PASV, whichever worked last, if the server takes commands ahead.
  private func nextPort() -> Command? {
    guard runtime.takesCommandsAhead("\(peer)") else { return nil }
    switch dataWay {
    case .extendedPassive?: return .extendedPassive()
    case .passive?: return Command(verb: "PASV")
    case .active?, nil: return nil
    }
  }

  private func runStream(
    _ run: PipelineRun, _ sent: PipelineRun.Sent, _ prepared: PreparedData, _ format: TransferFormat
  ) async throws(ClientError) {
    let direction = sent.item.direction
    earlyReply = nil
    isTransferring = true
    let first = try await nextReply()
    if first.kind != .preliminary {
      sent.awaitsFinal = false
      earlyReply = first
      guard first.kind == .completion else {
        isTransferring = false
        if case .connected(let data) = prepared { data.close() }
        sent.refusal = first
        throw ClientError.refusal(first, of: Self.shown(sent.command))
      }
    }
    let data = try await openData(prepared)
    sent.data = data
    try await protect(data, receives: direction == .download)
    let transfer = inFlight(sent, data, direction)
    transferInFlight = transfer
    defer { transferInFlight = nil }
    let bytes = try await move(sent, transfer, format)
    try await end(transfer)
    let final: ReceivedReply
    if let earlyReply { final = earlyReply } else { final = try await finalReply() }
    isTransferring = false
    if direction == .upload { data.discardInput() }
    data.close()
    sent.awaitsFinal = false
    if sent.awaitsPort, Self.tellsPort(final) {
      // pyftpdlib ends a transfer without a word when it is asked for the next port.
      sent.isOutOfOrder = true
      throw ClientError(.incomplete, "\(transfer.what): the server takes no command before it has answered the last one")
    }
    guard final.kind == .completion else {
      sent.refusal = final
      throw ClientError.refusal(final, of: Self.shown(sent.command))
    }
    if case .list = sent.item.work, data.isCloseMissing, !options.toleratesMissingClose {
      throw ClientError(.incomplete, "the listing ended without close_notify, so it may be cut short")
    }
    let follower = try await takeFollower(sent)
    run.finish(sent, settle(sent.item, bytes, follower: follower, machineListings: sent.isMachineListing))
  }

  private static func tellsPort(_ reply: ReceivedReply) -> Bool {
    reply.extendedPassivePort != nil || reply.passiveAddress != nil
  }

  /// The address that was asked for ahead, connected to; nil if it is to be asked for anew.
  private func takePort(_ sent: PipelineRun.Sent, receives: Bool) async throws(ClientError) -> PreparedData? {
    let deadline = MonotonicTime.now.advanced(by: Self.aheadPatience.inNanoseconds)
    let reply: ReceivedReply
    do throws(ClientError) { reply = try await finalReply(until: deadline) } catch {
      if error.code == .timedOut { runtime.noteOneByOne("\(peer)") }
      throw error
    }
    sent.awaitsPort = false
    guard reply.kind == .completion else {
      runtime.noteOneByOne("\(peer)")
      return nil
    }
    do throws(ClientError) { return .connected(try await connect(reply, receives)) } catch {
      if failure != nil || error.code == .cancelled { throw error }
      runtime.noteOneByOne("\(peer)")
      return nil
    }
  }

  /// A transfer of MODE S did not go well. What the server still owes is taken; if it does not come, the session is lost.
  private func recoverStream(
    _ run: PipelineRun, _ sent: PipelineRun.Sent, _ error: ClientError
  ) async throws(ClientError) {
    sent.data?.reset()
    transferInFlight = nil
    if let failure {
      if sent.awaitsPort { runtime.noteOneByOne("\(peer)") }
      throw failure
    }
    isTransferring = false
    let wasShielded = isShielded
    isShielded = true
    defer { isShielded = wasShielded }
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.abort.inNanoseconds)
    if sent.awaitsFinal {
      let reply: ReceivedReply
      if let earlyReply { reply = earlyReply } else { reply = try await finalReply(until: deadline) }
      if sent.awaitsPort, Self.tellsPort(reply) { sent.isOutOfOrder = true } else { sent.refusal = reply }
      sent.awaitsFinal = false
    }
    if sent.isOutOfOrder {
      runtime.noteOneByOne("\(peer)")
      sent.awaitsPort = false
      // Behind the answer to NOOP there is nothing more.
      try queueAhead(Command(verb: "NOOP"))
      while try await finalReply(until: deadline).code != 200 {}
      run.finish(sent, .undone)
      return
    }
    if sent.awaitsFollower {
      sent.awaitsFollower = false
      _ = try await finalReply(until: deadline)
    }
    if error.code == .cancelled {
      if sent.awaitsPort { _ = try await finalReply(until: deadline) }
      sent.awaitsPort = false
      run.finish(sent, .undone)
      throw error
    }
    if let reply = sent.refusal, ![425, 426, 451].contains(reply.code), reply.kind != .completion {
      run.finish(sent, .failed(.refusal(reply, of: Self.shown(sent.command))))
    } else if error.code == .localFile {
      run.finish(sent, .failed(error))
    } else {
      if sent.awaitsPort { runtime.noteOneByOne("\(peer)") }
      trace(.note("\(error.message); it is done again by itself"))
      run.finish(sent, .undone)
    }
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
