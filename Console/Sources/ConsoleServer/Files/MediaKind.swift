// What a file's name says of its contents, and whether a browser may show it.

/// A media type for an answer.
struct MediaKind: Sendable {
  let type: String
  /// A browser shows or plays it, and nothing in it can be code; everything else is a download.
  let isShown: Bool
  /// The browser has a viewer for it, which the page holds in a frame.
  var isFramed: Bool { type == "application/pdf" }

  private static let shown: [String: String] = [
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "avif": "image/avif", "bmp": "image/bmp", "ico": "image/x-icon", "mp3": "audio/mpeg", "ogg": "audio/ogg",
    "oga": "audio/ogg", "opus": "audio/ogg", "flac": "audio/flac", "wav": "audio/wav", "m4a": "audio/mp4",
    "aac": "audio/aac", "mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "ogv": "video/ogg",
    "pdf": "application/pdf",
  ]

  /// - Parameter asText: the page asks for it as text, whatever it is: then it is shown as text, and as nothing else.
  init(name: [UInt8], asText: Bool) {
    if asText {
      (type, isShown) = ("text/plain; charset=utf-8", true)
      return
    }
    let end = name.lastIndex(of: UInt8(ascii: ".")).map { name[($0 + 1)...] } ?? []
    if let type = Self.shown[String(decoding: end, as: UTF8.self).lowercased()] {
      (self.type, isShown) = (type, true)
    } else {
      (type, isShown) = ("application/octet-stream", false)
    }
  }
}
