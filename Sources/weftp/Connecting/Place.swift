// What an argument means: something on a server, or something here.

import FTPClient

/// A source or a target of a command.
enum Place: Sendable {
  case remote(ServerURL)
  case local(String)
  /// `-`: standard input or output.
  case standard

  /// Reads an argument. What has `://` in it is a URL, and what begins with the name of a bookmark and `:` is beneath that.
  ///
  /// - Throws: a ``ClientError/Code/usage`` for a URL that is none.
  init(_ text: String) throws {
    if text == "-" {
      self = .standard
    } else if text.contains("://") {
      self = .remote(try Place.url(text))
    } else if let url = try Bookmarks.expand(text) {
      self = .remote(url)
    } else {
      self = .local(text)
    }
  }

  /// The argument as a URL; in a shell also a path on its server.
  static func url(_ text: String) throws -> ServerURL {
    if let url = try Bookmarks.expand(text) { return url }
    if let shell = ShellState.current, !text.contains("://") { return try shell.url(Array(text.utf8)) }
    guard let url = ServerURL(text) else {
      // It may hold a password, so it is not repeated.
      throw ClientError(.usage, "that is no URL of a server: it looks like ftpes://user@host/path")
    }
    return url
  }

  /// The directory and the name of a local path; `.` and the path itself for one without `/`.
  static func split(_ path: String) -> (directory: String, name: [UInt8]) {
    let bytes = Array(path.utf8)
    guard let slash = bytes.lastIndex(of: 0x2F) else { return (".", bytes) }
    let directory = String(decoding: bytes[..<slash], as: UTF8.self)
    return (directory.isEmpty ? "/" : directory, Array(bytes[(slash + 1)...]))
  }
}
