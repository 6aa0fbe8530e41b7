// What is known of a metric beside its values: its type, what it means, its labels.

/// A metric as it is told to who scrapes it.
public struct MetricFamily: Sendable {
  /// The types that are used here. Source: OpenMetrics 1.0.0, "Metric Types".
  public enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// The name; of a counter with `_total` at its end, as it is queried.
  public let name: String
  public let kind: Kind
  /// One sentence.
  public let help: String
  /// The names of its labels, in the order they are shown.
  public let labels: [String]
  /// The upper bounds of a histogram's buckets, in seconds, ascending; `+Inf` goes without saying.
  public let buckets: [Double]

  public init(_ name: String, _ kind: Kind, labels: [String] = [], buckets: [Double] = [], _ help: String) {
    self.name = name
    self.kind = kind
    self.help = help
    self.labels = labels
    self.buckets = buckets
  }

  /// Whether a name may be a metric's. Source: OpenMetrics 1.0.0, ABNF "metricname".
  public static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy {
      (0x30...0x3A).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
    }
  }
}
