// The types a setting can have: how a value is read from text, shown again, and described to whoever got it wrong.

import LinuxSystem

/// Why a text is not a value of its type, in words that follow the value: `"x" has a port above 65535`.
struct Rejection: Error, Equatable {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// How values of one type are read and shown.
struct ValueType<Value: Sendable & Equatable>: Sendable {
  /// One or two words, for the table in the documentation.
  let name: String
  /// What a value must look like, with its bounds; follows "expected".
  let expected: String
  /// A list takes any number of items, everything else exactly one.
  var isList = false
  /// Reads a value from its items (one, unless ``isList``).
  let parse: @Sendable ([String]) throws(Rejection) -> Value
  /// The items that ``parse`` reads back as the same value; none when the value is "not set".
  let show: @Sendable (Value) -> [String]
}

/// A type whose value is one text.
private func single<Value: Sendable & Equatable>(
  _ name: String, _ expected: String, show: @escaping @Sendable (Value) -> String?,
  parse: @escaping @Sendable (String) throws(Rejection) -> Value
) -> ValueType<Value> {
  ValueType<Value>(
    name: name, expected: expected,
    parse: { (items: [String]) throws(Rejection) -> Value in
      guard items.count == 1, let item = items.first else { throw Rejection("is a list") }
      return try parse(item)
    }, show: { value in show(value).map { [$0] } ?? [] })
}

extension ValueType where Value == Bool {
  static var flag: Self {
    single(
      "flag", "true or false", show: { $0 ? "true" : "false" },
      parse: { (text) throws(Rejection) in
        switch text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw Rejection("is neither true nor false")
        }
      })
  }
}

extension ValueType where Value == Int {
  static func integer(_ range: ClosedRange<Int>) -> Self {
    single(
      "number", "a whole number from \(range.lowerBound) to \(range.upperBound)", show: { String($0) },
      parse: { (text) throws(Rejection) in
        guard isDigits(text) else { throw Rejection("is not a whole number") }
        guard let value = Int(text), range.contains(value) else { throw Rejection("is out of range") }
        return value
      })
  }

  /// Bytes: `4096`, `4KiB`, `1MiB`.
  static func size(_ range: ClosedRange<Int>) -> Self {
    let expected = "a size from \(showSize(range.lowerBound)) to \(showSize(range.upperBound)), such as 4096 or 4KiB"
    return single(
      "size", expected, show: { showSize($0) },
      parse: { (text) throws(Rejection) in
        let units = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
        guard let (count, factor) = split(text, units: units, plain: 1) else { throw Rejection("is not a size") }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow, range.contains(bytes) else { throw Rejection("is out of range") }
        return bytes
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

extension ValueType where Value == String {
  /// Text that fits on one line of a reply.
  static func line(limit: Int) -> Self {
    single(
      "text", "one line of 1 to \(limit) bytes", show: { $0 },
      parse: { (text) throws(Rejection) in
        try refuseControls(text)
        guard (1...limit).contains(text.utf8.count) else { throw Rejection("is out of range") }
        return text
      })
  }
}

extension ValueType where Value == String? {
  /// A path or a name that may be left out: the empty text is "not set".
  static func optional(_ name: String, _ expected: String) -> Self {
    single(
      name, expected, show: { $0 },
      parse: { (text) throws(Rejection) in
        try refuseControls(text)
        guard text.utf8.count <= 4095 else { throw Rejection("is longer than 4095 bytes") }
        return text.isEmpty ? nil : text
      })
  }
}

extension ValueType where Value == UInt16 {
  static var umask: Self {
    single(
      "octal mode", "an octal number from 000 to 777, such as 022", show: { showOctal($0) },
      parse: { (text) throws(Rejection) in
        guard isDigits(text), let value = UInt16(text, radix: 8) else { throw Rejection("is not an octal number") }
        guard value <= 0o777 else { throw Rejection("is out of range") }
        return value
      })
  }
}

extension ValueType where Value == ClosedRange<UInt16>? {
  static var portRange: Self {
    let expected = "FIRST-LAST with ports from 1 to 65535, such as 49152-65534, or 0 to let the kernel pick"
    let show: @Sendable (Value) -> String? = { range in range.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "0" }
    return single(
      "port range", expected, show: show,
      parse: { (text) throws(Rejection) in
        if text == "0" { return nil }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { trimmed($0) }
        guard ends.count == 1 || ends.count == 2, ends.allSatisfy(isDigits) else {
          throw Rejection("is not a port range")
        }
        let ports = ends.compactMap { UInt16($0) }.filter { $0 > 0 }
        guard ports.count == ends.count, let first = ports.first, let last = ports.last else {
          throw Rejection("has a port outside 1 to 65535")
        }
        guard first <= last else { throw Rejection("ends before it begins") }
        return first...last
      })
  }
}

extension ValueType where Value == PassiveAddressSetting {
  static var passiveAddress: Self {
    single(
      "auto or IPv4", "auto, or the IPv4 address clients reach this server at", show: { $0.description },
      parse: { (text) throws(Rejection) in
        if text == "auto" { return .automatic }
        guard let address = IPAddress(text), address.family == .ipv4 else { throw Rejection("is not an IPv4 address") }
        guard !address.isWildcard, !address.isMulticastOrBroadcast else {
          throw Rejection("is an address nobody can connect to")
        }
        return .fixed(address)
      })
  }
}

extension ValueType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  static func choice() -> Self {
    let names = Value.allCases.map(\.rawValue)
    return single(
      "choice", "one of " + names.joined(separator: ", "), show: { $0.rawValue },
      parse: { (text) throws(Rejection) in
        guard let value = Value(rawValue: text) else { throw Rejection("is none of them") }
        return value
      })
  }
}

// MARK: - Pieces

func isDigits(_ text: String) -> Bool {
  !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
}

func trimmed(_ text: Substring) -> String {
  var rest = text
  while rest.first == " " { rest.removeFirst() }
  while rest.last == " " { rest.removeLast() }
  return String(rest)
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

func refuseControls(_ text: String) throws(Rejection) {
  if text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) {
    throw Rejection("contains a control character")
  }
}

private func showOctal(_ value: UInt16) -> String {
  let digits = String(value, radix: 8)
  return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
}

private func showSize(_ bytes: Int) -> String {
  for (unit, factor) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes >= factor {
    if bytes % factor == 0 { return "\(bytes / factor)\(unit)" }
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
