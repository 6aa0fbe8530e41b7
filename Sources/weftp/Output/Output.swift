// What goes to standard output and what to standard error: only what was asked for goes to the first.

import Glibc

enum Output {
  /// Whether names are shown to a person, who must not have his terminal obey them.
  static let isTerminal = isatty(1) == 1

  /// A line of what was asked for.
  static func line(_ text: String) { write(1, Array(text.utf8) + [0x0A]) }

  /// A name: as it is for a program, harmless for a person.
  static func line(_ prefix: String, name: [UInt8]) {
    let shown = isTerminal ? Array(printable(name).utf8) : name
    write(1, Array(prefix.utf8) + shown + [0x0A])
  }

  /// A line about it.
  static func note(_ text: String) { write(2, Array("weftp: \(text)\n".utf8)) }

  /// A line about what went wrong.
  static func error(_ text: String) { note(text) }

  /// Bytes as they are; false when nobody reads them any more.
  @discardableResult
  static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN {
          var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&entry, 1, -1)
          continue
        }
        return false
      }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Text without anything a terminal would obey.
  static func printable(_ bytes: [UInt8]) -> String {
    String(
      String.UnicodeScalarView(
        String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar -> Unicode.Scalar in
          scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value ? "?" : scalar
        }))
  }

  /// `1.4 MB`, in powers of 1,000; bytes below.
  static func amount(_ bytes: UInt64) -> String {
    if bytes < 1000 { return "\(bytes) B" }
    var (value, unit) = (Double(bytes), -1)
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"]
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    return tenths < 1000 ? "\(tenths / 10).\(tenths % 10) \(units[unit])" : "\(Int(value.rounded())) \(units[unit])"
  }

  /// `2026-01-31 14:05`, UTC.
  static func time(_ seconds: Int64) -> String {
    var (time, parts) = (time_t(seconds), tm())
    guard gmtime_r(&time, &parts) != nil else { return "-" }
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min))"
  }

  /// Hexadecimal digits.
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }
}
