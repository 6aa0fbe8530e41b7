// A user's files: what the page asks becomes FTP, and what FTP answers becomes an answer of HTTP.

import FTPClient
import FTPProtocol
import FoundationEssentials
import HTTPTypes
import Hummingbird
import LinuxSystem
import Logging
import SafeText

/// The part of the site for the files of whoever is logged in.
struct FilePages: Sendable {
  let logger: Logger

  /// Answers what is beneath `/api/files/` and its neighbours.
  ///
  /// - Parameters:
  ///   - what: `files`, `zip`, `hash`, `partial` or `panel`.
  ///   - path: the path on the server, absolute.
  func respond(
    _ request: Request, _ what: Substring, _ path: RemotePath, _ query: Query, _ session: BrowserSession,
    _ account: FileAccount
  ) async throws -> Response {
    do {
      switch (what, request.method) {
      case ("files", .get) where query.has("list"): return try await list(path, account)
      case ("files", .get), ("files", .head): return try await download(request, path, query, account)
      case ("files", .put): return try await upload(request, path, query, account)
      case ("files", .post): return try await change(request, path, session, account)
      case ("zip", .get): return try await zip(path, account)
      case ("hash", .get): return try await digest(path, account)
      case ("partial", .get): return try await partial(path, account)
      case ("panel", .get): return panel(session, account)
      case ("panel", .post):
        try await account.choose(try await request.json(FileAccount.Ways.self))
        return .json(await account.ways)
      default: throw Problem(.methodNotAllowed, "That cannot be done here.")
      }
    } catch let error as ClientError {
      throw Problem(error, reading: request.method == .get)
    }
  }

  private func list(_ path: RemotePath, _ account: FileAccount) async throws -> Response {
    let entries = try await account.withSession { try await $0.list(path) }
    var line = SafeLine()
    line.append("{\"path\":")
    line.appendJSON(Array(percentEncoded(path.bytes, keepingSlashes: true).utf8))
    line.append(",\"entries\":[")
    for (index, entry) in entries.enumerated() where entry.isSafeName {
      if index > 0, line.bytes.last != UInt8(ascii: "[") { line.append(",") }
      Self.append(entry, to: &line)
    }
    line.append("]}")
    return Response(
      status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(bytes: line.bytes)))
  }

  /// A row: name for people, name for URLs, kind, bytes, milliseconds since 1970, permission bits.
  static func append(_ entry: ListedEntry, to line: inout SafeLine) {
    line.append("[")
    line.appendJSON(Array(shown(entry.name).utf8))
    line.append(trusted: ",\"\(percentEncoded(entry.name))\",\"\(entry.kind)\",")
    line.append(trusted: "\(entry.kind == .file ? entry.size.map { "\($0)" } ?? "null" : "null"),")
    line.append(trusted: "\(entry.modified.map { "\($0.seconds)000" } ?? "null"),")
    line.append(trusted: "\(entry.mode.map { "\"\(String($0, radix: 8))\"" } ?? "null")]")
  }

  private struct DigestAnswer: Encodable {
    let algorithm: String
    let digest: String
  }

  private func digest(_ path: RemotePath, _ account: FileAccount) async throws -> Response {
    let digest = try await account.withSession { try await $0.digest(path) }
    let hex = digest.digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return .json(DigestAnswer(algorithm: "\(digest.algorithm)", digest: hex))
  }

  /// `panel`: the lines of the user's sessions, those of before and those to come.
  private func panel(_ session: BrowserSession, _ account: FileAccount) -> Response {
    let beat = Beat(.milliseconds(300))
    let last = LastNumber()
    return .events(
      EventPump {
        while await beat.wait(for: session) {
          let lines = account.panel.lines(after: last.value)
          if let line = lines.last {
            last.value = line.number
            return [ServerEvent("lines", lines)]
          }
          if beat.isFirst || beat.isQuiet { return [] }
        }
        return nil
      })
  }
}

extension Problem {
  /// An error of FTP; the server's own words where there are some.
  init(_ error: ClientError, reading: Bool) {
    let message = error.reply.map { reply in "\(reply.code) \(shown(reply.lines.last ?? []))" } ?? error.message
    switch error.code {
    case .usage: self.init(.badRequest, message)
    case .refused: self.init(reading ? .notFound : .conflict, message)
    case .refusedForNow: self.init(.conflict, message)
    case .unsupported: self.init(.notImplemented, message)
    case .loginRefused: self.init(.forbidden, message)
    case .cancelled: self.init(.requestTimeout, message)
    case .timedOut, .stalled: self.init(.gatewayTimeout, message)
    default: self.init(.badGateway, message)
    }
  }
}
