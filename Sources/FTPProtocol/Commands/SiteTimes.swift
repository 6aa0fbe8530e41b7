// Reads the two forms of SITE UTIME.

/// What `SITE UTIME` asks for; no document defines it.
public struct SiteTimes: Sendable, Hashable {
  public let pathname: [UInt8]
  /// Seconds since 1970 (UTC).
  public let accessed: Int64
  public let modified: Int64

  /// Reads `YYYYMMDDhhmm[ss] pathname` (both times become this one), or `pathname atime mtime ctime UTC` with the times as
  /// `YYYYMMDDhhmmss`, of which the third cannot be set and is only looked at.
  ///
  /// - Returns: nil for anything else.
  public static func parse(_ argument: [UInt8]) -> SiteTimes? { parseLong(argument) ?? parseShort(argument) }

  private static func parseShort(_ argument: [UInt8]) -> SiteTimes? {
    let words = argument.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: true)
    guard words.count == 2, let time = seconds(words[0], mayLackSeconds: true) else { return nil }
    return SiteTimes(pathname: Array(words[1]), accessed: time, modified: time)
  }

  private static func parseLong(_ argument: [UInt8]) -> SiteTimes? {
    let words = argument.split(separator: 0x20, omittingEmptySubsequences: true)
    guard words.count >= 5, words[words.count - 1].elementsEqual("UTC".utf8) else { return nil }
    let times = words[(words.count - 4)...].dropLast().map { seconds($0, mayLackSeconds: false) }
    guard let accessed = times[0], let modified = times[1], times[2] != nil else { return nil }
    let name = Array(argument[..<words[words.count - 5].endIndex])
    let unquoted = name.first == 0x22 ? ArgumentWords.split(name) : [name]
    guard let unquoted, unquoted.count == 1, let pathname = unquoted.first else { return nil }
    return SiteTimes(pathname: pathname, accessed: accessed, modified: modified)
  }

  private static func seconds(_ digits: ArraySlice<UInt8>, mayLackSeconds: Bool) -> Int64? {
    guard digits.count == 14 || (mayLackSeconds && digits.count == 12) else { return nil }
    return TimeStamp.parse(Array(digits) + (digits.count == 12 ? [0x30, 0x30] : []))?.seconds
  }
}
