// The back end of swift-metrics that keeps every series in memory, for whoever scrapes it.

import CoreMetrics
import Synchronization

/// Makes series and knows them all. A counter, gauge or timer of the same name and labels is the same series.
public final class MetricsRegistry: MetricsFactory, Sendable {
  enum Series: Sendable {
    case counter(CounterSeries)
    case gauge(GaugeSeries)
    case histogram(HistogramSeries)
  }

  /// The values of a series' labels.
  struct Key: Hashable, Sendable {
    let name: String
    let labels: [String]
  }

  private struct State {
    var series: [Key: Series] = [:]
    /// The labels of series whose family is not known.
    var families: [String: MetricFamily]
    var order: [String]
  }

  private let state: Mutex<State>
  /// For histograms of which nothing else is known, in seconds.
  public static let usualBuckets: [Double] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

  /// - Parameter families: what is known of metrics, in the order they are shown. Others can be made all the same.
  public init(_ families: [MetricFamily] = []) {
    state = Mutex(
      State(families: Dictionary(families.map { ($0.name, $0) }) { first, _ in first }, order: families.map(\.name)))
  }

  /// All families, each with its series, in the order of the catalogue and of the values of labels.
  func snapshot() -> [(family: MetricFamily, series: [(labels: [String], series: Series)])] {
    state.withLock { state in
      let grouped = Dictionary(grouping: state.series, by: \.key.name)
      return state.order.compactMap { name in
        guard let family = state.families[name] else { return nil }
        let series = (grouped[name] ?? []).sorted { $0.key.labels.lexicographicallyPrecedes($1.key.labels) }
        return (family, series.map { (labels: $0.key.labels, series: $0.value) })
      }
    }
  }

  private func series(
    _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind, _ make: (MetricFamily) -> Series
  ) -> Series {
    state.withLock { state in
      let family = state.families[label] ?? Self.unknown(label, dimensions, kind)
      if state.families[label] == nil {
        state.families[label] = family
        state.order.append(label)
      }
      let key = Key(name: label, labels: family.labels.map { name in dimensions.first { $0.0 == name }?.1 ?? "" })
      if let known = state.series[key] { return known }
      let new = make(family)
      state.series[key] = new
      return new
    }
  }

  private static func unknown(
    _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind
  ) -> MetricFamily {
    MetricFamily(
      label, kind, labels: dimensions.map(\.0), buckets: kind == .histogram ? usualBuckets : [], "\(label).")
  }

  // MARK: swift-metrics

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    if case .counter(let counter) = series(label, dimensions, .counter, { _ in .counter(CounterSeries()) }) {
      return counter
    }
    // Of another kind already: what is counted under its name is not shown.
    return CounterSeries()
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    if case .gauge(let gauge) = series(label, dimensions, .gauge, { _ in .gauge(GaugeSeries()) }) { return gauge }
    return GaugeSeries()
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    if case .gauge(let gauge) = series(label, dimensions, .gauge, { _ in .gauge(GaugeSeries()) }) { return gauge }
    return GaugeSeries()
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(label, dimensions)
  }

  /// A timer whose observations can say which request they were of.
  public func histogram(_ label: String, _ dimensions: [(String, String)] = []) -> HistogramSeries {
    let made = series(label, dimensions, .histogram) { .histogram(HistogramSeries(bounds: $0.buckets)) }
    if case .histogram(let histogram) = made { return histogram }
    return HistogramSeries(bounds: Self.usualBuckets)
  }

  // Series last as long as the registry: a counter that began anew would look like a restart.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}

  /// What a series of a counter stands at; 0 if there is none.
  public func count(of label: String, _ labels: [String]) -> UInt64 {
    state.withLock { state in
      guard case .counter(let counter)? = state.series[Key(name: label, labels: labels)] else { return 0 }
      return UInt64(max(0, counter.value))
    }
  }

  /// Takes away the series of a gauge that are not among those named: what they told of is gone.
  public func keep(of label: String, only labels: [[String]]) {
    state.withLock { state in
      for key in state.series.keys where key.name == label && !labels.contains(key.labels) { state.series[key] = nil }
    }
  }
}
