// Amounts for people: bytes, rates and times in few columns, and text that no terminal obeys.

import SafeText

enum Amount {
  /// `1.4 MB`, in powers of 1,000.
  static func bytes(_ bytes: UInt64) -> String {
    let (number, unit) = scaled(bytes)
    return "\(number) \(unit)B"
  }

  /// `1.4M`: five columns at most.
  static func short(_ bytes: UInt64) -> String {
    let (number, unit) = scaled(bytes)
    return number + unit
  }

  private static func scaled(_ bytes: UInt64) -> (number: String, unit: String) {
    if bytes < 1000 { return ("\(bytes)", "") }
    var (value, unit) = (Double(bytes), -1)
    let units = ["k", "M", "G", "T", "P", "E"]
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    return (tenths < 1000 ? "\(tenths / 10).\(tenths % 10)" : "\(Int(value.rounded()))", units[unit])
  }

  /// `12s`, `3:05`, `2h07`, `3d04h`: five columns at most for 99 days.
  static func time(_ seconds: UInt64) -> String {
    func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60):\(two(seconds % 60))" }
    if seconds < 86_400 { return "\(seconds / 3600)h\(two(seconds / 60 % 60))" }
    let days = seconds / 86_400
    return days < 10 ? "\(days)d\(two(seconds / 3600 % 24))h" : "\(days)d"
  }
}

/// Text made harmless for a terminal.
func printable(_ bytes: [UInt8]) -> String {
  var line = SafeLine()
  line.append(bytes, .plain)
  return String(decoding: line.bytes, as: UTF8.self)
}

/// The same for text.
func printable(_ text: String) -> String { printable(Array(text.utf8)) }
