// One login of one browser: who it is, what it may do, and the FTP session behind it.

import LinuxSystem
import Synchronization

/// Made by a login; found again by the cookie.
final class BrowserSession: Sendable {
  /// The cookie's value: 128 random bits.
  let cookie: String
  /// What the page sends with every change, which another site cannot know.
  let token: String
  /// Who it is, for people and the log.
  let who: String
  let isOperator: Bool
  /// Where the browser is; nil behind a Unix socket whose proxy does not tell.
  let client: SocketAddress?
  /// The user's own FTP; nil for who came by a one-time link.
  let files: FileAccount?
  let began = MonotonicTime.now

  private struct State {
    var used = MonotonicTime.now
    var isEnded = false
  }
  private let state = Mutex(State())

  init(who: String, isOperator: Bool, client: SocketAddress?, files: FileAccount?) {
    cookie = Self.secret()
    token = Self.secret()
    self.who = who
    self.isOperator = isOperator
    self.client = client
    self.files = files
  }

  /// 128 bits from the kernel, in hexadecimal digits.
  static func secret() -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: Random.bytes(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Notes that it is used now.
  func touch() { state.withLock { $0.used = .now } }

  /// Nanoseconds since it was used; a transfer that runs is a use.
  var idle: Int64 {
    if files?.isBusy == true { touch() }
    return state.withLock { MonotonicTime.now.since($0.used) }
  }

  var isEnded: Bool { state.withLock { $0.isEnded } }

  /// Ends it and the FTP sessions it has.
  func end() {
    let first = state.withLock { state in
      defer { state.isEnded = true }
      return !state.isEnded
    }
    if first, let files { Task { await files.close() } }
  }

  /// Who acts, for a line of the log.
  var actor: String { client.map { "\(who) at \($0.address)" } ?? who }
}
