// The frame around every transfer: how it begins, how it ends, and how the session stays usable when it does not end well.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import TransportSecurity

extension ClientSession {
  /// Begins a transfer: its form, its data connection, its command. The turn must have been taken.
  ///
  /// After this ``finish(_:)`` or ``abandon(_:because:)`` has to follow.
  func begin(_ request: TransferRequest) async throws(ClientError) -> TransferInFlight {
    try await apply(request.format)
    try await settleProtection()
    earlyReply = nil
    restartMarkers = []
    dropKeptData()
    let started = MonotonicTime.now
    let prepared = try await prepareData(receives: request.direction == .download)
    do throws(ClientError) { try await place(request) } catch {
      // In order it would be the end of an empty file.
      if case .connected(let data) = prepared { data.reset() }
      throw error
    }
    isTransferring = true
    let first = try await nextReply()
    uniqueName = first.uniqueName
    if first.kind != .preliminary {
      earlyReply = first
      guard first.kind == .completion else {
        isTransferring = false
        throw .refusal(first, of: request.what)
      }
    }
    let data: DataConnection
    do throws(ClientError) { data = try await openData(prepared) } catch {
      throw await settle(nil, error, request.what)
    }
    do throws(ClientError) { try await protect(data, receives: request.direction == .download) } catch {
      throw await settle(data, error, request.what)
    }
    var listener: ActiveListener?
    if case .listening(let open) = prepared { listener = open }
    let transfer = TransferInFlight(
      data, request, pools: runtime.pools, started: started, listener: listener, limit(request))
    transferInFlight = transfer
    return transfer
  }

  /// Sends the transfer command, and before it what says which bytes it is about.
  private func place(_ request: TransferRequest) async throws(ClientError) {
    if let range = request.range { return try await place(request, range) }
    if request.offset > 0 {
      let reply = try await exchange(.restart(at: request.offset))
      guard reply.kind == .intermediate || reply.kind == .completion else {
        throw .refusal(reply, of: "REST \(request.offset)")
      }
    }
    try await send(request.command)
  }

  /// With RANG, in one round trip: a server that has told it can do RANG does not refuse it. Should it do so after all, the session ends
  /// before a byte has moved.
  private func place(_ request: TransferRequest, _ range: ClosedRange<UInt64>) async throws(ClientError) {
    try takeUnasked()
    var before: [Command] = []
    if let announced = request.announced { before.append(.allocate(announced)) }
    before.append(.range(range))
    for command in before { try queueAhead(command) }
    try queueAhead(request.command)
    var refusal: ClientError?
    for command in before {
      let reply = try await finalReply()
      if reply.kind == .intermediate || reply.kind == .completion { continue }
      refusal = refusal ?? .refusal(reply, of: Self.shown(command))
    }
    guard let refusal else { return }
    fail(refusal)
    throw refusal
  }

  /// TLS on the data connection, resuming the session of the control connection (RFC 4217, section 10.2).
  func protect(_ data: DataConnection, receives: Bool) async throws(ClientError) {
    guard protectsData == true, let tls = control.tls else { return }
    data.prepareForTLS()
    let connection: TLSConnection
    do throws(TLSError) {
      connection = try tls.data(over: data.number, receives: receives, byKernel: !receives)
    } catch { throw .security(error, on: "the data connection") }
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.dataConnect.inNanoseconds)
    do throws(TransferBreak) { try await data.secure(with: connection, until: deadline, attendant: self) } catch {
      throw explained(error)
    }
  }

  /// Listings are not limited, as they are not by servers.
  private func limit(_ request: TransferRequest) -> ClientThrottle? {
    switch request.command.verb {
    case "LIST", "NLST", "MLSD": nil
    default: throttle(for: request.command.argument)
    }
  }

  /// Ends a transfer whose bytes have all moved: the end is told, the final reply taken and looked at.
  func finish(_ transfer: TransferInFlight) async throws(ClientError) -> TransferReport {
    let data = transfer.process.data
    do throws(ClientError) {
      try await end(transfer)
      let final: ReceivedReply
      if let earlyReply { final = earlyReply } else { final = try await finalReply() }
      isTransferring = false
      guard final.kind == .completion else { throw ClientError.refusal(final, of: transfer.what) }
      try requireWhole(transfer, final)
      let report = TransferReport(
        bytes: transfer.bytes, offset: transfer.offset,
        duration: .nanoseconds(MonotonicTime.now.since(transfer.started)), reply: final, protection: data.security,
        isResumed: data.tls?.isResumed ?? false, connection: data.report)
      if transfer.direction == .upload { data.discardInput() }
      data.close()
      transferInFlight = nil
      return report
    } catch {
      throw await abandon(transfer, because: error)
    }
  }

  /// Ends the data connection as the direction wants it.
  func end(_ transfer: TransferInFlight) async throws(ClientError) {
    if transfer.direction == .upload { try await tellEnd(transfer) } else { try await closeData(transfer) }
  }

  /// Ends the sending half. The connection stays until the final reply: closing it with tickets of TLS 1.3 unread would be a reset, which
  /// may take the tail of the file with it.
  private func tellEnd(_ transfer: TransferInFlight) async throws(ClientError) {
    if earlyReply != nil {
      throw ClientError(.protocolViolation, "the server said that it is done before the file had ended")
    }
    let data = transfer.process.data
    if let tls = data.tls {
      while true {
        let step: TLSConnection.Step
        do throws(TLSError) { step = try tls.close() } catch { throw .security(error, on: "the data connection") }
        guard case .wants(let readiness) = step else { break }
        do throws(TransferBreak) {
          try await wait(for: data.number, readiness, until: .now.advanced(by: options.timeouts.stall.inNanoseconds))
        } catch { throw explained(error, of: transfer.what) }
      }
    }
    Socket.shutdownWriting(data.number)
  }

  /// Closes a connection whose end has come. Before the final reply: vsftpd and ProFTPD give that only when both sides are closed.
  private func closeData(_ transfer: TransferInFlight) async throws(ClientError) {
    let data = transfer.process.data
    data.close()
    do throws(TransferBreak) { try await transfer.process.finishClosing(with: self) } catch {
      throw explained(error, of: transfer.what)
    }
  }

  private func requireWhole(_ transfer: TransferInFlight, _ final: ReceivedReply) throws(ClientError) {
    guard transfer.direction == .download else { return }
    let bytes = transfer.bytes
    if let expected = transfer.expected {
      guard bytes == expected else {
        throw ClientError(
          .incomplete, "\(transfer.what): \(bytes) bytes came, \(expected) were to come", reply: final)
      }
    } else if transfer.process.data.isCloseMissing, !options.toleratesMissingClose {
      throw ClientError(
        .incomplete, "\(transfer.what): the data connection ended without close_notify, so it may be cut short")
    }
  }

  /// Gives a transfer up and makes the session usable again. Gives the error that says most.
  func abandon(_ transfer: TransferInFlight, because error: ClientError) async -> ClientError {
    transferInFlight = nil
    return await settle(transfer.process.data, error, transfer.what)
  }

  /// Sends TYPE if the server has another one.
  func choose(_ type: RepresentationType) async throws(ClientError) {
    try await settleType()
    guard type != formatInForce.type else { return }
    try await perform(.type(type))
    formatInForce.type = type
  }

  /// Sends TYPE, STRU and MODE as far as the server has others.
  func apply(_ wanted: TransferFormat) async throws(ClientError) {
    try await choose(wanted.type)
    if wanted.structure != formatInForce.structure {
      try await perform(Command(verb: "STRU", argument: [wanted.structure.rawValue]))
      formatInForce.structure = wanted.structure
    }
    if wanted.mode != formatInForce.mode {
      try await perform(Command(verb: "MODE", argument: [wanted.mode.rawValue]))
      formatInForce.mode = wanted.mode
    }
    // Both are matters of this end alone.
    formatInForce.records = wanted.records
    formatInForce.codePage = wanted.codePage
  }
}
