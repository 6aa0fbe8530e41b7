// From what the server tells of itself to what the control socket sends.

import ControlProtocol
import FTPServer
import LinuxSystem
import Logging
import MultipathTCP

extension ControlLevel {
  init(_ level: Logger.Level) {
    self =
      switch level {
      case .trace: .trace
      case .debug: .debug
      case .info: .info
      case .notice: .notice
      case .warning: .warning
      case .error: .error
      case .critical: .critical
      }
  }

  var loggerLevel: Logger.Level {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}

extension ControlDirection {
  init(_ direction: TransferDirection) {
    self =
      switch direction {
      case .download: .download
      case .upload: .upload
      case .listing: .listing
      case .fileWork: .fileWork
      }
  }
}

extension PathEntry {
  init(_ path: Subflow) {
    self.init(
      local: "\(path.local)", remote: "\(path.remote)", bytes: path.bytes, isLive: path.isLive,
      roundTripMicroseconds: UInt32(clamping: path.statistics.roundTrip.inNanoseconds / 1000),
      retransmissions: path.statistics.totalRetransmissions)
  }
}

extension ConnectionEntry {
  init(_ report: ConnectionReport) {
    self.init(kind: report.negotiation.description, paths: report.paths.map { PathEntry($0) })
  }

  /// The connections of a session, the control connection first.
  static func all(_ paths: SessionPaths) -> [ConnectionEntry] {
    var control = ConnectionEntry(paths.control)
    if let user = paths.localUser { control.kind = "a local socket of uid \(user)" }
    return [control] + (paths.data.map { [ConnectionEntry($0)] } ?? [])
  }
}

extension SessionEntry {
  init(_ session: SessionSummary, at now: MonotonicTime) {
    self.init(
      id: session.id, peer: "\(session.peer)", user: session.user, tls: session.tls, isMultipath: session.isMultipath,
      connected: milliseconds(since: session.connected, now), idle: milliseconds(since: session.lastActive, now),
      verb: session.verb?.description ?? "",
      transfer: session.transfer.map {
        TransferEntry(
          verb: $0.verb.description, direction: ControlDirection($0.direction), path: $0.path,
          milliseconds: milliseconds(since: $0.started, now), total: $0.total, bytes: session.bytes,
          isPrivate: $0.isPrivate, isMultipath: $0.isMultipath)
      }, paths: session.paths.map { PathEntry($0) }, limits: session.limits)
  }
}

private func milliseconds(since time: MonotonicTime, _ now: MonotonicTime) -> UInt64 {
  UInt64(max(0, now.since(time)) / 1_000_000)
}

extension EventEntry {
  init(_ event: SessionEvent) {
    let record = event.record
    self.init(
      kind: Kind(event.kind), level: ControlLevel(event.level), time: UInt64(max(0, WallClock.nanoseconds)),
      message: event.message.description, session: record.session, request: record.request ?? 0, peer: "\(record.peer)",
      user: record.user,
      verb: record.verb, path: record.path, bytes: record.bytes,
      milliseconds: record.duration.map { UInt64(max(0, $0.inNanoseconds) / 1_000_000) }, reply: record.result,
      note: record.note ?? "")
  }
}

extension EventEntry.Kind {
  init(_ kind: SessionEvent.Kind) {
    self =
      switch kind {
      case .sessionBegan: .sessionBegan
      case .refused: .refused
      case .sessionEnded: .sessionEnded
      case .login: .login
      case .loginFailed: .loginFailed
      case .logout: .logout
      case .command: .command
      case .transferBegan: .transferBegan
      case .transferEnded: .transferEnded
      case .changed: .changed
      case .notice: .notice
      }
  }
}
