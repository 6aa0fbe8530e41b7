// Scrapes a live weftpd: what it did is counted, promtool finds nothing wrong, a real Prometheus reads it.

import Foundation
import TestSupport
import Testing

@testable import ServerMetrics

@Suite(.onThreads) struct ScrapeTests {
  private func scrape(_ path: String, _ accept: String? = nil) throws -> String {
    let header = accept.map { ["-H", "Accept: \($0)"] } ?? []
    let result = try run(["curl", "-sS", "--fail", "--unix-socket", path] + header + ["http://localhost/metrics"])
    try require(result.exitCode == 0, result.errors)
    return result.output
  }

  /// The value of a series, written as it is scraped.
  private func value(_ series: String, _ text: String) -> Double? {
    text.split(separator: "\n").first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
  }

  private struct Scraped {
    let directory: TemporaryDirectory
    let server: Server
    var path: String { directory.path + "/metrics" }

    init(_ settings: [String] = []) throws {
      directory = try TemporaryDirectory()
      server = try Server(Server.Options(settings: settings + ["metrics.listen=\(directory.path)/metrics"]))
    }
  }

  /// Has the server do some of everything.
  private func work(_ server: Server) throws {
    let alice = try server.session("alice")
    try alice.command("TYPE I", expecting: 200)
    try alice.store("STOR file", [UInt8](repeating: 0x61, count: 1000))
    for _ in 0..<3 { _ = try alice.retrieve("RETR file") }
    _ = try alice.retrieve("LIST")
    try alice.command("PASV", expecting: 227)
    try alice.command("RETR nothing", expecting: 550)
    try alice.command("RETR file", expecting: 425)
    try alice.command("NOSUCH", expecting: 500)
    try alice.quit()
    let mallory = try server.client()
    try mallory.command("USER alice", expecting: 331)
    try mallory.command("PASS wrong", expecting: 530)
    try mallory.quit()
  }

  @Test func whatHappenedIsCounted() throws {
    let scraped = try Scraped()
    try work(scraped.server)
    let left = try scraped.server.session()
    var text = ""
    let isCounted = try Deadline.after(.seconds(60)).until {
      text = try scrape(scraped.path)
      return value("weftpd_sessions_total", text) == 2
    }
    #expect(isCounted)
    func expect(_ series: String, _ wanted: Double) { #expect(value(series, text) == wanted, "\(series)") }
    expect("weftpd_sessions", 1)
    expect("weftpd_logins_total{result=\"accepted\"}", 2)
    expect("weftpd_logins_total{result=\"credentials\"}", 1)
    expect("weftpd_command_duration_seconds_count{verb=\"RETR\",reply=\"2xx\"}", 3)
    expect("weftpd_command_duration_seconds_count{verb=\"RETR\",reply=\"4xx\"}", 1)
    expect("weftpd_command_duration_seconds_count{verb=\"RETR\",reply=\"5xx\"}", 1)
    expect("weftpd_command_duration_seconds_count{verb=\"other\",reply=\"5xx\"}", 1)
    expect("weftpd_command_duration_seconds_count{verb=\"PASS\",reply=\"2xx\"}", 2)
    expect("weftpd_command_duration_seconds_count{verb=\"PASS\",reply=\"5xx\"}", 1)
    let download = "direction=\"download\",kind=\"image\",tls=\"no\",multipath=\"no\""
    expect("weftpd_transfers_total{\(download),result=\"completed\"}", 3)
    expect("weftpd_transfer_bytes_total{direction=\"download\",tls=\"no\",multipath=\"no\"}", 3000)
    expect("weftpd_transfer_bytes_total{direction=\"upload\",tls=\"no\",multipath=\"no\"}", 1000)
    expect("weftpd_upload_commit_duration_seconds_count", 1)
    expect("weftpd_draining", 0)
    expect("weftpd_transfers_running{direction=\"download\"}", 0)
    #expect(value("weftpd_transfer_failures_total{cause=\"no_data_connection\"}", text) ?? 0 > 0)
    #expect(value("process_open_fds", text) ?? 0 > 5)
    #expect(value("process_resident_memory_bytes", text) ?? 0 > 1_000_000)
    #expect(abs((value("process_start_time_seconds", text) ?? 0) - Date().timeIntervalSince1970) < 600)
    // Every name is in the catalogue, and all of it is there but for what did not happen here.
    let names = Set(MetricsCatalogue.all.map(\.name))
    let typed = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
      String($0.split(separator: " ")[2])
    }
    #expect(Set(typed).isSubset(of: names))
    let unseen = names.subtracting(typed)
    #expect(
      unseen.isSubset(of: ["weftpd_certificate_expiry_timestamp_seconds", "weftpd_control_connections"]), "\(unseen)")
    try left.quit()
  }

  @Test func aTransferThatRunsIsSeen() throws {
    let scraped = try Scraped(["tls.mode=allowed"])
    try scraped.server.root.write("large", [UInt8](repeating: 0x61, count: 16 << 20))
    let alice = try scraped.server.session("alice")
    try alice.command("TYPE I", expecting: 200)
    let data = try alice.passive(receiveBuffer: 4096)
    try alice.command("RETR large", expecting: 150)
    var last: Double = 0
    let series = "weftpd_transfer_bytes_total{direction=\"download\",tls=\"no\",multipath=\"no\"}"
    let isSeen = try Deadline.after(.seconds(60)).until {
      let text = try scrape(scraped.path)
      let bytes = value(series, text) ?? 0
      #expect(bytes >= last)
      last = bytes
      return bytes > 0 && value("weftpd_transfers_running{direction=\"download\"}", text) == 1
    }
    #expect(isSeen)
    #expect(try data.readToEnd().count == 16 << 20)
    try alice.expect(226)
    let text = try scrape(scraped.path)
    #expect(value(series, text) == Double(16 << 20))
    // The certificate of its own making expires some day.
    #expect(value("weftpd_certificate_expiry_timestamp_seconds{host=\"\"}", text) ?? 0 > Date().timeIntervalSince1970)
  }

  @Test func openMetricsHasExemplars() throws {
    let scraped = try Scraped()
    try work(scraped.server)
    let text = try scrape(scraped.path, "application/openmetrics-text; version=1.0.0,text/plain;q=0.5")
    #expect(text.hasSuffix("# EOF\n"))
    #expect(text.contains("# TYPE weftpd_logins counter"))
    #expect(text.contains(" # {request=\"1-"))
  }

  @Test func otherRequestsAreRefused() throws {
    let scraped = try Scraped()
    func status(_ arguments: String...) throws -> String {
      try run(
        ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", scraped.path] + arguments
      ).output
    }
    #expect(try status("http://localhost/") == "404")
    #expect(try status("-X", "POST", "http://localhost/metrics") == "405")
    #expect(try status("-I", "http://localhost/metrics") == "200")
    #expect(try status("http://localhost/metrics?x=1") == "200")
  }

  /// A scraper that connects and says nothing delays other scrapers for some seconds, and no session at all.
  @Test func aScraperThatSaysNothingHoldsUpNoSession() throws {
    let directory = try TemporaryDirectory()
    let server = try Server(Server.Options(settings: ["metrics.listen=127.0.0.1:0"]))
    try waitForLog(server.process, "metrics at 127.0.0.1:")
    let log = server.process.errorText
    let start = try #require(log.range(of: "metrics at "))
    let address = String(log[start.upperBound...].prefix { $0 != "\n" })
    let endpoint = try #require(Endpoint(text: address))
    let silent = try (0..<3).map { _ in try Connection(to: endpoint, patience: .seconds(60)) }
    let client = try server.session()
    for _ in 0..<100 { try client.command("NOOP", expecting: 200) }
    let answer = try run(["curl", "-sS", "--max-time", "50", "http://\(address)/metrics"])
    #expect(answer.output.contains("weftpd_sessions 1\n"))
    _ = (silent, directory)
  }

  @Test(.enabled(if: isInstalled("promtool"), "promtool is not installed")) func promtoolFindsNothingWrong() throws {
    let scraped = try Scraped()
    try work(scraped.server)
    let text = try scrape(scraped.path)
    let result = try run(["promtool", "check", "metrics"], input: Array(text.utf8))
    #expect(result.exitCode == 0, "\(result.errors)\(result.output)")
  }

  @Test(.enabled(if: isInstalled("promtool"), "promtool is not installed")) func theAlertRulesDoWhatTheySay() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let rules = folder.deletingLastPathComponent().deletingLastPathComponent().appending(
      path: "etc/prometheus/weftpd.rules.yml")
    let check = try run(["promtool", "check", "rules", rules.path])
    #expect(check.exitCode == 0, "\(check.errors)\(check.output)")
    let result = try run(["promtool", "test", "rules", "weftpd_rules_test.yml"], directory: folder.path)
    #expect(result.exitCode == 0, "\(result.errors)\(result.output)")
  }

  @Test(.enabled(if: isInstalled("prometheus"), "prometheus is not installed")) func aRealPrometheusReadsIt() throws {
    let server = try Server(Server.Options(settings: ["metrics.listen=127.0.0.1:0"]))
    try waitForLog(server.process, "metrics at 127.0.0.1:")
    let log = server.process.errorText
    let start = try #require(log.range(of: "metrics at "))
    let address = String(log[start.upperBound...].prefix { $0 != "\n" })
    let directory = try TemporaryDirectory()
    let rules = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "etc/prometheus/weftpd.rules.yml").path
    let configuration = try directory.write(
      "prometheus.yml",
      """
      global: {scrape_interval: 1s}
      rule_files: ["\(rules)"]
      scrape_configs:
        - job_name: weftpd
          static_configs: [{targets: ["\(address)"]}]

      """)
    let prometheus = try ChildProcess([
      "prometheus", "--config.file=\(configuration)", "--storage.tsdb.path=\(directory.path)/data",
      "--web.listen-address=127.0.0.1:0", "--enable-feature=exemplar-storage", "--log.level=info",
    ])
    defer { prometheus.signal(SIGTERM) }
    // It says where it listens, among much else.
    var port: String?
    _ = Deadline.after(.seconds(120)).until {
      let text = prometheus.errorText
      if let range = text.range(of: "Listening on\" address=127.0.0.1:")
        ?? text.range(of: "msg=\"Listening on\" address=[::]:")
      {
        port = String(text[range.upperBound...].prefix { $0.isNumber })
      }
      return port?.isEmpty == false
    }
    let query = try "http://127.0.0.1:\(#require(port))/api/v1/query"
    try work(server)
    let isRead = try Deadline.after(.seconds(120)).until {
      let answer = try run(
        [
          "curl", "-sS", "-G", query, "--data-urlencode",
          "query=sum(weftpd_command_duration_seconds_count{verb=\"RETR\"})",
        ])
      return answer.output.contains("\"5\"")
    }
    #expect(isRead, "\(prometheus.errorText.suffix(3000))")
    let up = try run(["curl", "-sS", "-G", query, "--data-urlencode", "query=up{job=\"weftpd\"}"])
    #expect(up.output.contains("\"1\""))
    prometheus.signal(SIGTERM)
    _ = prometheus.waitForExit(patience: .seconds(60))
    try server.stop()
  }
}
