// Tests of Advice.swift and HostProbe.swift's watch: reports in, findings out.

import Testing

@testable import MultipathTCP

@Suite struct AdviceTests {
  /// A host about which there is nothing to say.
  static var quiet: HostReport {
    var settings = HostSettings()
    settings.enabled = true
    settings.checksum = true
    settings.allowJoinInitialAddress = true
    settings.pathManager = "kernel"
    settings.scheduler = "default"
    settings.blackholeTimeout = 600
    return HostReport(
      settings: settings, endpoints: [], limits: PathLimits(subflows: 4, acceptedAddresses: 4),
      counters: Counters(values: ["Blackhole": 0, "DataCsumErr": 0]))
  }

  static func ids(_ change: (inout HostReport) -> Void) -> [String] {
    var report = quiet
    change(&report)
    return report.findings.map(\.id)
  }

  @Test func aWellSetHostIsLeftAlone() { #expect(Self.quiet.findings.isEmpty) }

  @Test func withoutMultipathThatIsTheOnlyFinding() {
    #expect(
      Self.ids {
        $0.unavailability = .disabled
        $0.settings.checksum = false
      } == ["disabled"])
    #expect(Self.ids { $0.unavailability = .kernelTooOld } == ["kernel-too-old"])
    #expect(Self.ids { $0.unavailability = .notCompiled } == ["not-compiled"])
    #expect(Self.ids { $0.unavailability = .denied(13) } == ["denied"])
    #expect(Self.ids { $0.unavailability = .other(38) } == ["unusable"])
    #expect(Self.ids { $0.unavailability = .notRequested } == [])
  }

  @Test func theChecksumWarningSaysEverything() throws {
    var report = Self.quiet
    report.settings.checksum = false
    let finding = try #require(report.findings.first)
    #expect(finding.id == "checksum-off")
    #expect(finding.severity == .warning)
    #expect(finding.commands == ["sysctl -w net.mptcp.checksum_enabled=1"])
    for words in ["PORT or PASV", "corrupt", "NOOP", "EPSV", "TLS", "one end is enough", "15 to 31 %", "shortens"] {
      #expect(finding.meaning.contains(words), "\(words)")
    }
    report.settings.checksum = nil
    #expect(report.findings.isEmpty)
  }

  @Test func theChecksumWarningFitsOneLineThatNamesThePage() throws {
    var report = Self.quiet
    report.settings.checksum = false
    let line = try #require(report.findings.first).brief(page: "docs/multipath.md")
    #expect(
      line == "net.mptcp.checksum_enabled is 0: a NAT that rewrites FTP can garble commands. "
        + "To change it: sysctl -w net.mptcp.checksum_enabled=1 (docs/multipath.md)")
  }

  @Test func noFindingIsTooLongForALine() {
    var report = Self.quiet
    report.settings.checksum = false
    report.settings.allowJoinInitialAddress = false
    report.settings.pathManager = "userspace"
    report.settings.scheduler = "roundrobin"
    report.limits = PathLimits(subflows: 0, acceptedAddresses: 0)
    report.counters = Counters(values: [
      "Blackhole": 123_456_789, "MPCapableSYNTXDisabled": 123_456_789, "DataCsumErr": 5,
    ])
    let findings = report.findings
    #expect(findings.count >= 8)
    for finding in findings {
      let line = finding.brief(limit: 160, page: "docs/multipath.md")
      #expect(
        line.count <= 160 && line.hasSuffix(" (docs/multipath.md)") && line.hasPrefix(finding.summary.prefix(60)),
        "\(line)")
    }
    let long = Finding(.notice, "x", String(repeating: "long ", count: 60), meaning: "m").brief(
      limit: 100, page: "page")
    #expect(long.count <= 100 && long.hasSuffix("… (page)"))
  }

  @Test func settingsThatTakePathsAway() {
    #expect(Self.ids { $0.settings.allowJoinInitialAddress = false } == ["join-initial-off"])
    #expect(Self.ids { $0.settings.pathManager = "userspace" } == ["path-manager-userspace"])
    #expect(Self.ids { $0.settings.scheduler = "roundrobin" } == ["scheduler"])
  }

  @Test func theBlackholeTimerIsToldWithItsCommand() throws {
    var report = Self.quiet
    report.counters = Counters(values: ["Blackhole": 1, "MPCapableSYNTXDisabled": 7])
    let finding = try #require(report.findings.first)
    #expect(finding.id == "blackhole")
    #expect(finding.commands == ["sysctl -w net.mptcp.blackhole_timeout=600"])
    #expect(finding.summary.contains("7 connections"))
  }

  @Test func countersOfChangedDataAreAnAlarm() throws {
    var report = Self.quiet
    report.counters = Counters(values: ["DataCsumErr": 3, "MPFailTx": 1])
    let finding = try #require(report.findings.first)
    #expect(finding.id == "data-changed")
    #expect(finding.summary.contains("DataCsumErr 3, MPFailTx 1"))
  }

  @Test func theWorstComesFirst() {
    let ids = Self.ids {
      $0.settings.scheduler = "other"
      $0.settings.checksum = false
    }
    #expect(ids == ["checksum-off", "scheduler"])
  }

  @Test func theWatchTellsOncePerSpell() {
    var watch = MiddleboxWatch()
    _ = watch.check(now: Counters(values: ["DataCsumErr": 5]))
    #expect(watch.check(now: Counters(values: ["DataCsumErr": 5])) == nil)
    #expect(watch.check(now: Counters(values: ["DataCsumErr": 6]))?.summary.contains("DataCsumErr 1") == true)
    #expect(watch.check(now: nil) == nil)
    #expect(watch.check(now: Counters(values: ["DataCsumErr": 6])) == nil)
  }
}
