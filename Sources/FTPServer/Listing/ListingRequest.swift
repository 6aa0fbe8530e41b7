// What a client asked of a listing.

import FTPProtocol

/// What a listing command asks for.
struct ListingRequest {
  enum Style {
    /// LIST: lines as `ls -l` writes them.
    case long
    /// NLST: names, each after this prefix, so that they can be used in RETR as they are (RFC 1123, section 4.1.2.7).
    case names(prefix: [UInt8])
    /// MLSD.
    case machine(FactSet)
  }

  var style: Style
  /// Show `.` and `..` too.
  var showsDots = false
  var isRecursive = false
  var isReversed = false
  var isByTime = false
  /// Digits after the second in times of MLSD.
  var fractionDigits = 0
  /// Only names that match.
  var pattern: Glob?
}
