// Hours of the week, as limits and logins are bound to them: `mon-fri 0800-1800`.

import Glibc

/// A minute of the week by the clock on the wall.
public struct WeekMoment: Sendable, Hashable {
  /// 0 is Monday, 6 is Sunday.
  public let day: Int
  /// From midnight: 0 to 1439.
  public let minute: Int

  public init(day: Int, minute: Int) {
    self.day = day
    self.minute = minute
  }

  /// The moment `seconds` after 1970-01-01 00:00:00 UTC, in the time zone of this host. Source: localtime_r(3)
  public init(seconds: Int64) {
    var (time, parts) = (time_t(seconds), tm())
    localtime_r(&time, &parts)
    self.init(day: (Int(parts.tm_wday) + 6) % 7, minute: Int(parts.tm_hour) * 60 + Int(parts.tm_min))
  }
}

/// Days of the week and hours of these days, any number of times.
public struct WeekHours: Sendable, Hashable {
  private struct Span: Sendable, Hashable {
    /// A bit for each day, Monday the lowest.
    var days: UInt8
    /// Minutes from midnight; an end before the begin is on the next day.
    var begin: Int
    var end: Int

    func contains(_ moment: WeekMoment) -> Bool {
      func isOn(_ day: Int) -> Bool { days >> UInt8((day + 7) % 7) & 1 == 1 }
      if begin < end { return isOn(moment.day) && (begin..<end).contains(moment.minute) }
      return isOn(moment.day) && moment.minute >= begin || isOn(moment.day - 1) && moment.minute < end
    }
  }

  private let spans: [Span]

  /// Reads `DAYS HHMM-HHMM`, several with ` and ` or `;` between them. Days are `mon`, `mon-fri` or `sat+sun`; without days it is all of them,
  /// and without hours all of the day. `2200-0600` ends on the next day.
  ///
  /// - Returns: nil if `text` is something else.
  public init?(_ text: String) {
    var spans: [Span] = []
    for item in text.replacing(" and ", with: ";").split(separator: ";", omittingEmptySubsequences: false) {
      guard let span = Self.span(String(item)) else { return nil }
      spans.append(span)
    }
    self.spans = spans
  }

  /// Whether `moment` is one of the hours.
  public func contain(_ moment: WeekMoment) -> Bool { spans.contains { $0.contains(moment) } }

  private static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  private static func span(_ text: String) -> Span? {
    let words = text.split(separator: " ").map { $0.lowercased() }
    var span = Span(days: 0x7F, begin: 0, end: 1440)
    switch words.count {
    case 1:
      if let days = days(words[0]) {
        span.days = days
      } else {
        guard let (begin, end) = hours(words[0]) else { return nil }
        (span.begin, span.end) = (begin, end)
      }
    case 2:
      guard let days = days(words[0]), let (begin, end) = hours(words[1]) else { return nil }
      (span.days, span.begin, span.end) = (days, begin, end)
    default: return nil
    }
    return span
  }

  private static func days(_ text: String) -> UInt8? {
    var days: UInt8 = 0
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
      guard let first = ends.first.flatMap(dayNames.firstIndex), let last = ends.last.flatMap(dayNames.firstIndex),
        ends.count <= 2
      else { return nil }
      var day = first
      while true {
        days |= 1 << UInt8(day)
        if day == last { break }
        day = (day + 1) % 7
      }
    }
    return days
  }

  private static func hours(_ text: String) -> (Int, Int)? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { minute(String($0)) }
    guard ends.count == 2, let begin = ends[0], let end = ends[1], begin != end, begin < 1440 else { return nil }
    return (begin, end)
  }

  /// `0830` or `08:30`; `2400` is the end of the day.
  private static func minute(_ text: String) -> Int? {
    let digits = text.utf8.count == 5 && Array(text)[2] == ":" ? text.replacing(":", with: "") : text
    guard digits.utf8.count == 4, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
      number % 100 < 60, number <= 2400
    else { return nil }
    return number / 100 * 60 + number % 100
  }
}
