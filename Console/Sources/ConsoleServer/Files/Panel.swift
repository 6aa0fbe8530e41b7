// The commands and replies of a user's own FTP sessions, as the page shows them.

import FTPClient
import FTPProtocol
import LinuxSystem
import Synchronization

/// Keeps the newest lines. Passwords are not among them: FTPClient hides them.
final class Panel: Sendable {
  struct Line: Encodable, Sendable {
    let number: UInt64
    /// Milliseconds since 1970.
    let time: Int64
    /// Which of the user's sessions, counted from 1.
    let session: Int
    /// `sent`, `received` or `note`.
    let kind: String
    let text: String
  }

  private struct State {
    var lines = Newest<Line>(500)
    var last: UInt64 = 0
    var sessions = 0
  }

  private let state = Mutex(State())

  /// A number for a further session.
  func nextSession() -> Int {
    state.withLock { state in
      state.sessions += 1
      return state.sessions
    }
  }

  func add(_ event: ClientOptions.TraceEvent, session: Int) {
    let (kind, text): (String, String) =
      switch event {
      case .sent(let text): ("sent", text)
      case .received(let reply): ("received", Self.text(reply))
      case .note(let text): ("note", text)
      }
    state.withLock { state in
      state.last += 1
      state.lines.append(
        Line(
          number: state.last, time: WallClock.nanoseconds / 1_000_000, session: session, kind: kind,
          text: String(text.prefix(4000))))
    }
  }

  /// What has come after the line of that number.
  func lines(after number: UInt64) -> [Line] { state.withLock { $0.lines.elements.filter { $0.number > number } } }

  private static func text(_ reply: ReceivedReply) -> String {
    reply.lines.enumerated().map { index, line in
      "\(reply.code)\(index == reply.lines.count - 1 ? " " : "-")\(shown(line))"
    }.joined(separator: "\n")
  }
}
