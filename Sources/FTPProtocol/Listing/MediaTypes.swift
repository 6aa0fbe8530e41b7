// The media type that goes with the end of a name, for the media-type fact.

/// A small table of the endings whose meaning is beyond doubt. RFC 3659, section 7.5.8, wants no guesses: other files have no such fact.
enum MediaTypes {
  private static let byExtension: [String: StaticString] = [
    "txt": "text/plain", "log": "text/plain", "md": "text/markdown", "csv": "text/csv", "htm": "text/html",
    "html": "text/html", "css": "text/css", "js": "text/javascript", "xml": "application/xml",
    "json": "application/json", "yaml": "application/yaml", "yml": "application/yaml", "pdf": "application/pdf",
    "ps": "application/postscript", "rtf": "application/rtf", "zip": "application/zip", "gz": "application/gzip",
    "bz2": "application/x-bzip2", "xz": "application/x-xz", "zst": "application/zstd",
    "7z": "application/x-7z-compressed",
    "tar": "application/x-tar", "tgz": "application/gzip", "jpg": "image/jpeg", "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif", "svg": "image/svg+xml", "webp": "image/webp", "tif": "image/tiff", "tiff": "image/tiff",
    "bmp": "image/bmp", "mp3": "audio/mpeg", "ogg": "audio/ogg", "flac": "audio/flac", "wav": "audio/wav",
    "mp4": "video/mp4", "mkv": "video/matroska", "webm": "video/webm", "mov": "video/quicktime",
    "avi": "video/x-msvideo",
    "doc": "application/msword", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text", "iso": "application/vnd.efi.iso",
  ]

  /// The longest extension of the table.
  private static let longest = 4

  /// The type of a name or path; nil where its ending tells none.
  static func type(of name: UnsafeRawBufferPointer) -> StaticString? {
    guard let dot = name.suffix(longest + 1).lastIndex(of: 0x2E), dot > 0, name[dot - 1] != 0x2F else { return nil }
    return byExtension[String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()]
  }
}
