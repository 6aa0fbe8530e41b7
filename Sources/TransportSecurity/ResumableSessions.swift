// The TLS sessions that data connections of one control connection may resume, at the client's end.

import COpenSSL
import Synchronization

/// What a server has given a control connection to resume by.
///
/// Tickets of TLS 1.3 come after the handshake, at any time; each is meant for one use (RFC 8446, section C.4), so the newest unused one
/// is taken. A session of TLS 1.2 serves as often as it is wanted.
final class ResumableSessions: Sendable {
  /// A copy of a session that no connection uses: OpenSSL changes those in use, on whatever thread their connection is.
  private final class Copy: @unchecked Sendable {
    // @unchecked: the session is only read once it is here (SSL_SESSION_dup(3) takes it const), and OpenSSL counts references atomically.
    let pointer: OpaquePointer
    init(owning pointer: OpaquePointer) { self.pointer = pointer }
    deinit { SSL_SESSION_free(pointer) }
  }

  private struct State {
    /// Unused tickets of TLS 1.3, the newest last.
    var fresh: [Copy] = []
    /// The session of TLS 1.2, or the ticket that was used last.
    var repeated: Copy?
    var isReusable = false
  }

  /// A server that sends tickets without end fills no memory, and old ones are the first to be refused.
  private static let limit = 8

  private let state = Mutex(State())
  private let repeatsTickets: Bool

  init(repeatsTickets: Bool) { self.repeatsTickets = repeatsTickets }

  /// Keeps a copy of `session`; the caller's reference stays the caller's.
  func add(_ session: OpaquePointer) {
    guard SSL_SESSION_is_resumable(session) == 1, let pointer = SSL_SESSION_dup(session) else { return }
    let copy = Copy(owning: pointer)
    let isTicket = SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION
    state.withLock { state in
      guard isTicket else {
        state.repeated = copy
        state.isReusable = true
        return
      }
      state.fresh.append(copy)
      if state.fresh.count > Self.limit { state.fresh.removeFirst() }
    }
  }

  /// Whether there is something to resume by that has not been used, or may be used often.
  var hasUnused: Bool { state.withLock { !$0.fresh.isEmpty || $0.isReusable } }

  /// Has `ssl`, whose handshake has not begun, resume a session if there is one.
  func resume(on ssl: OpaquePointer) {
    let session = state.withLock { state -> Copy? in
      if let newest = state.fresh.popLast() {
        state.repeated = newest
        return newest
      }
      return state.isReusable || repeatsTickets ? state.repeated : nil
    }
    // Without one, or if it cannot be used, the handshake is a full one.
    if let session { _ = weft_resume(ssl, session.pointer) }
  }
}
