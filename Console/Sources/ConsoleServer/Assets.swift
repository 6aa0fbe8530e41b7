// The page's own files: read once at the start, so that nothing of a request ever becomes a path of this host.

import FoundationEssentials
import HTTPTypes
import Hummingbird
import LinuxSystem
import TransportSecurity

/// The files of the page by their names.
struct Assets: Sendable {
  private struct File {
    let type: String
    let tag: String
    let bytes: ByteBuffer
  }

  private let files: [String: File]

  private static let types = [
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
  ]

  /// - Throws: ``ConsoleError`` where there is no page in `directory`.
  init(_ directory: String) throws {
    var files: [String: File] = [:]
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    for name in names {
      guard let end = name.split(separator: ".").last, let type = Self.types[String(end)],
        let data = FileManager.default.contents(atPath: directory + "/" + name)
      else { continue }
      var digest = try Digest(.sha256)
      try data.withUnsafeBytes { try digest.update($0) }
      let tag = try digest.finish().prefix(8).map { String($0, radix: 16) }.joined()
      files["/" + (name == "index.html" ? "" : name)] = File(
        type: type, tag: "\"\(tag)\"", bytes: ByteBuffer(bytes: data))
    }
    guard files["/"] != nil else { throw ConsoleError("\(directory) does not hold the console's page (index.html)") }
    self.files = files
  }

  /// The file at `path`, or nil.
  func response(_ path: Substring, _ request: Request) -> Response? {
    guard let file = files[String(path)] else { return nil }
    // Asked for anew each time, answered with 304 when nothing has changed.
    let headers: HTTPFields = [.contentType: file.type, .eTag: file.tag, .cacheControl: "no-cache"]
    if request.headers[.ifNoneMatch] == file.tag { return Response(status: .notModified, headers: headers) }
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: file.bytes))
  }
}
