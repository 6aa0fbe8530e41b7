// The sessions of the server as rows of JSON, asked for once a second however many look.

import ControlProtocol
import LinuxSystem
import SafeText

/// One session's row.
struct SessionRow: Sendable {
  let id: UInt64
  /// Does not change while nothing happens in the session: its times are points in time, not ages.
  let json: String
}

/// Asks for the sessions and keeps the answer for a moment.
actor Snapshots {
  private struct Times {
    var connected: Int64
    var active: Int64
  }

  private let bridge: ServerBridge
  private var rows: [SessionRow] = []
  private var asked: MonotonicTime?
  private var times: [UInt64: Times] = [:]
  private var pending: Task<Result<[SessionRow], Problem>, Never>?

  init(_ bridge: ServerBridge) { self.bridge = bridge }

  /// The sessions as they were less than a second ago.
  func sessions() async throws(Problem) -> [SessionRow] {
    if let asked, MonotonicTime.now.since(asked) < 900_000_000 { return rows }
    let task = pending ?? Task { await self.ask() }
    pending = task
    return try await task.value.get()
  }

  private func ask() async -> Result<[SessionRow], Problem> {
    defer { pending = nil }
    do throws(Problem) {
      let replies = try await bridge.read(.sessions(refreshingPaths: true))
      let now = WallClock.nanoseconds / 1_000_000
      var fresh: [UInt64: Times] = [:]
      var made: [SessionRow] = []
      for case .sessions(let entries) in replies {
        for entry in entries {
          let time = settled(entry, now)
          fresh[entry.id] = time
          made.append(SessionRow(id: entry.id, json: Self.json(entry, time.connected, time.active)))
        }
      }
      times = fresh
      rows = made
      asked = .now
      return .success(made)
    } catch { return .failure(error) }
  }

  /// Ages as points in time. What differs from the last look by less than the time an answer takes is the same.
  private func settled(_ entry: SessionEntry, _ now: Int64) -> Times {
    var time = Times(connected: now - Int64(clamping: entry.connected), active: now - Int64(clamping: entry.idle))
    if let before = times[entry.id] {
      if abs(before.connected - time.connected) < 1500 { time.connected = before.connected }
      if abs(before.active - time.active) < 1500 { time.active = before.active }
    }
    return time
  }

  private static func json(_ entry: SessionEntry, _ connected: Int64, _ active: Int64) -> String {
    var line = SafeLine()
    line.append(trusted: "{\"id\":\(entry.id),\"user\":")
    line.appendJSON(Array(shown(entry.user).utf8))
    line.append(",\"userKey\":")
    line.appendJSON(Array(percentEncoded(entry.user).utf8))
    line.append(",\"peer\":")
    line.appendJSON(Array(entry.peer.utf8))
    line.append(",\"tls\":")
    line.appendJSON(Array(entry.tls.utf8))
    line.append(
      trusted: ",\"multipath\":\(entry.isMultipath),\"connected\":\(connected),\"active\":\(active),\"verb\":")
    line.appendJSON(Array(entry.verb.utf8))
    if let transfer = entry.transfer {
      line.append(",\"transfer\":{\"verb\":")
      line.appendJSON(Array(transfer.verb.utf8))
      line.append(trusted: ",\"direction\":\"\(transfer.direction)\",\"path\":")
      line.appendJSON(Array(shown(transfer.path).utf8))
      line.append(trusted: ",\"bytes\":\(transfer.bytes),\"total\":\(transfer.total.map { "\($0)" } ?? "null")")
      line.append(trusted: ",\"isPrivate\":\(transfer.isPrivate),\"multipath\":\(transfer.isMultipath)}")
    }
    if !entry.paths.isEmpty {
      line.append(",\"paths\":[")
      for (index, path) in entry.paths.enumerated() {
        if index > 0 { line.append(",") }
        append(path, to: &line)
      }
      line.append("]")
    }
    line.append("}")
    return String(decoding: line.bytes, as: UTF8.self)
  }

  static func append(_ path: PathEntry, to line: inout SafeLine) {
    line.append("{\"local\":")
    line.appendJSON(Array(path.local.utf8))
    line.append(",\"remote\":")
    line.appendJSON(Array(path.remote.utf8))
    line.append(trusted: ",\"bytes\":\(path.bytes),\"live\":\(path.isLive)")
    line.append(
      trusted: ",\"roundTrip\":\(path.roundTripMicroseconds),\"retransmissions\":\(path.retransmissions)}")
  }
}
