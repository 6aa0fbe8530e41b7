// Holds docs/metrics.md, the dashboard and the alert rules to the catalogue. With WRITE_DOCUMENTS set, the document's table is written anew.

import Foundation
import OpenMetrics
import ServerMetrics
import TestSupport
import Testing

@Suite(.onThreads) struct MetricsDocumentTests {
  private static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let begin = "<!-- metrics: begin -->\n"
  private static let end = "<!-- metrics: end -->\n"

  private static var table: String {
    var text = "| metric | type | labels | meaning |\n|---|---|---|---|\n"
    for family in MetricsCatalogue.all {
      let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
      text += "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(family.help) |\n"
    }
    return text
  }

  @Test func theDocumentNamesEveryMetric() throws {
    let file = Self.top.appending(path: "docs/metrics.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let begin = try #require(text.range(of: Self.begin))
    let end = try #require(text.range(of: Self.end))
    let written = text[..<begin.upperBound] + Self.table + text[end.lowerBound...]
    if ProcessInfo.processInfo.environment["WRITE_DOCUMENTS"] != nil {
      try String(written).write(to: file, atomically: true, encoding: .utf8)
    } else {
      #expect(text == written, "docs/metrics.md: run WRITE_DOCUMENTS=1 swift test --filter MetricsDocument")
    }
  }

  @Test func namesAndLabelsAreGood() {
    let names = MetricsCatalogue.all.map(\.name)
    #expect(Set(names).count == names.count)
    for family in MetricsCatalogue.all {
      #expect(MetricFamily.isName(family.name))
      #expect(family.help.hasSuffix("."))
      #expect((family.kind == .counter) == family.name.hasSuffix("_total"), "\(family.name)")
      #expect((family.kind == .histogram) == !family.buckets.isEmpty)
      #expect(family.buckets == family.buckets.sorted())
    }
  }

  /// A dashboard or a rule about a metric there is none of would stay empty for ever.
  @Test(arguments: ["etc/grafana/weftpd.json", "etc/prometheus/weftpd.rules.yml"])
  func whatIsQueriedExists(path: String) throws {
    let text = try String(contentsOf: Self.top.appending(path: path), encoding: .utf8)
    let known = Set(
      MetricsCatalogue.all.flatMap { family in
        family.kind == .histogram
          ? ["_bucket", "_sum", "_count"].map { family.name + $0 } : [family.name]
      })
    let expression = try Regex("\\b(weftpd|process)_[a-z_]+")
    var seen: Set<String> = []
    for match in text.matches(of: expression) { seen.insert(String(text[match.range])) }
    #expect(seen.count > 5)
    #expect(seen.isSubset(of: known), "\(seen.subtracting(known).sorted())")
  }

  @Test func theDashboardIsJSON() throws {
    let data = try Data(contentsOf: Self.top.appending(path: "etc/grafana/weftpd.json"))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let panels = try #require(object["panels"] as? [[String: Any]])
    #expect(panels.count > 10)
    for panel in panels where panel["type"] as? String != "row" {
      #expect((panel["targets"] as? [[String: Any]])?.isEmpty == false, "\(panel["title"] ?? "")")
    }
  }
}
