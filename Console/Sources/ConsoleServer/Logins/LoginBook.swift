// All logins of browsers, and the one-time links by which operators get in first.

import LinuxSystem
import Logging
import Synchronization

/// Keeps logins until they end, and links until they are used.
final class LoginBook: Sendable {
  private struct Link {
    let who: String
    let until: MonotonicTime
  }

  private struct State {
    var sessions: [String: BrowserSession] = [:]
    var links: [String: Link] = [:]
  }

  private let state = Mutex(State())
  private let idle: Int64
  private let life: Int64
  private let logger: Logger

  /// More logins than this at one time are refused.
  static let limit = 1000
  /// So long a link is good.
  static let linkLife: Int64 = 300_000_000_000

  init(idle: Duration, life: Duration, logger: Logger) {
    self.idle = idle.inNanoseconds
    self.life = life.inNanoseconds
    self.logger = logger
  }

  /// A secret that lets one browser in as an operator, once, within five minutes; nil when there are too many already.
  func makeLink(for who: String) -> String? {
    let now = MonotonicTime.now
    let secret = BrowserSession.secret()
    let isMade = state.withLock { state in
      state.links = state.links.filter { $0.value.until > now }
      guard state.links.count < 32 else { return false }
      state.links[secret] = Link(who: who, until: now.advanced(by: Self.linkLife))
      return true
    }
    logger.notice("\(who) asks for a one-time link\(isMade ? "" : ", but there are too many")")
    return isMade ? secret : nil
  }

  /// Whose link it is; it is used up by this.
  func redeem(_ secret: String) -> String? {
    let link = state.withLock { $0.links.removeValue(forKey: secret) }
    guard let link, link.until > .now else { return nil }
    return link.who
  }

  /// Takes a login in; false when there are too many.
  func add(_ session: BrowserSession) -> Bool {
    state.withLock { state in
      guard state.sessions.count < Self.limit else { return false }
      state.sessions[session.cookie] = session
      return true
    }
  }

  /// The login of a cookie, if it still is one.
  ///
  /// - Parameter isUse: whether this keeps it from ending for not being used.
  func find(_ cookie: String, isUse: Bool) -> BrowserSession? {
    guard let session = state.withLock({ $0.sessions[cookie] }) else { return nil }
    if isOver(session) {
      end(session, "it was not used for too long")
      return nil
    }
    if isUse { session.touch() }
    return session
  }

  func end(_ session: BrowserSession, _ why: String) {
    guard state.withLock({ $0.sessions.removeValue(forKey: session.cookie) }) != nil else { return }
    session.end()
    logger.notice("the login of \(session.actor) ends: \(why)")
  }

  private func isOver(_ session: BrowserSession) -> Bool {
    session.isEnded || session.idle > idle || MonotonicTime.now.since(session.began) > life
  }

  /// Ends what has not been used for too long, for as long as the task runs.
  func sweep() async {
    while !Task.isCancelled {
      for session in state.withLock({ Array($0.sessions.values) }) where isOver(session) {
        end(session, "it was not used for too long, or has lasted its time")
      }
      try? await Task.sleep(for: .seconds(10))
    }
  }
}
