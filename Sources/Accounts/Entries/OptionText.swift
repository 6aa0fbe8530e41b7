// Reads the values that several options of an entry share: sizes, counts, dates, lists of networks.

import Glibc
import LinuxSystem

enum OptionText {
  private static let factors: [String: UInt64] = [
    "TiB": 1 << 40, "GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "B": 1, "": 1,
  ]

  /// Bytes: `4096`, `4KiB`, `10GiB`, `2TiB`.
  static func size(_ text: String) -> UInt64? {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
    guard let number = UInt64(Substring(digits)), let factor = factors[String(text.utf8.dropFirst(digits.count)) ?? "?"]
    else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow || bytes > Int64.max ? nil : bytes
  }

  /// Decimal digits and nothing else.
  static func number(_ text: String) -> UInt64? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(text) : nil
  }

  /// A number from 1 up.
  static func count(_ text: String) -> Int? { number(text).flatMap { Int(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil } }

  static func isYes(_ text: String) -> Bool? { ["yes": true, "no": false][text] }

  /// An octal mode of three or four digits.
  static func mode(_ text: String) -> UInt32? {
    guard (3...4).contains(text.utf8.count), let mode = UInt32(text, radix: 8), mode <= 0o777 else { return nil }
    return mode
  }

  /// The end of a day, `2026-12-31`, or a moment of it, `2026-12-31T1830`, in the time zone of this host: seconds since 1970-01-01
  /// 00:00:00 UTC. Source: mktime(3)
  static func expiry(_ text: String) -> Int64? {
    let halves = text.split(separator: "T", omittingEmptySubsequences: false).map(String.init)
    let date = halves[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard halves.count <= 2, date.count == 3, date.map(\.utf8.count) == [4, 2, 2],
      let year = number(date[0]), let month = number(date[1]), let day = number(date[2]),
      (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var (hour, minute): (Int32, Int32) = (24, 0)
    if halves.count == 2 {
      let digits = halves[1].replacing(":", with: "")
      guard digits.utf8.count == 4, let time = number(digits), time / 100 < 24, time % 100 < 60 else { return nil }
      (hour, minute) = (Int32(time / 100), Int32(time % 100))
    }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year) - 1900, Int32(month) - 1, Int32(day))
    // The day must be one of the month: mktime(3) takes 31 February for a day of March.
    var noon = parts
    noon.tm_hour = 12
    noon.tm_isdst = -1
    guard mktime(&noon) != -1, noon.tm_mday == parts.tm_mday else { return nil }
    (parts.tm_hour, parts.tm_min, parts.tm_isdst) = (hour, minute, -1)
    let time = mktime(&parts)
    return time == -1 ? nil : Int64(time)
  }

  /// Networks and addresses with `;` between them.
  static func networks(_ text: String) -> [IPNetwork]? {
    let items = text.split(separator: ";", omittingEmptySubsequences: false).map { IPNetwork(String($0)) }
    let networks = items.compactMap(\.self)
    return networks.count == items.count ? networks : nil
  }

  /// Words with `;` between them, none of them empty or twice there.
  static func words(_ text: String) -> [String]? {
    let words = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
    return words.contains("") || Set(words).count != words.count ? nil : words
  }
}
