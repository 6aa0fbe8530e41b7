// What operators may ask and do: every act is a line of the log that names them.

import ControlProtocol
import HTTPTypes
import Hummingbird
import Logging
import SafeText

/// The part of the site for operators.
struct OperatorPages: Sendable {
  let bridge: ServerBridge
  let sampler: Sampler
  let snapshots: Snapshots
  let logger: Logger

  init(control: String, logger: Logger) {
    bridge = ServerBridge(path: control)
    sampler = Sampler(bridge)
    snapshots = Snapshots(bridge)
    self.logger = logger
  }

  /// Answers what is beneath `/api/operator/`.
  ///
  /// - Parameter path: what follows there, split at `/`.
  func respond(_ request: Request, _ path: [Substring], _ query: Query, _ session: BrowserSession) async throws
    -> Response
  {
    switch (request.method, path.first, path.dropFirst().first) {
    case (.get, "overview", nil): return overviewStream(session)
    case (.get, "sessions", nil): return sessionsStream(session)
    case (.get, "sessions", let id?):
      guard let id = UInt64(id) else { break }
      return sessionStream(session, id: id)
    case (.get, "log", nil):
      guard let level = ControlLevel(name: query["level"] ?? "info") else {
        throw Problem(.badRequest, "There is no such level.")
      }
      return logStream(session, level: level)
    case (.get, "bans", nil): return try await bans()
    case (.get, "settings", nil): return try await settings()
    case (.get, "accounts", nil): return try await accounts(query)
    case (.get, "accounts", let key?) where path.count == 2: return try await account(key)
    case (.post, "account", nil): return try await editAccount(request, session)
    case (.post, "explain", nil): return try await explain(request)
    case (.post, "say", nil): return try await say(request, session)
    case (.post, "kick", nil): return try await kick(request, session)
    case (.post, "ban", nil): return try await ban(request, session)
    case (.post, "unban", nil): return try await unban(request, session)
    case (.post, "reload", nil): return try await reload(request, session)
    case (.post, "drain", nil): return try await drain(request, session)
    case (.post, "level", nil): return try await level(request, session)
    default: break
    }
    throw Problem(.notFound, "There is nothing here.")
  }

  private struct Ban: Encodable {
    let subject: String
    let seconds: UInt32?
    let reason: String
  }

  private func bans() async throws -> Response {
    let list = try await bridge.read(.bans).flatMap { reply -> [BanEntry] in
      if case .bans(let bans) = reply { return bans }
      return []
    }
    return .json(list.map { Ban(subject: $0.address, seconds: $0.seconds, reason: $0.reason) })
  }

  private struct Settings: Encodable {
    struct Setting: Encodable {
      let key: String
      let value: String
      let origin: String
    }

    var findings: [String] = []
    var settings: [Setting] = []
  }

  /// The settings in force, and what is wrong with them. weftpd shows no secrets.
  private func settings() async throws -> Response {
    let text = try await bridge.read(.settings).flatMap { reply -> [UInt8] in
      if case .text(let part) = reply { return part }
      return []
    }
    var answer = Settings()
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("# ") {
        answer.findings.append(String(line.dropFirst(2)))
      } else if let colon = line.firstIndex(of: ":"), let mark = line.ranges(of: "  # ").last {
        answer.settings.append(
          Settings.Setting(
            key: String(line[..<colon]), value: Self.trimmed(line[line.index(after: colon)..<mark.lowerBound]),
            origin: String(line[mark.upperBound...])))
      }
    }
    return .json(answer)
  }

  private static func trimmed(_ text: Substring) -> String {
    let head = text.drop { $0 == " " }
    return String(head.prefix(head.count - head.reversed().prefix { $0 == " " }.count))
  }

  /// Whose sessions an act is for, and what their clients are to read.
  private struct Addressees: Decodable {
    var session: UInt64?
    var userKey: String?
    var address: String?
    var words: String?
  }

  private func kick(_ request: Request, _ session: BrowserSession) async throws -> Response {
    let body = try await request.json(Addressees.self)
    let (selector, meant) = try choose(body)
    let words = line(body.words)
    let count = try await acting("ends \(meant)\(words.isEmpty ? "" : ", saying \(quoted(words))")", session) {
      () throws(Problem) in try await bridge.act(.kick(selector, words: words))
    }
    return .json(["count": count ?? 0])
  }

  /// Has clients read something with one of their next replies.
  private func say(_ request: Request, _ session: BrowserSession) async throws -> Response {
    let body = try await request.json(Addressees.self)
    let (selector, meant) = try choose(body)
    let words = line(body.words)
    guard !words.isEmpty else { throw Problem(.badRequest, "There is nothing to say.") }
    do throws(Problem) {
      let count = try await acting("tells \(meant) \(quoted(words))", session) {
        () throws(Problem) in try await bridge.act(.say(selector, words: words))
      }
      return .json(["count": count ?? 0])
    } catch {
      // Of a network it is no mistake that nobody is there: the page names two for all.
      guard error.status == .notFound, body.address != nil else { throw error }
      return .json(["count": UInt32(0)])
    }
  }

  private func choose(_ body: Addressees) throws(Problem) -> (selector: SessionSelector, meant: String) {
    if let id = body.session { return (.session(id), "session \(id)") }
    if let user = body.userKey.flatMap({ percentDecoded($0[...]) }), !user.isEmpty {
      return (.user(user), "the sessions of \(quoted(shown(user)))")
    }
    if let address = body.address, !address.isEmpty {
      return (.address(address), "the sessions from \(quoted(address))")
    }
    throw Problem(.badRequest, "Which session is meant?")
  }

  private struct BanRequest: Decodable {
    var subject: String
    var seconds: UInt32?
    var reason: String?
  }

  private func ban(_ request: Request, _ session: BrowserSession) async throws -> Response {
    let ban = try await request.json(BanRequest.self)
    let reason = line(ban.reason)
    let time = ban.seconds.map { $0 > 0 ? " for \($0) s" : "" } ?? ""
    try await acting("bans \(quoted(ban.subject))\(time)\(reason.isEmpty ? "" : ": \(quoted(reason))")", session) {
      () throws(Problem) in
      try await bridge.act(
        .ban(
          address: ban.subject, seconds: ban.seconds ?? 0,
          reason: reason.isEmpty ? "by \(session.who) in the console" : reason))
    }
    return .done
  }

  private struct Unban: Decodable { var subject: String }

  private func unban(_ request: Request, _ session: BrowserSession) async throws -> Response {
    let subject = try await request.json(Unban.self).subject
    try await acting("takes the ban of \(quoted(subject)) back", session) {
      () throws(Problem) in try await bridge.act(.unban(address: subject))
    }
    return .done
  }

  private struct Confirmed: Decodable {
    var confirmation: String
    var seconds: UInt32?
  }

  private func reload(_ request: Request, _ session: BrowserSession) async throws -> Response {
    let body = try await request.json(Confirmed.self)
    try confirm(body, "reload")
    try await acting("has weftpd read its settings again", session) {
      () throws(Problem) in try await bridge.act(.reload)
    }
    return .done
  }

  private func drain(_ request: Request, _ session: BrowserSession) async throws -> Response {
    let body = try await request.json(Confirmed.self)
    try confirm(body, "drain")
    try await acting("has weftpd end when its transfers have", session) {
      () throws(Problem) in try await bridge.act(.drain(seconds: body.seconds ?? 0))
    }
    return .done
  }

  private struct Level: Codable { var level: String }

  private func level(_ request: Request, _ session: BrowserSession) async throws -> Response {
    guard let level = ControlLevel(name: try await request.json(Level.self).level) else {
      throw Problem(.badRequest, "There is no such level.")
    }
    try await acting("sets the level of weftpd's log to \(level.name)", session) {
      () throws(Problem) in try await bridge.act(.level(level))
    }
    return .json(Level(level: level.name))
  }

  /// What cannot be taken back is typed.
  private func confirm(_ body: Confirmed, _ word: String) throws {
    guard body.confirmation == word else { throw Problem(.badRequest, "Type “\(word)” to confirm.") }
  }

  /// Text for one line of a reply or of a file.
  private func line(_ text: String?) -> String {
    String(String.UnicodeScalarView((text ?? "").unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
      .prefix(200).description
  }

  /// Logs an act before it is done, and what came of it if it was refused.
  @discardableResult
  func acting<Value: Sendable>(
    _ what: String, _ session: BrowserSession, _ body: () async throws(Problem) -> Value
  ) async throws(Problem) -> Value {
    logger.notice("\(session.actor) \(what)")
    do throws(Problem) { return try await body() } catch {
      logger.notice("\(session.actor) \(what): refused: \(error.message)")
      throw error
    }
  }
}
