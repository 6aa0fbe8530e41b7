// Dates as LIST prints them, for people: months by name, years left out.

/// Reads the parts of a date and makes seconds since 1970 of them; times are taken for UTC.
enum ListingDate {
  /// The month of an English name of three letters, in either case.
  static func month(_ word: ArraySlice<UInt8>) -> Int? {
    guard word.count == 3 else { return nil }
    let folded = word.map { $0 | 0x20 }
    return months.firstIndex { folded.elementsEqual($0) }.map { $0 + 1 }
  }

  /// A day of a month: one or two digits.
  static func day(_ word: ArraySlice<UInt8>) -> Int? {
    guard word.count <= 2, let day = DecimalNumber.read(word, upTo: 31), day > 0 else { return nil }
    return day
  }

  /// `2:18`, `02:18` or `02:18:33`, perhaps with a fraction of the second, which is not kept.
  static func timeOfDay(_ word: ArraySlice<UInt8>) -> (hour: Int, minute: Int, second: Int, hasSecond: Bool)? {
    let parts = word.split(separator: 0x3A, omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, parts[0].count <= 2, parts[1].count == 2,
      let hour = DecimalNumber.read(parts[0], upTo: 23), let minute = DecimalNumber.read(parts[1], upTo: 59)
    else { return nil }
    guard parts.count == 3 else { return (hour, minute, 0, false) }
    let pieces = parts[2].split(separator: 0x2E, omittingEmptySubsequences: false)
    guard pieces.count <= 2, pieces[0].count == 2, let second = DecimalNumber.read(pieces[0], upTo: 60) else {
      return nil
    }
    if pieces.count == 2, DecimalNumber.read(pieces[1].prefix(9)) == nil { return nil }
    return (hour, minute, second, true)
  }

  /// The time of a date without a year: the latest one that is not more than a day after `now` (clocks and time zones differ).
  ///
  /// `ls` leaves the year out of what is younger than half a year.
  static func recent(month: Int, day: Int, hour: Int, minute: Int, now: Int64) -> ListedTime? {
    let now = CivilTime.clamped(now)
    let thisYear = CivilTime(min(now, CivilTime.representable.upperBound - 86400) + 86400).year
    // 29 February may be eight years ago.
    for year in stride(from: thisYear, through: max(thisYear - 8, 0), by: -1) {
      let time = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: 0)
      if time.exists, time.seconds <= now + 86400 { return ListedTime(seconds: time.seconds, precision: .minute) }
    }
    return nil
  }

  /// The time of a whole date; nil if the calendar does not have it.
  static func time(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, precision: ListedTime.Precision
  ) -> ListedTime? {
    let time = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    return time.exists ? ListedTime(seconds: time.seconds, precision: precision) : nil
  }

  private static let months: [[UInt8]] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ].map { Array($0.utf8) }
}
