// The frame around every transfer: data connection, preliminary and final reply, progress, log line.

import FTPProtocol
import LinuxSystem
import Logging

extension Session {
  /// Sends `opening` (150) and makes the data connection: the client may have connected before its command, or waits for the 150.
  func openDataConnection(_ opening: Reply) async throws(FTPError) -> DataConnection {
    if let kept = takeKeptData() {
      // 125 in place of 150: no connection is about to be made (RFC 959, section 5.4).
      reply(opening.with(code: 125))
      guard await flush() else { throw .controlConnectionLost }
      return kept
    }
    if case .none = dataPort { throw .noDataConnection("Use PASV, EPSV, PORT or EPRT first.") }
    let early = try acceptDataConnectionNow()
    reply(opening)
    guard await flush() else { throw .controlConnectionLost }
    let connection = if let early { early } else { try await awaitDataConnection() }
    if protection.isPrivate { try await secure(connection) }
    return connection
  }

  /// Runs one transfer from its start to its reply. Whatever fails, exactly one final reply is sent and the data port is free again.
  func perform(
    _ progress: TransferProgress, _ body: () async throws(FTPError) -> Reply
  ) async {
    // A path may have joined since the login.
    guard admitPaths() else { return discardDataPort() }
    transfer = progress
    if progress.direction == .upload {
      // ALLO is for this upload alone, whatever becomes of it.
      transfer?.announced = parameters.fileState?.allocation.flatMap { UInt64(exactly: $0) }
      parameters.fileState?.allocation = nil
    }
    context.counters.transferBegan()
    var answer: Reply?
    var note: String?
    do throws(FTPError) {
      answer = try await body()
      if let data { try await conclude(data, progress.direction) }
    } catch {
      if case .controlConnectionLost = error { isEnding = true } else { answer = error.reply }
      note = "\(error)"
    }
    if let answer { reply(answer) }
    // After a refusal the client may have connected already: that connection ends after the reply.
    if note != nil {
      discardDataPort(keepingOpen: true)
      // What a client sent without waiting for the reply would be taken for the next file.
      if progress.direction == .upload { closeKeptData() }
    }
    let bytes = transfer?.bytes ?? 0
    if note == nil, let data, data.isFinishing { await settle(data) }
    let connection = data?.report
    let paths = data?.loggedReport
    let security = data?.security
    transfer = nil
    data = nil
    // The time of the transfer was not idle time.
    lastCommand = .now
    let result = answer?.code
    let duration = MonotonicTime.now.since(progress.started)
    context.counters.transferEnded(progress.direction, bytes: bytes, isComplete: note == nil, connection)
    if let observer = context.observer, let direction = progress.direction.reported {
      observer.transferEnded(
        TransferReport(
          session: id, peer: control.peer, user: identity?.account.name ?? [], direction: direction,
          path: progress.path.bytes, bytes: bytes, duration: .nanoseconds(duration), reply: result,
          connection: connection))
    }
    let event = record(
      verb: progress.verb, path: progress.path.bytes, bytes: bytes,
      duration: duration, result: result, paths: paths, tls: security, note: note)
    context.logger.event(
      progress.direction == .listing && note == nil ? .debug : .info,
      note == nil ? "\(progress.direction.rawValue)" : "\(progress.direction.rawValue) failed", event)
    if progress.direction != .listing { tell(event, progress, isComplete: note == nil) }
  }

  /// Tells the transfer log, if there is one.
  private func tell(_ event: EventRecord, _ progress: TransferProgress, isComplete: Bool) {
    guard let onTransfer = context.onTransfer else { return }
    var event = event
    let isCompressed =
      switch parameters.format.mode {
      case .compressed, .deflate: true
      case .stream, .block: false
      }
    event.transfer = TransferKind(
      isUpload: progress.direction == .upload, isText: parameters.type.isText, isCompressed: isCompressed,
      isAnonymous: identity?.account.isAnonymous ?? false, isComplete: isComplete)
    onTransfer(event)
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

  func count(_ bytes: Int) { transfer?.bytes &+= UInt64(bytes) }
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
