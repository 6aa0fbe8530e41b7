// The types of settings that are numbers: counts, sizes, durations, the umask.

import Accounts
import LinuxSystem

extension ValueType where Value: FixedWidthInteger {
  static func integer(_ range: ClosedRange<Value>) -> Self {
    single(
      "number", "a whole number from \(range.lowerBound) to \(range.upperBound)", show: { String($0) },
      parse: { (text) throws(Rejection) in
        guard isDigits(text) else { throw Rejection("is not a whole number") }
        guard let value = Value(text), range.contains(value) else { throw Rejection("is out of range") }
        return value
      })
  }

  /// Bytes: `4096`, `4KiB`, `1MiB`. The range has no negative numbers.
  static func size(_ range: ClosedRange<Value>) -> Self {
    let expected = "a size from \(showSize(range.lowerBound)) to \(showSize(range.upperBound)), such as 4096 or 4KiB"
    return single(
      "size", expected, show: { showSize($0) },
      parse: { (text) throws(Rejection) in
        let units = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
        guard let (count, factor) = split(text, units: units, plain: 1) else { throw Rejection("is not a size") }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow, let value = Value(exactly: bytes), range.contains(value) else {
          throw Rejection("is out of range")
        }
        return value
      })
  }
}

extension ValueType where Value == Duration {
  /// `30` and `30s` are seconds; `500ms`, `15m`, `2h`, `1d`.
  static func duration(_ range: ClosedRange<Duration>) -> Self {
    let expected =
      "a duration from \(range.lowerBound.asSetting) to \(range.upperBound.asSetting), "
      + "such as 30 (seconds), 500ms, 30s, 15m or 2h"
    return single(
      "duration", expected, show: { $0.asSetting },
      parse: { (text) throws(Rejection) in
        let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
        guard let (count, factor) = split(text, units: units, plain: 1000) else { throw Rejection("is not a duration") }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow, range.contains(.milliseconds(milliseconds)) else { throw Rejection("is out of range") }
        return .milliseconds(milliseconds)
      })
  }
}

extension SettingsTable {
  /// A duration as settings have it, from a millisecond to 30 days a hundred times over; nil for anything else.
  public static func duration(_ text: String) -> Duration? {
    try? ValueType.duration(.milliseconds(1)...(longest * 100)).parse([text])
  }
}

extension ValueType where Value == ByteRate {
  /// Bytes per second, by the hour where that is wanted: `1MiB`, `1MiB;0800-1800=200KiB`.
  static var rate: Self {
    single(
      "rate", "none or bytes per second, such as 500KiB, or with hours, such as 1MiB;0800-1800=200KiB",
      show: { $0.text },
      parse: { (text) throws(Rejection) in
        guard let rate = ByteRate(text) else { throw Rejection("is not a rate") }
        return rate
      })
  }
}

extension ValueType where Value == UInt32 {
  static var umask: Self {
    single(
      "octal mode", "an octal number from 000 to 777, such as 022", show: { showOctal($0) },
      parse: { (text) throws(Rejection) in
        guard isDigits(text), let value = UInt32(text, radix: 8) else { throw Rejection("is not an octal number") }
        guard value <= 0o777 else { throw Rejection("is out of range") }
        return value
      })
  }
}

/// A count and the factor of its unit; `plain` is the factor when there is no unit.
private func split(_ text: String, units: [(String, Int)], plain: Int) -> (Int, Int)? {
  let digits = text.prefix { $0.isASCII && $0.isNumber }
  let unit = trimmed(text[digits.endIndex...])
  guard isDigits(String(digits)), let factor = unit.isEmpty ? plain : units.first(where: { $0.0 == unit })?.1 else {
    return nil
  }
  // More digits than an Int holds are out of every range: let the caller's overflow check say so.
  return (Int(digits) ?? .max, factor)
}

private func showOctal(_ value: UInt32) -> String {
  let digits = String(value, radix: 8)
  return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
}

private func showSize(_ bytes: some FixedWidthInteger) -> String {
  for (unit, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] as [(String, UInt64)]
  where bytes >= factor {
    let count = UInt64(clamping: bytes)
    if count % factor == 0 { return "\(count / factor)\(unit)" }
  }
  return String(bytes)
}

extension Duration {
  /// As a setting would have it, in the largest unit that tells it exactly: `15m`, `1500ms`.
  public var asSetting: String {
    let milliseconds = inNanoseconds / 1_000_000
    for (unit, factor) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
    where milliseconds >= factor && milliseconds % factor == 0 {
      return "\(milliseconds / factor)\(unit)"
    }
    return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
  }
}
