// Every request's way: the guard, the login, then the page, the operator's part or the files.

import FTPClient
import FoundationEssentials
import HTTPTypes
import Hummingbird
import LinuxSystem
import Logging
import SafeText
import WeftVersion

/// The whole site.
struct Site: Sendable {
  let options: ConsoleOptions
  let gate: Guard
  let assets: Assets
  let logins: LoginBook
  let operators: OperatorPages?
  let files: FilePages
  let runtime: ClientRuntime
  let logger: Logger

  func respond(_ request: Request, _ peer: SocketAddress?) async -> Response {
    var response: Response
    do { response = try await answer(request, client(request, peer)) } catch let problem as Problem {
      response = .problem(problem.status, problem.message)
    } catch {
      logger.error("\(request.method) \(quoted(request.head.path ?? "")): \(error)")
      response = .problem(.internalServerError, "That did not work; the console's log tells more.")
    }
    // What is left of a body that nobody wanted: it is not worth reading.
    if response.status.code >= 400, request.method == .put { response.headers[.connection] = "close" }
    Policy.apply(to: &response)
    return response
  }

  /// Where the browser is.
  private func client(_ request: Request, _ peer: SocketAddress?) -> SocketAddress? {
    guard options.believesForwarded,
      let last = request.headers[values: .forwardedFor].last?.split(separator: ",").last,
      let address = IPAddress(String(last.filter { $0 != " " }))
    else { return peer }
    return SocketAddress(address, port: peer?.port ?? 0)
  }

  private func answer(_ request: Request, _ client: SocketAddress?) async throws -> Response {
    if let objection = gate.objection(to: request) { return objection }
    let target = request.head.path ?? "/"
    let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let query = Query(halves.count > 1 ? halves[1] : nil)
    if request.method == .get || request.method == .head, let file = assets.response(halves[0], request) {
      return file
    }
    guard halves[0].hasPrefix("/api/") else { throw Problem(.notFound, "There is nothing here.") }
    let path = halves[0].dropFirst(5)
    let parts = path.split(separator: "/")
    if parts == ["login"], request.method == .post { return try await logIn(request, client) }

    let isStream = parts.count > 1 && parts[0] == "operator" && request.method == .get || parts == ["panel"]
    guard let cookie = gate.cookie(request), let session = logins.find(cookie, isUse: !isStream) else {
      if parts == ["me"] { return .json(Me(who: nil)) }
      throw Problem(.unauthorized, "Please log in.")
    }
    if request.method != .get, request.method != .head, request.headers[.token] != session.token {
      throw Problem(.forbidden, "The request does not carry the page's token.")
    }
    switch parts.first {
    case "me" where request.method == .get: return .json(await me(session))
    case "logout" where request.method == .post:
      logins.end(session, "logged out")
      return Response(status: .noContent, headers: [.setCookie: gate.setCookie("", request)])
    case "operator":
      guard session.isOperator, let operators else { throw Problem(.forbidden, "Only operators may do that.") }
      return try await operators.respond(request, Array(parts.dropFirst()), query, session)
    case "files", "zip", "hash", "partial", "panel":
      guard let account = session.files, let what = parts.first else {
        throw Problem(.forbidden, "Log in as a user of weftpd to see files.")
      }
      let rest = path.dropFirst(what.count)
      guard let bytes = percentDecoded(rest), !bytes.contains(0) else {
        throw Problem(.badRequest, "The path is not understood.")
      }
      return try await files.respond(
        request, what, RemotePath(bytes.isEmpty ? [0x2F] : bytes), query, session, account)
    default: throw Problem(.notFound, "There is nothing here.")
    }
  }

  // MARK: - Login

  private struct Login: Decodable {
    var link: String?
    var user: String?
    var password: String?
    var code: String?
  }

  /// What the page knows of its login; `who` is nil without one.
  private struct Me: Encodable {
    var who: String?
    var token: String?
    var isOperator = false
    var hasFiles = false
    var home: String?
    var ways: FileAccount.Ways?
    var version: String?
  }

  private func me(_ session: BrowserSession) async -> Me {
    Me(
      who: session.who, token: session.token, isOperator: session.isOperator && operators != nil,
      hasFiles: session.files != nil, home: session.files.map { percentEncoded($0.home, keepingSlashes: true) },
      ways: await session.files?.ways, version: weftVersion)
  }

  private func logIn(_ request: Request, _ client: SocketAddress?) async throws -> Response {
    let login = try await request.json(Login.self)
    let session: BrowserSession
    if let link = login.link {
      guard let who = logins.redeem(link) else {
        logger.notice(
          "a one-time link that is not good any more was tried\(client.map { " from \($0.address)" } ?? "")")
        throw Problem(.forbidden, "This link is not good any more. Ask for another: weftpd-console link")
      }
      session = BrowserSession(who: who, isOperator: true, client: client, files: nil)
    } else {
      session = try await logIn(login, client)
    }
    // Who logs in while another login is there replaces it.
    if let cookie = gate.cookie(request), let old = logins.find(cookie, isUse: false) {
      logins.end(old, "another login")
    }
    guard logins.add(session) else {
      session.end()
      throw Problem(.serviceUnavailable, "Too many are logged in.")
    }
    logger.notice("\(session.actor) logs in\(session.isOperator ? " as an operator" : "")")
    var response = Response.json(await me(session))
    response.headers[.setCookie] = gate.setCookie(session.cookie, request)
    return response
  }

  private func logIn(_ login: Login, _ client: SocketAddress?) async throws -> BrowserSession {
    let (user, password, code) = (login.user ?? "", login.password ?? "", login.code ?? "")
    guard !user.isEmpty, user.utf8.count <= 1024, password.utf8.count <= 1024, code.utf8.count <= 16 else {
      throw Problem(.badRequest, "The user is missing.")
    }
    do throws(ClientError) {
      let account = try await FileAccount.logIn(
        user: user, password: password, code: code, options, runtime, for: client)
      // The code was a part of what weftpd has accepted: without a second factor it would have refused it.
      let isOperator = options.operators.contains(user) && code.count >= 6
      return BrowserSession(who: shown(user.utf8), isOperator: isOperator, client: client, files: account)
    } catch {
      logger.notice(
        "the login of \(quoted(user))\(client.map { " from \($0.address)" } ?? "") is refused: \(error.code.rawValue)")
      if error.code == .loginRefused { throw Problem(.forbidden, "weftpd refuses this user or password.") }
      throw Problem(error, reading: false)
    }
  }
}
