// A pipeline over one data connection that stays open between files: MODE B (RFC 959, section 3.4.2).

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension ClientSession {
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

  var blockFormat: TransferFormat {
    var format = TransferFormat(type: .image)
    format.mode = .block
    return format
  }

  func runBlocks(_ run: PipelineRun) async throws(ClientError) {
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
}
