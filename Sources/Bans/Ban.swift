// One ban, and the line it is in a file of bans.

import Glibc
import LinuxSystem

/// Somebody who may not connect, or not log in, until a moment.
public struct Ban: Hashable, Sendable {
  /// Who made it.
  public enum Origin: String, Sendable {
    /// A person, by `weftpd ban add`.
    case `operator`
    /// The server itself, because a limit was reached.
    case automatic
  }

  public let subject: BanSubject
  /// Seconds since 1970-01-01 00:00:00 UTC.
  public let since: Int64
  /// The first second in which it holds no more; nil: it holds until it is removed.
  public let until: Int64?
  public let origin: Origin
  /// One line for people; other characters than printable ones are left out.
  public let reason: String

  public init(_ subject: BanSubject, since: Int64, until: Int64?, origin: Origin, reason: String) {
    self.subject = subject
    self.since = since
    self.until = until
    self.origin = origin
    let words = reason.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 }
    self.reason = String(String(String.UnicodeScalarView(words)).prefix(200))
  }

  /// Whether it holds at `now`, in seconds since 1970.
  public func holds(at now: Int64) -> Bool { until.map { now < $0 } ?? true }
}

// MARK: - The line

extension Ban {
  /// `192.0.2.1 2026-11-29T12:00:00Z 2026-11-29T13:00:00Z automatic 10 failed logins`: who, since when, until when (or `never`), by whom,
  /// why.
  public var line: String {
    let end = until.map(Self.text) ?? "never"
    return "\(subject) \(Self.text(since)) \(end) \(origin.rawValue) \(reason)"
  }

  /// Reads what ``line`` writes.
  public init?(line: String) {
    let fields = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
    guard fields.count >= 4, let subject = BanSubject(String(fields[0])), let since = Self.seconds(String(fields[1])),
      let origin = Origin(rawValue: String(fields[3]))
    else { return nil }
    var until: Int64?
    if fields[2] != "never" {
      guard let end = Self.seconds(String(fields[2])) else { return nil }
      until = end
    }
    self.init(
      subject, since: since, until: until, origin: origin, reason: fields.count > 4 ? String(fields[4]) : "")
  }

  /// `2026-11-29T12:00:00Z` (RFC 3339); years beyond 9999 are not written.
  public static func text(_ seconds: Int64) -> String {
    var time = time_t(min(max(0, seconds), 253_402_300_799))
    var parts = tm()
    gmtime_r(&time, &parts)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):"
      + "\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }

  static func seconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54, bytes[13] == 0x3A,
      bytes[16] == 0x3A, bytes[19] == 0x5A
    else { return nil }
    func number(_ range: Range<Int>) -> Int32? {
      let digits = bytes[range]
      return digits.allSatisfy { (0x30...0x39).contains($0) } ? Int32(String(decoding: digits, as: UTF8.self)) : nil
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), year >= 1970, (1...12).contains(month),
      (1...31).contains(day), hour < 24, minute < 60, second < 60
    else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
    return Int64(timegm(&parts))
  }
}
