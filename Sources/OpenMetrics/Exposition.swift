// The text that a scraper reads, in Prometheus' form and in that of OpenMetrics.

/// The two forms.
public enum ExpositionFormat: Sendable {
  /// text/plain; version=0.0.4. Source: Prometheus, "Exposition formats".
  case prometheus
  /// application/openmetrics-text; version=1.0.0. Source: OpenMetrics 1.0.0, "Text format".
  case openMetrics

  /// For the answer's header.
  public var contentType: String {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// The form for a client that sends this Accept field.
  public init(accept: String) { self = accept.contains("application/openmetrics-text") ? .openMetrics : .prometheus }
}

/// A series of a counter that is shown with another value than it has: what is under way is counted only when it ends.
public struct Raise: Sendable {
  public let name: String
  public let labels: [String]
  public let value: UInt64

  public init(name: String, labels: [String], value: UInt64) {
    self.name = name
    self.labels = labels
    self.value = value
  }
}

extension MetricsRegistry {
  /// All metrics as text. A series that never got a value is left out, and so is a histogram's of which nothing was observed.
  public func text(_ format: ExpositionFormat, raising raises: [Raise] = []) -> String {
    var text = ""
    let raised = Dictionary(raises.map { (Key(name: $0.name, labels: $0.labels), $0.value) }) { $1 }
    for (family, series) in snapshot() {
      var lines = ""
      for (labels, series) in series {
        if let value = raised[Key(name: family.name, labels: labels)] {
          lines += "\(family.name)\(Self.braced(Self.labels(family.labels, labels))) \(value)\n"
          continue
        }
        Self.append(series, family, Self.labels(family.labels, labels), format, to: &lines)
      }
      if lines.isEmpty { continue }
      // OpenMetrics names a counter's family without what its samples end in.
      let name = format == .openMetrics ? Self.base(family) : family.name
      text += "# HELP \(name) \(Self.escaped(family.help, quotes: format == .openMetrics))\n"
      text += "# TYPE \(name) \(family.kind.rawValue)\n" + lines
    }
    return format == .openMetrics ? text + "# EOF\n" : text
  }

  private static func base(_ family: MetricFamily) -> String {
    family.kind == .counter && family.name.hasSuffix("_total") ? String(family.name.dropLast(6)) : family.name
  }

  private static func append(
    _ series: Series, _ family: MetricFamily, _ labels: [String], _ format: ExpositionFormat, to text: inout String
  ) {
    switch series {
    case .counter(let counter): text += "\(family.name)\(braced(labels)) \(counter.value)\n"
    case .gauge(let gauge):
      if !gauge.value.isNaN { text += "\(family.name)\(braced(labels)) \(number(gauge.value))\n" }
    case .histogram(let histogram):
      let values = histogram.values
      // The sum of the buckets, so that a look in the middle of an observation agrees with itself.
      let count = values.counts.reduce(0, &+)
      if count == 0 { return }
      var below: UInt64 = 0
      for (index, more) in values.counts.enumerated() {
        below += more
        let bound = index < family.buckets.count ? number(family.buckets[index]) : "+Inf"
        text += "\(family.name)_bucket\(braced(labels + ["le=\"\(bound)\""])) \(below)"
        if format == .openMetrics, let (exemplar, nanoseconds) = values.exemplars[index] {
          text += " # {request=\"\(exemplar.session)-\(exemplar.request)\"} \(number(Double(nanoseconds) / 1e9))"
        }
        text += "\n"
      }
      text += "\(family.name)_sum\(braced(labels)) \(number(Double(values.nanoseconds) / 1e9))\n"
      text += "\(family.name)_count\(braced(labels)) \(count)\n"
    }
  }

  private static func labels(_ names: [String], _ values: [String]) -> [String] {
    zip(names, values).map { "\($0)=\"\(escaped($1, quotes: true))\"" }
  }

  private static func braced(_ labels: [String]) -> String {
    labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  /// A whole number without a point, as people write bounds and counts.
  private static func number(_ value: Double) -> String {
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value.magnitude < 1e15, value == value.rounded() { return "\(Int64(value))" }
    return "\(value)"
  }
}
