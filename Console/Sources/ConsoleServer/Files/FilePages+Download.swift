// Downloads: a file or a part of it, straight from FTP's data connection to the browser's.

import FTPClient
import FTPProtocol
import HTTPTypes
import Hummingbird

extension FilePages {
  /// RETR, from the first byte of the range that is asked for (REST); what is behind the range is not fetched.
  func download(
    _ request: Request, _ path: RemotePath, _ query: Query, _ account: FileAccount
  ) async throws -> Response {
    let facts = try await account.withSession { try await $0.facts(path) }
    guard facts.kind == .file else { throw Problem(.conflict, "That is not a file.") }
    let isText = await account.ways.type == "A"
    let kind = MediaKind(name: path.name, asText: query.has("text"))
    var headers: HTTPFields = [
      .contentType: kind.type, .policy: Policy.file,
      .contentDisposition: Self.disposition(path.name, isShown: kind.isShown && query.has("inline")),
    ]
    if kind.isFramed, query.has("inline") {
      headers[.policy] = Policy.framed
      headers[.frameOptions] = "SAMEORIGIN"
    }
    let tag = Self.tag(facts)
    headers[.eTag] = tag
    if let size = facts.size, !isText { headers[.acceptRanges] = size > 0 ? "bytes" : "none" }
    if request.headers[.ifNoneMatch] == tag { return Response(status: .notModified, headers: headers) }
    var range: Range<UInt64>?
    var status = HTTPResponse.Status.ok
    // A line more or less for each line end: of TYPE A nobody knows the size before its end.
    if let size = facts.size, !isText {
      range = 0..<size
      if let field = request.headers[.range], request.headers[.ifRange].map({ $0 == tag }) ?? true,
        let wanted = ByteRange(field)
      {
        guard let resolved = wanted.resolved(in: size) else {
          headers[.contentRange] = "bytes */\(size)"
          return Response(status: .rangeNotSatisfiable, headers: headers)
        }
        range = resolved
        status = .partialContent
        headers[.contentRange] = "bytes \(resolved.lowerBound)-\(resolved.upperBound - 1)/\(size)"
      }
    }
    if request.method == .head || range?.isEmpty == true {
      headers[.contentLength] = range.map { "\($0.count)" }
      return Response(status: status, headers: headers)
    }
    let wanted = range
    let isWhole = wanted?.upperBound == facts.size
    let fresh = FileWriter()
    let connection = BrowserConnection.current
    return Response(
      status: status, headers: headers,
      body: .init(contentLength: wanted?.count) { writer in
        try await account.withSession { session in
          guard let wanted, let connection else {
            return try await session.read(path) { bytes in
              var out = fresh
              for try await piece in bytes { try await out.write(ByteBuffer(bytes: piece), to: &writer) }
            }
          }
          let count = UInt64(wanted.count)
          try await connection.withSocket { socket in
            try await session.read(path, from: wanted.lowerBound, expecting: isWhole ? count : nil) { bytes in
              guard try await bytes.relay(to: socket, atMost: count) == count else { throw ShortFile() }
              // The end has to come as well. What follows it has no place in the answer.
              if isWhole { for try await _ in bytes {} }
            }
          }
        }
        try await writer.finish(nil)
      })
  }

  /// The file has become shorter than the answer's head says.
  private struct ShortFile: Error {}

  /// Changes whenever the contents may have.
  private static func tag(_ facts: ListedEntry) -> String {
    let time = facts.modified.map { "\($0.seconds).\($0.nanoseconds)" } ?? "-"
    return "\"\(time)-\(facts.size ?? 0)-\(percentEncoded(facts.unique ?? []))\""
  }

  /// Source: RFC 6266; the name in any character set as RFC 8187 has it.
  static func disposition(_ name: [UInt8], isShown: Bool) -> String {
    "\(isShown ? "inline" : "attachment"); filename*=UTF-8''\(percentEncoded(shown(name).utf8))"
  }
}

/// What a Range field asks for: one range (RFC 9110, section 14.1.2). Of several, none is taken, which RFC 9110 allows.
struct ByteRange: Equatable {
  private let first: UInt64?
  private let last: UInt64?

  init?(_ field: String) {
    guard field.hasPrefix("bytes="), !field.contains(",") else { return nil }
    let ends = field.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    first = UInt64(ends[0])
    last = UInt64(ends[1])
    guard first != nil || !ends[0].isEmpty == false, first != nil || last != nil else { return nil }
    guard last != nil || ends[1].isEmpty else { return nil }
    if let first, let last, last < first { return nil }
  }

  /// The bytes it means in a file of `size`; nil where there are none.
  func resolved(in size: UInt64) -> Range<UInt64>? {
    guard let first else {
      // The last so many bytes.
      guard let last, last > 0, size > 0 else { return nil }
      return size - min(size, last)..<size
    }
    guard first < size else { return nil }
    return first..<min(size, last.map { $0 == .max ? $0 : $0 + 1 } ?? size)
  }
}
