// What can be wrong with the bytes of a data connection, or of a stored file of records or pages.

/// Bytes that a codec cannot convert, and where they stand.
///
/// Offsets of what came from the wire count the bytes of the data connection from the beginning of this transfer; those of what
/// came from a file (``isInFile``) count the file's bytes from its beginning.
public enum CodingError: Error, Sendable, Hashable {
  /// The connection ended and no end of file had been told, which modes B and C and structures R and P always tell.
  case endedEarly(at: UInt64)
  /// A block's descriptor, or the byte behind an escape of mode C, has bits that mean nothing.
  case unknownDescriptor(UInt8, at: UInt64)
  /// A byte of ones in structure R and mode S is followed by none of 1, 2, 3 and 255.
  case unknownEscape(UInt8, at: UInt64)
  /// A restart marker is empty, over 255 bytes long, or holds what is not printable.
  case malformedMarker(at: UInt64)
  /// A restart marker stands inside of a page's header.
  case markerInPageHeader(at: UInt64)
  /// A record holds an LF and is to be stored as a line, of which it would make two.
  case lineFeedInRecord(at: UInt64)
  /// A page's header is shorter than 4 bytes, or not as long as its page type wants it.
  case pageHeaderLength(UInt8, at: UInt64)
  /// A page is of a type that RFC 959 §3.1.2.3 does not know.
  case unknownPageType(UInt8, at: UInt64)
  /// The last page, which only ends the file, announces data.
  case dataInLastPage(at: UInt64)
  /// A page of this index came before.
  case repeatedPage(UInt8, at: UInt64)
  /// Bytes follow the last page.
  case bytesAfterLastPage(at: UInt64)
  /// The end of file was told, but no last page had come.
  case noLastPage(at: UInt64)
  /// A stored file of prefixed records has a record descriptor word that cannot be one.
  case recordPrefix(at: UInt64)
  /// A stored file of prefixed records ends within a record.
  case recordCutShort(at: UInt64)
  /// The file does not begin as a stored file of pages does.
  case notPageFile
  /// A stored file of pages ends before its last page.
  case pageFileCutShort(at: UInt64)
  /// A stored file of pages has a header that cannot be one.
  case storedPage(at: UInt64)
  /// Mode Z: the bytes are no zlib stream, or its check sum is wrong.
  case corruptDeflate(at: UInt64)
  /// Bytes follow the end of the file, or in mode Z of the zlib stream.
  case bytesAfterEnd(at: UInt64)

  /// Whether the stored file is at fault and not what came over the wire.
  public var isInFile: Bool {
    switch self {
    case .recordPrefix, .recordCutShort, .notPageFile, .pageFileCutShort, .storedPage: true
    default: false
    }
  }

  /// Where the bytes stand.
  public var offset: UInt64 {
    switch self {
    case .endedEarly(let offset), .unknownDescriptor(_, let offset), .unknownEscape(_, let offset),
      .malformedMarker(let offset), .markerInPageHeader(let offset), .lineFeedInRecord(let offset),
      .pageHeaderLength(_, let offset), .unknownPageType(_, let offset), .dataInLastPage(let offset),
      .repeatedPage(_, let offset), .bytesAfterLastPage(let offset), .noLastPage(let offset), .recordPrefix(let offset),
      .recordCutShort(let offset), .pageFileCutShort(let offset), .storedPage(let offset), .corruptDeflate(let offset),
      .bytesAfterEnd(let offset):
      offset
    case .notPageFile: 0
    }
  }
}

extension CodingError: CustomStringConvertible {
  /// One sentence without its full stop, fit for a reply or a log line.
  public var description: String { "\(problem), at byte \(offset) of the \(isInFile ? "file" : "data connection")" }

  private var problem: String {
    switch self {
    case .endedEarly: "The data ended without an end of file"
    case .unknownDescriptor(let byte, _): "Unknown descriptor code \(byte)"
    case .unknownEscape(let byte, _): "Unknown record escape 255 \(byte)"
    case .malformedMarker: "A restart marker is not 1 to 255 printable characters"
    case .markerInPageHeader: "A restart marker inside of a page header"
    case .lineFeedInRecord: "A record holds a line feed and cannot be stored as a line: store prefixed records"
    case .pageHeaderLength(let length, _): "A page header cannot be \(length) bytes long"
    case .unknownPageType(let type, _): "Unknown page type \(type)"
    case .dataInLastPage: "The last page announces data"
    case .repeatedPage(let index, _): "Page \(index) came before"
    case .bytesAfterLastPage: "Bytes after the last page"
    case .noLastPage: "The end of file came before the last page"
    case .recordPrefix: "Not a record descriptor word"
    case .recordCutShort: "The last record is cut short"
    case .notPageFile: "Not a stored file of pages"
    case .pageFileCutShort: "The last page is missing"
    case .storedPage: "Not a page header"
    case .corruptDeflate: "Not a zlib stream"
    case .bytesAfterEnd: "Bytes after the end of the file"
    }
  }
}
