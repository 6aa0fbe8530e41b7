// Looks at everything on this host that affects how MPTCP behaves, in the network namespace of the calling thread.

import Glibc
import LinuxSystem

/// What a probe saw. Everything in it can be read without privileges; values that could not be read are nil.
public struct HostReport: Sendable {
  /// Why no multipath socket can be made; nil if one was.
  public var unavailability: MultipathUnavailability?
  public var settings: HostSettings
  public var endpoints: [PathEndpoint]?
  public var limits: PathLimits?
  public var counters: Counters?
  public var interfaces: [NetworkInterface]
  /// Strictness of reverse path filtering by interface name, see ``HostSettings/reversePathFilter(interface:)``.
  public var reversePathFilters: [String: Int]

  public init(
    unavailability: MultipathUnavailability? = nil, settings: HostSettings = HostSettings(),
    endpoints: [PathEndpoint]? = nil, limits: PathLimits? = nil, counters: Counters? = nil,
    interfaces: [NetworkInterface] = [], reversePathFilters: [String: Int] = [:]
  ) {
    self.unavailability = unavailability
    self.settings = settings
    self.endpoints = endpoints
    self.limits = limits
    self.counters = counters
    self.interfaces = interfaces
    self.reversePathFilters = reversePathFilters
  }

  /// What an operator may want to know or change, the worst first. See ``Advice``.
  public var findings: [Finding] { Advice.findings(for: self) }
}

/// The probe. It tries calls and reads settings; it never parses versions or starts programs.
public enum HostProbe {
  /// Probes now. Cost: about 0.4 ms, half of it the counters. Never fails: what cannot be read is nil in the report.
  public static func run() -> HostReport {
    var report = HostReport(unavailability: availability(), settings: .current())
    report.counters = .read()
    report.interfaces = NetworkInterface.current()
    if var manager = try? PathManager() {
      report.endpoints = try? manager.endpoints()
      report.limits = try? manager.limits()
    }
    for interface in report.interfaces where !interface.isLoopback {
      report.reversePathFilters[interface.name] = HostSettings.reversePathFilter(interface: interface.name)
    }
    return report
  }

  /// Tries to make a multipath socket, and returns why that is not possible; nil if it is. A shortage of descriptors or
  /// memory proves nothing and is ignored. Cost: about 2 µs.
  public static func availability() -> MultipathUnavailability? {
    do {
      return try MultipathSocket.stream(.ipv4, policy: .automatic).unavailability
    } catch { return nil }
  }
}

/// Watches the counters that rise when a middlebox changes data, so that there is at most one warning per check and not one per
/// connection.
public struct MiddleboxWatch: Sendable {
  private var last: Counters?

  /// Starts from the present values of the counters; ``check()`` reports what has risen since.
  public init() { last = .read() }

  /// A finding with the counters that have risen since the last call; nil if none has. Cost: about 160 µs; once a minute is enough.
  public mutating func check() -> Finding? { check(now: .read()) }

  mutating func check(now: Counters?) -> Finding? {
    guard let now else { return nil }
    defer { last = now }
    guard let last else { return nil }
    return Advice.middlebox(now.delta(since: last))
  }
}
