// Uploads: the body of a request becomes a file while it comes, from the first byte or from where one broke off.

import FTPClient
import FTPProtocol
import HTTPTypes
import Hummingbird

extension FilePages {
  private struct Stored: Encodable { let bytes: UInt64 }

  /// STOR, with REST where `Content-Range` says that the body is the rest of a file.
  ///
  /// A browser that goes away has the upload broken off: weftpd keeps what came, and ``partial(_:_:)`` tells how much.
  func upload(
    _ request: Request, _ path: RemotePath, _ query: Query, _ account: FileAccount
  ) async throws -> Response {
    var kind = UploadKind.replace
    if let field = request.headers[.contentRange] {
      guard let first = Self.start(field) else { throw Problem(.badRequest, "The Content-Range is not understood.") }
      if first > 0 { kind = .resume(at: first) }
    }
    let (isResume, isReplacing) = (kind != .replace, query.has("replace"))
    let chosen = kind
    // Where a connection breaks, a body just ends: without its length nobody would know that something is missing.
    guard let length = request.headers[.contentLength].flatMap(UInt64.init) else {
      throw Problem(.lengthRequired, "The length of the file is missing.")
    }
    let pieces = Pieces(body: request.body, length: length)
    let report = try await account.withSession { session in
      if !isResume, !isReplacing, try await Self.exists(path, session) {
        throw Problem(.preconditionFailed, "There is a file of that name.")
      }
      return try await session.write(path, from: pieces, chosen)
    }
    return .json(Stored(bytes: report.offset + report.bytes), .created)
  }

  /// The first byte of `bytes 100-199/200`.
  private static func start(_ field: String) -> UInt64? {
    guard field.hasPrefix("bytes ") else { return nil }
    return UInt64(field.dropFirst(6).prefix { $0 != "-" })
  }

  /// Whether there is a whole file; what is kept of a broken upload is none.
  private static func exists(_ path: RemotePath, _ session: ClientSession) async throws(ClientError) -> Bool {
    do throws(ClientError) {
      let facts = try await session.facts(path)
      return !facts.isPartial
    } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
      return false
    }
  }

  private struct Partial: Encodable {
    let bytes: UInt64
    /// A whole file has the name.
    let isThere: Bool
  }

  /// How many bytes of a broken upload the server has kept.
  func partial(_ path: RemotePath, _ account: FileAccount) async throws -> Response {
    let partial = try await account.withSession { session in
      do throws(ClientError) {
        let facts = try await session.facts(path)
        if facts.isPartial { return Partial(bytes: facts.size ?? 0, isThere: false) }
        let reply = try await session.quote("SITE", Array("PARTIAL ".utf8) + path.bytes)
        let digits = reply.kind == .completion ? reply.text.prefix { 0x30...0x39 ~= $0 } : []
        return Partial(bytes: UInt64(String(decoding: digits, as: UTF8.self)) ?? 0, isThere: true)
      } catch {
        guard error.code == .refused || error.code == .unsupported else { throw error }
        return Partial(bytes: 0, isThere: false)
      }
    }
    return .json(partial)
  }
}

extension ListedEntry {
  /// What weftpd has kept of an upload that broke off.
  var isPartial: Bool { otherFacts.contains { $0.name == "x.partial" && $0.value.elementsEqual([0x31]) } }
}

/// The body of a request as FTPClient takes it: whole, or an error.
struct Pieces: AsyncSequence {
  typealias Element = [UInt8]

  let body: RequestBody
  let length: UInt64

  struct AsyncIterator: AsyncIteratorProtocol {
    var base: RequestBody.AsyncIterator
    var left: UInt64

    mutating func next() async throws -> [UInt8]? {
      guard let buffer = try await base.next() else {
        guard left == 0 else { throw Problem(.badRequest, "The connection broke before the file had ended.") }
        return nil
      }
      left -= Swift.min(left, UInt64(buffer.readableBytes))
      return Array(buffer.readableBytesView)
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: body.makeAsyncIterator(), left: length) }
}
