// A pipeline in stream mode: one data connection for each file, the port for the next asked for in one breath with the file.

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension ClientSession {
  /// One data connection for each file; the port for the next is asked for in one breath with the file, where the server takes that.
  func runStreams(_ run: PipelineRun) async throws(ClientError) {
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
      let goesAhead = runtime.takesCommandsAhead("\(peer)")
      let sent = PipelineRun.Sent(item, command, hasFollower: goesAhead && follower != nil, 0, usesMachineListings)
      sent.lateFollower = goesAhead ? nil : follower
      run.sent = [sent]
      let ahead = run.hasMore ? nextPort() : nil
      do throws(ClientError) {
        try takeUnasked()
        try queueAhead(command)
        if goesAhead, let follower { try queueAhead(follower) }
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
    if isOutOfOrder(final, sent) {
      // pyftpdlib ends a transfer without a word when it is asked for the next port.
      sent.isOutOfOrder = true
      throw ClientError(
        .incomplete, "\(transfer.what): the server takes no command before it has answered the last one")
    }
    guard final.kind == .completion else {
      sent.refusal = final
      throw ClientError.refusal(final, of: Self.shown(sent.command))
    }
    if case .list = sent.item.work, data.isCloseMissing, !options.toleratesMissingClose {
      throw ClientError(.incomplete, "the listing ended without close_notify, so it may be cut short")
    }
    var follower = try await takeFollower(sent)
    if let late = sent.lateFollower { follower = try await exchange(late) }
    run.finish(sent, settle(sent.item, bytes, follower: follower, machineListings: sent.isMachineListing))
  }

  /// Whether a reply that should end a transfer is the answer to what was said behind it: to EPSV or PASV, MDTM or MFMT.
  private func isOutOfOrder(_ reply: ReceivedReply, _ sent: PipelineRun.Sent) -> Bool {
    let tellsPort = reply.extendedPassivePort != nil || reply.passiveAddress != nil
    return (sent.awaitsPort && tellsPort) || (sent.awaitsFollower && reply.code == 213)
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
      if isOutOfOrder(reply, sent) { sent.isOutOfOrder = true } else { sent.refusal = reply }
      sent.awaitsFinal = false
    }
    if sent.isOutOfOrder {
      runtime.noteOneByOne("\(peer)")
      if sent.awaitsPort {
        // The transfer's own reply may come or not: pyftpdlib ends it without a word. NOOP has an answer in any case, but that may be
        // the earlier one.
        sent.awaitsPort = false
        try queueAhead(Command(verb: "NOOP"))
        while try await finalReply(until: deadline).code != 200 {}
        while try await self.reply(until: .now.advanced(by: Self.secondReply)) != nil {}
      } else {
        // The data connection is reset, so the reply that was due comes now.
        _ = try await finalReply(until: deadline)
      }
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
