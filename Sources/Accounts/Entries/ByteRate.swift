// How many bytes may pass in a second, and at which hours of the week it is another number.

/// A limit of bytes a second with exceptions by the hour: `1MiB;0800-1800=200KiB`.
public struct ByteRate: Sendable, Hashable {
  /// A number that holds at some hours only.
  public struct Exception: Sendable, Hashable {
    public let hours: WeekHours
    /// Bytes a second; 0: as many as there are.
    public let bytesPerSecond: UInt64
  }

  /// What holds when no exception does, in bytes a second; 0: as many as there are.
  public let bytesPerSecond: UInt64
  /// The first that holds counts.
  public let exceptions: [Exception]

  /// As it was written.
  public let text: String

  /// No limit at any hour.
  public static let unlimited = ByteRate(bytesPerSecond: 0)

  /// The same at all hours.
  public init(bytesPerSecond: UInt64) {
    self.bytesPerSecond = bytesPerSecond
    exceptions = []
    text = bytesPerSecond == 0 ? "none" : "\(bytesPerSecond)"
  }

  /// Whether there is no limit at any hour.
  public var isUnlimited: Bool { bytesPerSecond == 0 && exceptions.allSatisfy { $0.bytesPerSecond == 0 } }

  /// Reads `RATE` with `;HOURS=RATE` behind it, any number of times. A rate is a size, `none` is no limit.
  ///
  /// - Returns: nil if `text` is something else.
  public init?(_ text: String) {
    guard text.utf8.contains(UInt8(ascii: ";")) else {
      guard let rate = Self.rate(text) else { return nil }
      bytesPerSecond = rate
      exceptions = []
      self.text = text
      return
    }
    let items = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
    guard let first = items.first, let base = Self.rate(first) else { return nil }
    var exceptions: [Exception] = []
    for item in items.dropFirst() {
      guard let sign = item.lastIndex(of: "="), let hours = WeekHours(String(item[..<sign])),
        let rate = Self.rate(String(item[item.index(after: sign)...]))
      else { return nil }
      exceptions.append(Exception(hours: hours, bytesPerSecond: rate))
    }
    bytesPerSecond = base
    self.text = text
    self.exceptions = exceptions
  }

  /// The limit at `moment`, in bytes a second; 0: none.
  public func limit(at moment: WeekMoment) -> UInt64 {
    exceptions.first { $0.hours.contain(moment) }?.bytesPerSecond ?? bytesPerSecond
  }

  private static func rate(_ text: String) -> UInt64? {
    if text == "none" { return 0 }
    guard let rate = OptionText.size(text), rate > 0 else { return nil }
    return rate
  }
}
