// The frame around every transfer: its data connection, its replies, its end, and what is told of it.

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension Session {
  /// Runs one transfer from its start to its reply. Whatever fails, exactly one final reply is sent and the data port is free again.
  ///
  /// - Parameter body: makes the data connection and moves the bytes. When it throws, the connection is reset, so that the client cannot
  ///   take what it has got for the whole.
  func perform(_ progress: TransferProgress, _ body: () async throws(FTPError) -> Reply) async {
    // A path may have joined since the login.
    guard admitPaths() else { return channels.forget() }
    let place = takeTransferPlace(progress)
    defer { if let key = place.key { context.registry.endTransfer(of: key) } }
    guard place.isGranted else { return channels.forget(keepingIdle: true) }
    begin(progress)
    var answer: Reply?
    var failure: FTPError?
    do throws(FTPError) {
      answer = try await body()
      if let data = channels.current, data.tls != nil { try await conclude(data, progress.direction) }
    } catch {
      channels.current?.reset()
      if case .controlConnectionLost = error { isEnding = true } else { answer = error.reply }
      failure = error
    }
    if let answer { reply(answer) }
    // After a refusal the client may have connected already: that connection ends after the reply.
    if failure != nil {
      channels.forget(keepingIdle: true)
      // What a client sent without waiting for the reply would be taken for the next file.
      if progress.direction == .upload { channels.closeIdle() }
    }
    if failure == nil, let data = channels.current, data.isFinishing { await settle(data) }
    end(reply: answer?.code, failure)
  }

  private func begin(_ progress: TransferProgress) {
    if progress.direction == .upload {
      // ALLO is for this upload alone, whatever becomes of it.
      progress.announced = parameters.fileState?.allocation.flatMap { UInt64(exactly: $0) }
      parameters.fileState?.allocation = nil
      progress.expected = parameters.fileState?.expected
      parameters.fileState?.expected = nil
    }
    (progress.identity, progress.charset, progress.format) = (identity, extras?.charset, format)
    transfer = progress
    activity.begin(progress.facts(isPrivate: protection.isPrivate))
    tell(
      .transferBegan(progress.direction), .debug, "transfer begins",
      record(verb: progress.verb, path: progress.path.bytes))
  }

  private func end(reply: UInt16?, _ failure: FTPError?) {
    guard let progress = transfer else { return }
    let data = channels.current
    let mode = progress.format.mode
    let outcome = TransferOutcome(
      direction: progress.direction, bytes: activity.meter.bytes, reply: reply, isComplete: failure == nil,
      note: failure.map { "\($0)" }, isText: progress.format.type.isText,
      isCompressed: mode == .compressed || mode == .deflate,
      isAnonymous: progress.identity?.account.isAnonymous ?? false, isPrivate: protection.isPrivate,
      failure: failure.map { TransferFailure($0) }, connection: data?.report)
    let ended = MonotonicTime.now
    var note = outcome.note
    if let peer = data?.peer.address, peer != control.peer.address, !control.dataPolicy.isClient(peer) {
      note = "site to site, with \(peer)" + (note.map { ": \($0)" } ?? "")
    }
    transfer = nil
    activity.end()
    channels.release()
    // The time of the transfer was not idle time, nor that of a login that began in it.
    lastCommand = .now
    if identity == nil { greeted = .now }
    // Words and record are made only where somebody reads them.
    tell(
      .transferEnded(outcome), progress.direction == .listing && outcome.isComplete ? .debug : .info,
      outcome.isComplete ? "\(progress.direction.rawValue)" : "\(progress.direction.rawValue) failed",
      record(
        of: progress,
        record(
          verb: progress.verb, path: progress.path.bytes, bytes: outcome.bytes, duration: ended.since(progress.started),
          result: outcome.reply, paths: data?.loggedReport, tls: data?.security, note: note)))
  }

  /// The same record under the name of whom the transfer was for.
  private func record(of progress: TransferProgress, _ record: EventRecord) -> EventRecord {
    var record = record
    record.user = progress.identity?.account.name ?? []
    return record
  }

  // MARK: the data connection

  /// Sends `opening` (150) and makes the data connection: the client may have connected before its command, or waits for the 150.
  func openDataConnection(_ opening: Reply) async throws(FTPError) -> DataTransferProcess {
    if let idle = channels.takeIdle(isWanted: parameters.format.endsInBand, isPrivate: protection.isPrivate) {
      // 125 in place of 150: no connection is about to be made (RFC 959, section 5.4).
      reply(opening.with(code: 125))
      guard await flush() else { throw .controlConnectionLost }
      return process(on: idle)
    }
    let isPrivate = protection.isPrivate
    let early = channels.early
    if case .none = channels.port { throw .noDataConnection("Use PASV, EPSV, PORT or EPRT first.") }
    if early?.tls != nil, !isPrivate {
      throw .noDataConnection("The data connection has begun TLS, but PROT C was sent since.")
    }
    let present = try acceptDataConnectionNow()
    reply(opening)
    guard await flush() else { throw .controlConnectionLost }
    let connection = if let present { present } else { try await awaitDataConnection() }
    // As it was when the command came: REIN may have come since.
    if isPrivate { try await secure(connection, early: early) }
    return process(on: connection)
  }

  /// The same where the client has connected already and nothing is encrypted: then there is nothing to wait for. Nil if not.
  func openDataConnectionNow(_ opening: Reply) throws(FTPError) -> DataTransferProcess? {
    guard channels.idle == nil, !protection.isPrivate, channels.early?.tls == nil,
      let data = try acceptDataConnectionNow()
    else { return nil }
    reply(opening)
    // What the client does not take now goes while bytes move.
    do { _ = try control.flush() } catch { throw .controlConnectionLost }
    return process(on: data)
  }

  /// The passive data connection if the client has made it already; no waiting.
  func acceptDataConnectionNow() throws(FTPError) -> DataConnection? {
    do throws(TransferBreak) {
      defer { tellOfStrangers() }
      return try channels.acceptNow()
    } catch {
      throw FTPError(error)
    }
  }

  private func awaitDataConnection() async throws(FTPError) -> DataConnection {
    try await transferring { () async throws(TransferBreak) in
      defer { tellOfStrangers() }
      return try await channels.connection(receives: transfer?.direction == .upload, with: self)
    }
  }

  /// Tells who else has come to this session's ports: all of them in one line.
  func tellOfStrangers() {
    guard let strangers = channels.takeStrangers(),
      let count = context.notices.pass(.strangers, count: strangers.count)
    else { return }
    tell(
      .warning,
      count == 1
        ? "refused a data connection from \(strangers.last), which is not the client's"
        : "refused \(count) data connections from others than the client, the last from \(strangers.last)", record())
  }

  /// What moves the bytes of the transfer that runs.
  func process(on data: DataConnection) -> DataTransferProcess {
    if data.isMultipath { activity.noteMultipath() }
    let process = DataTransferProcess(on: data, pools: context.pools, meter: activity.meter, throttle: throttle)
    transfer?.process = process
    return process
  }

  /// Runs a part of a transfer; what breaks it has the reply of its kind.
  func transferring<Result>(
    _ body: () async throws(TransferBreak) -> Result
  ) async throws(FTPError) -> Result {
    do { return try await body() } catch { throw FTPError(error) }
  }

  // MARK: the end

  /// Ends a transfer under TLS that went well: close_notify has gone before 226 does; an upload that may be cut short is judged.
  private func conclude(_ data: DataConnection, _ direction: TransferDirection) async throws(FTPError) {
    if data.isClosing {
      let process = transfer?.process ?? process(on: data)
      try await transferring { () async throws(TransferBreak) in try await process.finishClosing(with: self) }
    }
    if direction == .upload { try requireCloseNotify(data) }
  }

  /// Judges an upload under TLS that may be cut short. Where the data tell their end in band, as they do but for files in stream mode and
  /// the like, a cut has been seen by the codec.
  func requireCloseNotify(_ data: DataConnection) throws(FTPError) {
    guard data.isCloseMissing, transfer?.format.writesInPlace == true else { return }
    let isWhole = transfer?.isAsAnnounced(activity.meter.bytes)
    switch configuration.security.missingClose {
    case .accept where isWhole != false: return
    case .acceptIfSizeMatches where isWhole == true: return
    default: throw .broken(.closeMissing)
    }
  }

  /// Ends a transfer that went well. Modes B and C leave the connection open, which 250 tells (RFC 959, section 3.2).
  ///
  /// - Parameter uniqueName: the name STOU has made up.
  func finish(_ data: DataConnection, _ format: TransferFormat, uniqueName: [UInt8]? = nil) -> Reply {
    if format.endsInBand {
      channels.keepOpen(data)
      guard let uniqueName else { return Reply(250, "Transfer complete; the data connection stays open.") }
      return Reply(
        250,
        bytes: Array("Transfer complete; the data connection stays open (unique file name:".utf8) + uniqueName + [
          0x29, 0x2E,
        ])
    }
    if transfer?.direction == .upload {
      data.close()
    } else {
      data.discardInput()
      data.finish()
    }
    guard let uniqueName else { return Reply(226, "Transfer complete.") }
    // Perl's Net::FTP finds the name by this, as BSD servers write it.
    return Reply(226, bytes: Array("Transfer complete (unique file name:".utf8) + uniqueName + [0x29, 0x2E])
  }

  /// Waits until the client has closed a multipath data connection it is being sent the rest of, or says something: only then is
  /// known what each path carried. The replies have gone; a client that goes on at once loses nothing.
  private func settle(_ data: DataConnection) async {
    guard await flush(), !inputEnded, postponed.isEmpty, !control.reader.hasBufferedBytes else { return }
    let deadline = MonotonicTime.now.advanced(by: configuration.timeouts.dataStall.inNanoseconds)
    while context.ending.load(ordering: .relaxed) == .no {
      switch await parking.wait(data.number, .readable, control.number, .readable, until: deadline) {
      case .ready, .deadline: return
      case .called: continue
      }
    }
  }
}

extension FTPError: CustomStringConvertible {
  /// For the log: more than the client is told.
  var description: String {
    switch self {
    case .file(let error, _): return "\(error)"
    default:
      if case .fixed(let text) = reply.text { return "\(text)" }
      if case .bytes(let bytes) = reply.text { return String(decoding: bytes, as: UTF8.self) }
      return ""
    }
  }
}
