// Tests the text that scrapers read, in both forms, and the series behind it.

import CoreMetrics
import Testing

@testable import OpenMetrics

@Suite struct ExpositionTests {
  private let registry = MetricsRegistry([
    MetricFamily("test_requests_total", .counter, labels: ["verb", "result"], "Requests."),
    MetricFamily("test_temperature_celsius", .gauge, "How warm \\ it is.\nReally."),
    MetricFamily("test_duration_seconds", .histogram, labels: ["verb"], buckets: [0.001, 0.1, 1], "Time."),
    MetricFamily("test_never_total", .counter, "Nothing."),
  ])

  private func fill() {
    let labels = [("result", "o\"k\\\n"), ("verb", "RETR")]
    Counter(label: "test_requests_total", dimensions: labels, factory: registry).increment(by: 3)
    Counter(label: "test_requests_total", dimensions: labels.reversed(), factory: registry).increment()
    Meter(label: "test_temperature_celsius", factory: registry).set(36.6)
    let timer = CoreMetrics.Timer(label: "test_duration_seconds", dimensions: [("verb", "STOR")], factory: registry)
    timer.recordMicroseconds(500)
    timer.recordMilliseconds(100)
    timer.recordSeconds(2)
    registry.histogram("test_duration_seconds", [("verb", "STOR")])
      .record(nanoseconds: 250_000_000, of: Exemplar(session: 7, request: 12))
    _ = registry.histogram("test_duration_seconds", [("verb", "NOOP")])
  }

  @Test func prometheus() {
    fill()
    #expect(
      registry.text(.prometheus) == #"""
        # HELP test_requests_total Requests.
        # TYPE test_requests_total counter
        test_requests_total{verb="RETR",result="o\"k\\\n"} 4
        # HELP test_temperature_celsius How warm \\ it is.\nReally.
        # TYPE test_temperature_celsius gauge
        test_temperature_celsius 36.6
        # HELP test_duration_seconds Time.
        # TYPE test_duration_seconds histogram
        test_duration_seconds_bucket{verb="STOR",le="0.001"} 1
        test_duration_seconds_bucket{verb="STOR",le="0.1"} 2
        test_duration_seconds_bucket{verb="STOR",le="1"} 3
        test_duration_seconds_bucket{verb="STOR",le="+Inf"} 4
        test_duration_seconds_sum{verb="STOR"} 2.3505
        test_duration_seconds_count{verb="STOR"} 4

        """#)
  }

  @Test func openMetrics() {
    fill()
    let text = registry.text(.openMetrics)
    #expect(text.hasSuffix("# EOF\n"))
    #expect(text.contains("# TYPE test_requests counter\ntest_requests_total{"))
    #expect(text.contains("test_duration_seconds_bucket{verb=\"STOR\",le=\"1\"} 3 # {request=\"7-12\"} 0.25\n"))
  }

  @Test func whatIsUnderWayIsShownOnTop() {
    fill()
    let raise = Raise(name: "test_requests_total", labels: ["RETR", "o\"k\\\n"], value: 10)
    #expect(registry.text(.prometheus, raising: [raise]).contains("} 10\n"))
    #expect(registry.count(of: "test_requests_total", ["RETR", "o\"k\\\n"]) == 4)
  }

  @Test func aNameOfAnotherKindIsNotMixedUp() {
    Counter(label: "test_temperature_celsius", factory: registry).increment()
    Meter(label: "test_temperature_celsius", factory: registry).set(1)
    #expect(registry.text(.prometheus).contains("test_temperature_celsius 1\n"))
    // What nobody has described can be measured, too.
    Counter(label: "other_total", dimensions: [("a", "b")], factory: registry).increment()
    #expect(registry.text(.prometheus).contains("other_total{a=\"b\"} 1\n"))
  }

  @Test func seriesOfWhatIsGoneAreTakenAway() {
    for host in ["a", "b"] { Meter(label: "x", dimensions: [("host", host)], factory: registry).set(1) }
    registry.keep(of: "x", only: [["b"]])
    #expect(registry.text(.prometheus).contains("x{host=\"b\"} 1\n"))
    #expect(!registry.text(.prometheus).contains("x{host=\"a\"}"))
  }

  @Test func manyThreadsLoseNothing() async {
    let counter = Counter(label: "test_never_total", factory: registry)
    let timer = registry.histogram("test_duration_seconds", [("verb", "X")])
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<10_000 {
            counter.increment()
            timer.recordNanoseconds(1000)
          }
        }
      }
    }
    let text = registry.text(.prometheus)
    #expect(text.contains("test_never_total 80000\n"))
    #expect(text.contains("test_duration_seconds_count{verb=\"X\"} 80000\n"))
  }

  @Test func names() {
    for good in ["a", "weftpd_x_total", "_a:b9"] { #expect(MetricFamily.isName(good)) }
    for bad in ["", "9a", "a-b", "ä"] { #expect(!MetricFamily.isName(bad)) }
  }
}
