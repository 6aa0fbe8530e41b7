// The sessions of a server as JSON (RFC 8259), one object a look.

import ControlProtocol
import SafeText

enum WhoJSON {
  /// `{"timestamp":…,"sessions":[…]}` in one line.
  static func text(_ status: StatusEntry, _ sessions: [WhoSession], at nanoseconds: Int64) -> String {
    var line = SafeLine()
    line.append("{\"timestamp\":\"")
    line.append(timestamp: nanoseconds)
    line.append(trusted: "\",\"draining\":\(status.isDraining),\"transfers\":\(status.transfers),\"sessions\":[")
    for (index, session) in sessions.enumerated() {
      if index > 0 { line.append(",") }
      append(session, to: &line)
    }
    line.append("]}\n")
    return String(decoding: line.bytes, as: UTF8.self)
  }

  private static func append(_ session: WhoSession, to line: inout SafeLine) {
    let entry = session.entry
    line.append(trusted: "{\"id\":\(entry.id),\"user\":")
    line.appendNameJSON(entry.user, rawKey: ",\"user_hex\":\"")
    line.append(",\"peer\":")
    line.appendJSON(Array(entry.peer.utf8))
    line.append(",\"tls\":")
    line.appendNameJSON(Array(entry.tls.utf8), rawKey: ",\"tls_hex\":\"")
    line.append(trusted: ",\"multipath\":\(entry.isMultipath)")
    line.append(trusted: ",\"connected_ms\":\(entry.connected),\"idle_ms\":\(entry.idleShown),\"command\":")
    line.appendNameJSON(Array(entry.verb.utf8), rawKey: ",\"command_hex\":\"")
    line.append(",\"limits\":")
    line.appendJSON(Array(entry.limits.utf8))
    line.append(",\"transfer\":")
    guard let transfer = entry.transfer else { return line.append("null}") }
    line.append("{\"command\":")
    line.appendJSON(Array(transfer.verb.utf8))
    line.append(trusted: ",\"direction\":\"\(transfer.direction.name)\",\"path\":")
    line.appendNameJSON(transfer.path, rawKey: ",\"path_hex\":\"")
    line.append(trusted: ",\"bytes\":\(transfer.bytes),\"total\":\(transfer.total.map { "\($0)" } ?? "null")")
    line.append(trusted: ",\"bytes_per_second\":\(session.rate.map { "\($0)" } ?? "null")")
    line.append(trusted: ",\"duration_ms\":\(transfer.milliseconds),\"tls\":\(transfer.isPrivate)")
    line.append(trusted: ",\"multipath\":\(transfer.isMultipath),\"paths\":[")
    for (index, path) in entry.paths.enumerated() {
      if index > 0 { line.append(",") }
      line.append("{\"local\":")
      line.appendJSON(Array(path.local.utf8))
      line.append(",\"remote\":")
      line.appendJSON(Array(path.remote.utf8))
      line.append(trusted: ",\"bytes\":\(path.bytes),\"live\":\(path.isLive)")
      line.append(trusted: ",\"round_trip_us\":\(path.roundTripMicroseconds)")
      line.append(trusted: ",\"retransmissions\":\(path.retransmissions)}")
    }
    line.append("]}}")
  }
}

extension ControlDirection {
  /// For programs.
  var name: String {
    switch self {
    case .download: "download"
    case .upload: "upload"
    case .listing: "listing"
    case .fileWork: "file_work"
    }
  }
}
