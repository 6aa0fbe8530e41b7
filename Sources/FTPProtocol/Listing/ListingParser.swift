// Finds out what a line of a listing is, line by line: servers mix forms, and other things with them.

/// What a line of a listing is.
public enum ListedLine: Sendable, Hashable {
  /// A file, a directory or something else.
  case entry(ListedEntry)
  /// `total 1234`, with which `ls -l` begins.
  case total
  /// Nothing, or blanks.
  case blank
  /// Anything else: an error message of `ls`, the heading of a directory, a form that is not known.
  case noise
}

/// Reads the lines of LIST, whose form RFC 959 leaves to the server: `ls -l`, Windows' `dir`, EPLF.
///
/// Every line is looked at by itself. Where a line can be read in several ways, the reading that loses no part of the name wins.
public struct ListingParser: Sendable {
  /// The form of a line.
  public enum Form: Sendable, Hashable, CaseIterable {
    /// `ls -l`.
    case unix
    /// Windows' `dir`, as IIS prints it.
    case dos
    /// "Easily parsed LIST format".
    case eplf
  }

  private let now: Int64

  /// - Parameter now: seconds since 1970; `ls` leaves the year out of what is younger than half a year.
  public init(now: Int64) { self.now = now }

  /// Reads a line of LIST.
  ///
  /// - Parameter line: without its line end.
  public func parse(_ line: ArraySlice<UInt8>) -> ListedLine {
    if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return .blank }
    if let entry = entry(line)?.entry { return .entry(entry) }
    return ListingParser.isTotal(line) ? .total : .noise
  }

  /// The form of a line; nil if it is no entry.
  public func form(of line: ArraySlice<UInt8>) -> Form? { entry(line)?.form }

  private func entry(_ line: ArraySlice<UInt8>) -> (form: Form, entry: ListedEntry)? {
    // The first byte tells which form it can be.
    switch line.first {
    case 0x2B: EPLFListing.entry(line).map { (.eplf, $0) }
    case .some(0x30...0x39): DOSListing.entry(line).map { (.dos, $0) }
    case 0x20:
      DOSListing.entry(line).map { (.dos, $0) } ?? UnixListing.entry(line, now: now).map { (.unix, $0) }
    default: UnixListing.entry(line, now: now).map { (.unix, $0) }
    }
  }

  /// `total`, a number, perhaps with a unit, and nothing more.
  private static func isTotal(_ line: ArraySlice<UInt8>) -> Bool {
    let words = line.split { $0 == 0x20 || $0 == 0x0D }
    guard words.count == 2, words[0].map({ $0 | 0x20 }).elementsEqual("total".utf8) else { return false }
    return words[1].first.map { 0x30...0x39 ~= $0 } ?? false
  }
}
