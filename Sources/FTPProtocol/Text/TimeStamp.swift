// Time stamps of the protocol (MDTM, MFMT, MLSx) and the calendar arithmetic behind every date the server prints.

/// Time stamps of RFC 3659 §2.3: `YYYYMMDDHHMMSS`, UTC, with an optional fraction.
public enum TimeStamp {
  /// Appends the fourteen digits for a time in seconds since 1970.
  ///
  /// Times outside the years 0000…9999, which fourteen digits cannot say, are given as the nearest that can be.
  public static func append(_ seconds: Int64, to out: inout [UInt8]) {
    withUnsafeTemporaryAllocation(byteCount: 14, alignment: 1) { scratch in
      var writer = ByteWriter(scratch)
      write(seconds, to: &writer)
      out.append(contentsOf: writer.written)
    }
  }

  /// The fourteen digits for a time in seconds since 1970.
  public static func format(_ seconds: Int64) -> [UInt8] {
    var digits: [UInt8] = []
    append(seconds, to: &digits)
    return digits
  }

  /// The same with a period and up to nine digits of the second's fraction (RFC 3659, section 2.3); none for 0 `digits`.
  public static func format(_ seconds: Int64, nanoseconds: UInt32, digits: Int) -> [UInt8] {
    var text = format(seconds)
    guard digits > 0 else { return text }
    withUnsafeTemporaryAllocation(byteCount: 10, alignment: 1) { scratch in
      var writer = ByteWriter(scratch)
      writeFraction(nanoseconds, digits: digits, to: &writer)
      text.append(contentsOf: writer.written)
    }
    return text
  }

  /// A period and `digits` digits, nine at most.
  static func writeFraction(_ nanoseconds: UInt32, digits: Int, to writer: inout ByteWriter) {
    writer.write(0x2E)
    var place: UInt32 = 100_000_000
    for _ in 0..<min(9, digits) {
      writer.write(UInt8(truncatingIfNeeded: 0x30 &+ nanoseconds / place % 10))
      place /= 10
    }
  }

  static func write(_ seconds: Int64, to writer: inout ByteWriter) {
    let time = CivilTime(seconds)
    writer.write(twoDigits: time.year / 100)
    writer.write(twoDigits: time.year % 100)
    writer.write(twoDigits: time.month)
    writer.write(twoDigits: time.day)
    writer.write(twoDigits: time.hour)
    writer.write(twoDigits: time.minute)
    writer.write(twoDigits: time.second)
  }

  /// Reads a time stamp that fills `text` entirely.
  ///
  /// - Returns: seconds since 1970 and nanoseconds, or nil if it is no time stamp, names a day or time that does not exist, or
  ///   lies outside the years 1970…9999. A 60th second (a leap second) is the next minute's first. Digits of the fraction beyond
  ///   the ninth are not kept.
  public static func parse(_ text: [UInt8]) -> (seconds: Int64, nanoseconds: UInt32)? { parse(text[...]) }

  /// Reads a time stamp, one space and the rest, as in `MFMT 20260102030405 name`.
  public static func parseLeading(_ text: [UInt8]) -> (seconds: Int64, nanoseconds: UInt32, rest: [UInt8])? {
    guard let blank = text.firstIndex(of: 0x20), let time = parse(text[..<blank]) else { return nil }
    return (time.seconds, time.nanoseconds, Array(text[(blank + 1)...]))
  }

  /// The same, with the first year that is taken: a listing may tell times before 1970.
  static func parse(_ text: ArraySlice<UInt8>, from firstYear: Int = 1970) -> (seconds: Int64, nanoseconds: UInt32)? {
    let digits = Array(text.prefix(14))
    guard digits.count == 14, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
    func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
    let time = CivilTime(
      year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(8..<10), minute: number(10..<12),
      second: number(12..<14))
    guard time.year >= firstYear, time.exists, let nanoseconds = nanoseconds(text.dropFirst(14)) else { return nil }
    return (time.seconds, nanoseconds)
  }

  /// Nothing, or a period and at least one digit.
  private static func nanoseconds(_ text: ArraySlice<UInt8>) -> UInt32? {
    guard let first = text.first else { return 0 }
    let digits = text.dropFirst()
    guard first == 0x2E, !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
    var (value, place): (UInt32, UInt32) = (0, 100_000_000)
    for digit in digits.prefix(9) {
      value += UInt32(digit - 0x30) * place
      place /= 10
    }
    return value
  }
}
