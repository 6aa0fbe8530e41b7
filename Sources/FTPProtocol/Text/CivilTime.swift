// Calendar arithmetic on integers: seconds since 1970 to year, month, day, and back.

/// A moment of the proleptic Gregorian calendar, UTC.
struct CivilTime: Equatable {
  var year: Int
  var month: Int
  var day: Int
  var hour: Int
  var minute: Int
  var second: Int

  /// The first and the last second of the years 0000…9999.
  static let representable: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

  /// The nearest time that has a year of four digits. A file may bear any time at all.
  static func clamped(_ seconds: Int64) -> Int64 {
    min(max(seconds, representable.lowerBound), representable.upperBound)
  }

  /// The number of the day or minute that a clamped time falls into, counted from 1970; before that it is negative.
  static func units(of length: Int64, in seconds: Int64) -> Int64 {
    seconds >= 0 ? seconds / length : (seconds - (length - 1)) / length
  }

  init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The moment `seconds` after 1970 began; outside the years 0000…9999 the nearest within them.
  init(_ seconds: Int64) {
    let clamped = CivilTime.clamped(seconds)
    let dayNumber = CivilTime.units(of: 86400, in: clamped)
    let secondOfDay = Int(clamped - dayNumber * 86400)
    // Days are counted from 0000-03-01: a leap day is then the last of its year and months have a regular pattern.
    let days = Int(dayNumber) + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    hour = secondOfDay / 3600
    minute = secondOfDay / 60 % 60
    second = secondOfDay % 60
  }

  /// Whether the calendar has this day and the day this time; second 60 is allowed (RFC 3659 §2.3).
  var exists: Bool {
    (1...12).contains(month) && day >= 1 && day <= daysInMonth && (0...23).contains(hour) && (0...59).contains(minute)
      && (0...60).contains(second)
  }

  private var daysInMonth: Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Seconds since 1970.
  var seconds: Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    return Int64(days) * 86400 + Int64(hour * 3600 + minute * 60 + second)
  }
}
