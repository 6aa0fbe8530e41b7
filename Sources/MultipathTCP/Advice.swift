// The rules that turn a probe's report into findings. Pure: a report in, findings out.

import LinuxSystem

/// Finds out what a report means for an FTP server, and how to change it.
public enum Advice {
  /// All findings, the worst first.
  public static func findings(for report: HostReport) -> [Finding] {
    if let finding = availability(report) { return [finding] }
    let found =
      [checksum(report), joins(report), pathManager(report), blackhole(report), scheduler(report)].compactMap(\.self)
      + limits(report) + endpoints(report) + reversePath(report)
      + [report.counters.flatMap(middlebox)].compactMap(\.self)
    let ranked = found.enumerated().sorted { a, b in
      a.element.severity == b.element.severity ? a.offset < b.offset : a.element.severity > b.element.severity
    }
    return ranked.map(\.element)
  }

  private static func availability(_ report: HostReport) -> Finding? {
    let meaning = "connections are plain TCP: one path each, which ends when that path does"
    switch report.unavailability {
    case nil, .notRequested: return nil
    case .kernelTooOld:
      return Finding(.notice, "kernel-too-old", "this kernel has no MPTCP (Linux 5.6 brought it)", meaning: meaning)
    case .notCompiled:
      return Finding(.notice, "not-compiled", "this kernel was built without MPTCP", meaning: meaning)
    case .disabled:
      return Finding(
        .warning, "disabled", "net.mptcp.enabled is 0", meaning: meaning, commands: ["sysctl -w net.mptcp.enabled=1"])
    case .denied(let code):
      return Finding(
        .warning, "denied", "a security policy (SELinux, seccomp, BPF) denies MPTCP sockets with errno \(code)",
        meaning: meaning)
    case .other(let code):
      return Finding(.warning, "unusable", "MPTCP sockets fail with errno \(code)", meaning: meaning)
    }
  }

  private static func checksum(_ report: HostReport) -> Finding? {
    guard report.settings.checksum == false else { return nil }
    return Finding(
      .warning, "checksum-off", "net.mptcp.checksum_enabled is 0",
      meaning: "a NAT or firewall with an FTP helper that rewrites PORT or PASV lines can corrupt a multipath control "
        + "connection (seen on Linux 6.18: NOOP arrived as OP). EPSV and TLS on the control connection are not "
        + "affected. Setting it at one end is enough; it costs 15 to 31 % more CPU per byte on all multipath "
        + "connections. It makes one case worse: a helper that shortens the line on a connection with a single path "
        + "then breaks that connection instead of turning it into plain TCP",
      gist: "a NAT that rewrites FTP can garble commands",
      commands: ["sysctl -w net.mptcp.checksum_enabled=1"])
  }

  private static func joins(_ report: HostReport) -> Finding? {
    guard report.settings.allowJoinInitialAddress == false else { return nil }
    return Finding(
      .warning, "join-initial-off", "net.mptcp.allow_join_initial_addr_port is 0",
      meaning: "clients may not open further paths to the address they connected to; only addresses announced by "
        + "signal endpoints gain a second path",
      gist: "few clients can open a second path",
      commands: ["sysctl -w net.mptcp.allow_join_initial_addr_port=1"])
  }

  private static func pathManager(_ report: HostReport) -> Finding? {
    guard let manager = report.settings.pathManager, manager != "kernel" else { return nil }
    return Finding(
      .warning, "path-manager-\(manager)", "the path manager is \(manager)",
      meaning: "the kernel ignores endpoints and limits; without a daemon such as mptcpd every connection has one path",
      gist: "without mptcpd every connection has one path",
      commands: ["sysctl -w net.mptcp.pm_type=0"])
  }

  private static func blackhole(_ report: HostReport) -> Finding? {
    guard let counters = report.counters, (counters["Blackhole"] ?? 0) > 0 else { return nil }
    let timeout = report.settings.blackholeTimeout ?? 3600
    let paused = counters["MPCapableSYNTXDisabled"] ?? 0
    return Finding(
      .warning, "blackhole",
      "packets with the MPTCP option were dropped on the way to some host "
        + "(\(counters["Blackhole"] ?? 0) times; \(paused) connections went out without it since)",
      meaning: "the kernel then makes all outgoing connections of this host plain TCP for up to \(timeout) s, "
        + "active mode data connections (PORT, EPRT) among them; passive mode is not affected. Writing the time-out "
        + "again ends the pause",
      gist: "outgoing connections may be plain TCP",
      commands: ["sysctl -w net.mptcp.blackhole_timeout=\(timeout)"])
  }

  private static func scheduler(_ report: HostReport) -> Finding? {
    guard let scheduler = report.settings.scheduler, scheduler != "default" else { return nil }
    return Finding(
      .notice, "scheduler", "the packet scheduler is \(scheduler)",
      meaning: "how data is shared among paths is up to it; figures in the documentation are those of the default",
      gist: "paths share data otherwise than documented",
      commands: ["sysctl -w net.mptcp.scheduler=default"])
  }

  /// The finding for counters that have risen, or are not zero, because something changed data on the way; nil if there are none.
  public static func middlebox(_ counters: Counters) -> Finding? {
    let alarms = counters.middleboxAlarms
    guard !alarms.isEmpty else { return nil }
    let list = alarms.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    return Finding(
      .warning, "data-changed", "data of multipath connections was changed on the way (\(list))",
      meaning:
        "most likely an FTP helper of a NAT or firewall that rewrites PORT or PASV lines; clients should use EPSV "
        + "or TLS, or multipath should be off for control connections",
      gist: "a NAT rewrites FTP; use EPSV or TLS",
      commands: [])
  }
}
