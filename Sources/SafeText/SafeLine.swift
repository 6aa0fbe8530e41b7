// Builds a line as bytes: numbers, time stamps, and texts made harmless for a terminal or a JSON reader.

/// A line under construction. Whatever bytes go in, what comes out is one line of valid UTF-8.
public struct SafeLine: Sendable {
  /// What the line holds so far. Bytes added here directly are not looked at.
  public var bytes: [UInt8] = []

  public init() {}

  /// How a text is made harmless.
  public enum Style: Sendable {
    /// Free text in a line for people: controls are escaped.
    case plain
    /// Between quotes in a line for people: quotes and backslashes are escaped too.
    case quoted
    /// Between quotes in JSON (RFC 8259, 7).
    case json
  }

  /// For text of ours that needs no escaping.
  public mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// For text of ours that needs no escaping.
  public mutating func append(trusted text: String) { bytes.append(contentsOf: text.utf8) }

  /// A number in decimal digits.
  public mutating func append(_ number: UInt64) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var rest = number
      var start = digits.count
      repeat {
        start -= 1
        digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }

  /// The last `digits` digits of a number below 2³².
  private mutating func append(_ number: UInt64, digits: Int) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0x30, count: digits))
    var rest = UInt32(truncatingIfNeeded: number)
    for index in (start..<(start + digits)).reversed() {
      bytes[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  /// Seconds with six digits after the point: `0.013204`. A negative duration is written as 0.
  public mutating func append(seconds duration: Duration) {
    let (seconds, attoseconds) = max(.zero, duration).components
    append(UInt64(max(0, seconds)))
    bytes.append(0x2E)
    append(UInt64(max(0, attoseconds)) / 1_000_000_000_000, digits: 6)
  }

  /// `2026-11-21T05:39:18.123Z` (RFC 3339, UTC, milliseconds). The civil date by integer arithmetic, valid to year 9999.
  public mutating func append(timestamp nanoseconds: Int64) {
    let milliseconds = UInt64(max(0, nanoseconds)) / 1_000_000
    let seconds = milliseconds / 1000
    // Days counted from 0000-03-01, so that the leap day ends a year.
    let days = seconds / 86_400 + 719_468
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    append(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), digits: 4)
    bytes.append(0x2D)
    append(month, digits: 2)
    bytes.append(0x2D)
    append(dayOfYear - (153 * shifted + 2) / 5 + 1, digits: 2)
    bytes.append(0x54)
    append(seconds / 3600 % 24, digits: 2)
    bytes.append(0x3A)
    append(seconds / 60 % 60, digits: 2)
    bytes.append(0x3A)
    append(seconds % 60, digits: 2)
    bytes.append(0x2E)
    append(milliseconds % 1000, digits: 3)
    bytes.append(0x5A)
  }

  /// `text` between quotes, for a line for people.
  public mutating func appendQuoted(_ text: [UInt8]) {
    bytes.append(0x22)
    append(text, .quoted)
    bytes.append(0x22)
  }

  /// `text` as a JSON string, quotes included.
  public mutating func appendJSON(_ text: [UInt8]) {
    bytes.append(0x22)
    append(text, .json)
    bytes.append(0x22)
  }

  /// `text`, made harmless in the given way.
  public mutating func append(_ text: String, _ style: Style) {
    var text = text
    text.withUTF8 { append($0, style) }
  }

  /// `text`, valid UTF-8 or not, made harmless in the given way.
  public mutating func append(_ text: [UInt8], _ style: Style) {
    text.withUnsafeBufferPointer { append($0, style) }
  }

  /// Runs of harmless bytes are copied whole; the rest goes one character at a time.
  private mutating func append(_ text: UnsafeBufferPointer<UInt8>, _ style: Style) {
    var index = 0
    var run = 0
    while index < text.count {
      let byte = text[index]
      if byte >= 0x20, byte < 0x7F, style == .plain || (byte != 0x22 && byte != 0x5C) {
        index += 1
        continue
      }
      let (length, scalar) = byte < 0x80 ? (1, UInt32(byte)) : decodeUTF8(text, at: index)
      if let scalar, byte >= 0x80, !Self.isDangerous(scalar) {
        index += length
        continue
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[run..<index]))
      escape(scalar, byte, style)
      index += length
      run = index
    }
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[run..<index]))
  }

  /// Controls of the C1 set, line separators, and marks that reorder what a terminal shows.
  private static func isDangerous(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x80...0x9F, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF, 0xFFF9...0xFFFB,
      0xE0000...0xE007F:
      return true
    default: return false
    }
  }

  /// `scalar` nil: `byte` is no part of valid UTF-8.
  private mutating func escape(_ scalar: UInt32?, _ byte: UInt8, _ style: Style) {
    guard let scalar else {
      // JSON has no notation for a raw byte: a visible backslash stands in its place.
      append(style == .json ? "\\\\x" : "\\x")
      appendHex(UInt32(byte), digits: 2)
      return
    }
    switch scalar {
    case 0x22: append("\\\"")
    case 0x5C: append("\\\\")
    case 0x0A: append("\\n")
    case 0x0D: append("\\r")
    case 0x09: append("\\t")
    default:
      if style == .json {
        if scalar > 0xFFFF {
          append("\\u")
          appendHex(0xD800 + (scalar - 0x10000) >> 10, digits: 4)
          append("\\u")
          appendHex(0xDC00 + (scalar & 0x3FF), digits: 4)
        } else {
          append("\\u")
          appendHex(scalar, digits: 4)
        }
      } else if scalar < 0x80 {
        append("\\x")
        appendHex(scalar, digits: 2)
      } else {
        append("\\u{")
        appendHex(scalar, digits: scalar > 0xFFFF ? 5 : 4)
        append("}")
      }
    }
  }

  /// The last `digits` hexadecimal digits of a number, in lower case.
  public mutating func appendHex(_ value: UInt32, digits: Int) {
    for place in (0..<digits).reversed() {
      let digit = UInt8(truncatingIfNeeded: value >> (4 * UInt32(place)) & 15)
      bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }
}

/// True when all of `text` is valid UTF-8.
public func isUTF8(_ text: [UInt8]) -> Bool {
  text.withUnsafeBufferPointer { buffer in
    var index = 0
    while index < buffer.count {
      if buffer[index] < 0x80 {
        index += 1
        continue
      }
      let (length, scalar) = decodeUTF8(buffer, at: index)
      if scalar == nil { return false }
      index += length
    }
    return true
  }
}

/// The character that begins with the byte ≥ 0x80 at `index` (RFC 3629, 4): its length, and nil with length 1 when the
/// bytes are not valid (a stray continuation, an overlong form, a surrogate, a cut sequence).
public func decodeUTF8(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (Int, UInt32?) {
  let lead = text[index]
  let length: Int
  let least: UInt32
  switch lead {
  case 0xC2...0xDF: (length, least) = (2, 0x80)
  case 0xE0...0xEF: (length, least) = (3, 0x800)
  case 0xF0...0xF4: (length, least) = (4, 0x10000)
  default: return (1, nil)
  }
  guard index + length <= text.count else { return (1, nil) }
  var scalar = UInt32(lead) & (0x7F >> UInt32(length))
  for next in text[(index + 1)..<(index + length)] {
    guard next & 0xC0 == 0x80 else { return (1, nil) }
    scalar = scalar << 6 | UInt32(next & 0x3F)
  }
  guard scalar >= least, scalar <= 0x10FFFF, !(0xD800...0xDFFF).contains(scalar) else { return (1, nil) }
  return (length, scalar)
}
