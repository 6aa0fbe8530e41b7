// What the operator's pages are told while they are open: figures, sessions, one session, the log.

import ControlProtocol
import FoundationEssentials
import Hummingbird
import LinuxSystem
import SafeText
import Synchronization

/// The figures of the overview.
struct Overview: Encodable {
  let version: String
  let process: UInt32
  let uptime: UInt64
  let isDraining: Bool
  let level: String
  let listeners: [String]
  let now: Sample
  let failedLogins: UInt64
  let disks: [Disk]
  let certificates: [Certificate]
  let notices: [Notice]
}

extension OperatorPages {
  /// `overview`: every second; first of all `history`.
  func overviewStream(_ session: BrowserSession) -> Response {
    let beat = Beat()
    return .events(
      EventPump {
        guard await beat.wait(for: session) else { return nil }
        var events: [ServerEvent] = []
        if beat.isFirst { events.append(ServerEvent("history", sampler.history)) }
        do throws(Problem) {
          let status = try await bridge.status()
          events.append(
            ServerEvent(
              "overview",
              Overview(
                version: status.version, process: status.process, uptime: status.uptime,
                isDraining: status.isDraining, level: status.level.name, listeners: status.listeners,
                now: Sample(status), failedLogins: sampler.failedLogins, disks: sampler.disks,
                certificates: sampler.certificates, notices: sampler.notices)))
        } catch { events.append(ServerEvent("trouble", error.message)) }
        return events
      })
  }

  /// `sessions`: what has changed since the last, at most once a second: `{"changed":[…],"gone":[…]}`.
  func sessionsStream(_ session: BrowserSession) -> Response {
    let beat = Beat()
    let known = Mutex<[UInt64: String]>([:])
    return .events(
      EventPump {
        guard await beat.wait(for: session) else { return nil }
        do throws(Problem) {
          let rows = try await snapshots.sessions()
          let event = known.withLock { known -> ServerEvent? in
            let changed = rows.filter { known[$0.id] != $0.json }
            let ids = Set(rows.map(\.id))
            let gone = known.keys.filter { !ids.contains($0) }
            if changed.isEmpty, gone.isEmpty, !beat.isFirst { return nil }
            for row in changed { known[row.id] = row.json }
            for id in gone { known[id] = nil }
            let text = changed.map(\.json).joined(separator: ",")
            return ServerEvent(
              name: "sessions",
              line: "{\"changed\":[\(text)],\"gone\":[\(gone.map(String.init).joined(separator: ","))]}")
          }
          return event.map { [$0] } ?? []
        } catch { return [ServerEvent("trouble", error.message)] }
      })
  }

  /// `session`: its row and connections every second; `command`: what it says, from now on. Commands never carry passwords.
  func sessionStream(_ session: BrowserSession, id: UInt64) -> Response {
    let beat = Beat()
    let commands = Mutex(Newest<ServerEvent>(200))
    let watch = Task {
      for await reply in Watcher.replies(Subscription(events: .debug), at: bridge.path, keeping: 256) {
        guard case .event(let event) = reply, event.session == id else { continue }
        let line = Self.line(event)
        commands.withLock { _ = $0.append(ServerEvent(name: "command", line: line)) }
      }
    }
    let guardian = Guardian { watch.cancel() }
    return .events(
      EventPump {
        _ = guardian
        guard await beat.wait(for: session) else { return nil }
        var events = commands.withLock { $0.take() }
        do throws(Problem) {
          let rows = try await snapshots.sessions()
          guard let row = rows.first(where: { $0.id == id }) else {
            events.append(ServerEvent(name: "session", line: "null"))
            return events
          }
          var line = SafeLine()
          line.append(trusted: "{\"row\":\(row.json),\"connections\":[")
          var isFirst = true
          for case .paths(let connections) in try await bridge.read(.paths(session: id)) {
            for connection in connections {
              if !isFirst { line.append(",") }
              isFirst = false
              line.append("{\"kind\":")
              line.appendJSON(Array(connection.kind.utf8))
              line.append(",\"paths\":[")
              for (index, path) in connection.paths.enumerated() {
                if index > 0 { line.append(",") }
                Snapshots.append(path, to: &line)
              }
              line.append("]}")
            }
          }
          line.append("]}")
          events.append(ServerEvent(name: "session", line: String(decoding: line.bytes, as: UTF8.self)))
        } catch { if error.status != .notFound { events.append(ServerEvent("trouble", error.message)) } }
        return events
      })
  }

  /// `line`: each line of the log from a level up, as JSON.
  func logStream(_ session: BrowserSession, level: ControlLevel) -> Response {
    let lines = Mutex((lines: Newest<ServerEvent>(2000), dropped: 0, isEnded: false))
    let path = bridge.path
    let watch = Task {
      for await reply in Watcher.replies(Subscription(log: level, form: .json), at: path, keeping: 2000) {
        let event: ServerEvent
        switch reply {
        case .line(_, let bytes):
          // One line of JSON; what is not UTF-8 was escaped by weftpd.
          event = ServerEvent(name: "line", line: String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self))
        case .refused(_, let text): event = ServerEvent("trouble", text)
        default: continue
        }
        lines.withLock { state in if state.lines.append(event) { state.dropped += 1 } }
      }
      lines.withLock { $0.isEnded = true }
    }
    let guardian = Guardian { watch.cancel() }
    let beat = Beat(.milliseconds(250))
    return .events(
      EventPump {
        _ = guardian
        while await beat.wait(for: session) {
          let (events, isEnded) = lines.withLock { state in
            defer { state.dropped = 0 }
            let dropped = state.dropped > 0 ? [ServerEvent("dropped", state.dropped)] : []
            return (state.lines.take() + dropped, state.isEnded)
          }
          if !events.isEmpty { return events }
          if isEnded { return nil }
          if beat.isQuiet { return [] }
        }
        return nil
      })
  }

  private static func line(_ event: EventEntry) -> String {
    var line = SafeLine()
    line.append(trusted: "{\"time\":\(event.time / 1_000_000),\"kind\":\"\(event.kind.name)\",\"message\":")
    line.appendJSON(Array(event.message.utf8))
    line.append(",\"verb\":")
    line.appendJSON(Array(event.verb.utf8))
    line.append(",\"path\":")
    line.appendJSON(Array(shown(event.path).utf8))
    line.append(trusted: ",\"reply\":\(event.reply.map { "\($0)" } ?? "null")")
    line.append(trusted: ",\"bytes\":\(event.bytes.map { "\($0)" } ?? "null")")
    line.append(trusted: ",\"milliseconds\":\(event.milliseconds.map { "\($0)" } ?? "null"),\"note\":")
    line.appendJSON(Array(event.note.utf8))
    line.append("}")
    return String(decoding: line.bytes, as: UTF8.self)
  }
}

/// The pace of a stream: the first event at once, the next ones after a pause, and none once the login has ended.
final class Beat: Sendable {
  private let pause: Duration
  private let count = Mutex(0)

  init(_ pause: Duration = .seconds(1)) { self.pause = pause }

  /// Whether ``wait(for:)`` was called once only.
  var isFirst: Bool { count.withLock { $0 == 1 } }
  /// About every fifteen seconds: time for a sign of life.
  var isQuiet: Bool { count.withLock { $0 % 60 == 0 } }

  /// False when the stream should end.
  func wait(for session: BrowserSession) async -> Bool {
    let isFirst = count.withLock { count in
      count += 1
      return count == 1
    }
    if !isFirst {
      do { try await Task.sleep(for: pause) } catch { return false }
    }
    return !session.isEnded
  }
}

/// Does something when the last one that knows it is gone.
final class Guardian: Sendable {
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  deinit { body() }
}
