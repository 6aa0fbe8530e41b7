// Puts Landlock's rules on the process, and remembers them: a reload must not promise what they forbid.

import DaemonSettings
import Glibc
import LinuxSystem
import SafeText
import Synchronization

/// The confinement of this process.
public final class Confinement: Sendable {
  /// The version of Landlock in force.
  public let version: Int
  private let paths: [LandlockPlan.PathRule]
  private let bindablePorts: [ClosedRange<UInt16>]?
  private let mayConnect: Bool

  /// What came of confining.
  public enum Outcome: Sendable {
    case confined(Confinement)
    /// Not, and why.
    case free(String)
  }

  init(_ plan: LandlockPlan, version: Int) {
    self.version = version
    paths = plan.paths
    bindablePorts = version >= 4 ? plan.bindablePorts : nil
    mayConnect = version < 4 || plan.mayConnect
  }

  /// The confinement this process is under for the rest of its life; nil for none.
  public static var current: Confinement? { inForce.withLock { $0 } }
  private static let inForce = Mutex<Confinement?>(nil)

  /// Confines the calling thread and all it starts from then on. ``PrivilegePlan/apply()`` comes before.
  ///
  /// Version 1 is not used: it denies every rename from one directory to another.
  /// - Throws: when `setting` is `required` and it cannot be done.
  public static func enter(_ plan: LandlockPlan, _ setting: LandlockSetting) throws(PrivilegeError) -> Outcome {
    if setting == .off { return .free("server.landlock is off") }
    let version = Landlock.version
    let why: String
    do throws(SystemError) {
      if version >= 2 {
        try restrict(plan, version)
        let confinement = Confinement(plan, version: version)
        inForce.withLock { $0 = confinement }
        return .confined(confinement)
      }
      why = version == 0 ? "this kernel has none, or it is not switched on (lsm=landlock)" : "version 1 cannot rename"
    } catch {
      why = "\(error)"
    }
    if setting == .required {
      throw PrivilegeError(description: "server.landlock is required, but the process cannot be confined: \(why)")
    }
    return .free(why)
  }

  private static func restrict(_ plan: LandlockPlan, _ version: Int) throws(SystemError) {
    var ports: Landlock.PortAccess = []
    if version >= 4 {
      if plan.bindablePorts != nil { ports.insert(.bind) }
      if !plan.mayConnect { ports.insert(.connect) }
    }
    var scopes: Landlock.Scope = []
    if version >= 6 { scopes = plan.needsAbstractSockets ? .signals : [.signals, .abstractSockets] }
    let rules = try Landlock.Ruleset(files: .all(version: version), ports: ports, scopes: scopes)
    for rule in plan.paths {
      do throws(SystemError) {
        try rules.allow(rule.access, at: rule.path)
      } catch  where error.code == ENOENT || error.code == ENOTDIR || error.code == EACCES || error.code == ELOOP {
        // What is not there needs no rule; a home that is missing is reported with the accounts.
        continue
      }
    }
    if ports.contains(.bind) {
      for range in plan.bindablePorts ?? [] { for port in range { try rules.allow(.bind, port: port) } }
    }
    try rules.restrictThread()
  }

  // MARK: - Reload

  /// What of `plan` this confinement forbids, each with what to do about it.
  public func refusals(_ plan: LandlockPlan) -> [String] {
    var refusals: [String] = []
    for rule in plan.paths where rule.purpose != .system && !allows(rule) {
      let may = rule.access.contains(.writeFile) ? "written" : "read"
      refusals.append(
        "Landlock keeps this process from \(quoted(rule.path)), which was not to be \(may) when it started: "
          + "restart weftpd to have it so")
    }
    if let bindablePorts {
      for range in plan.bindablePorts ?? []
      where !bindablePorts.contains(where: { $0.contains(range.lowerBound) && $0.contains(range.upperBound) }) {
        refusals.append(
          "Landlock keeps this process from the ports \(range.lowerBound)-\(range.upperBound), which were not to be bound when "
            + "it started: restart weftpd to use them")
      }
    }
    if plan.mayConnect, !mayConnect {
      refusals.append(
        "Landlock keeps this process from connecting, which active mode does: restart weftpd to enable it")
    }
    return refusals
  }

  /// Whether not even reading beneath `path` was foreseen when the process was confined.
  func forbids(_ path: String) -> Bool {
    let place = (try? File.resolvedPath(path)) ?? File.absolutePath(path)
    return !allows(LandlockPlan.PathRule(path: place, access: .read, purpose: .root))
  }

  /// Why Landlock keeps this process from `path`, in words that follow the path; nil when it does not.
  public static func refusal(_ path: String) -> String? { current?.forbids(path) ?? false ? advice : nil }

  private static let advice =
    "is not among what Landlock lets this process see since its start: restart weftpd to serve it"

  /// Whether `path` was named, with as much access, when the process was confined, or lies beneath what was.
  func allows(_ rule: LandlockPlan.PathRule) -> Bool {
    // What is not there cannot be served anyway, and that is another message.
    do throws(SystemError) { _ = try File.resolvedPath(rule.path) } catch { if error.code == ENOENT { return true } }
    return paths.contains { known in
      let isBeneath = rule.path == known.path || known.path == "/" || rule.path.hasPrefix(known.path + "/")
      return isBeneath && known.access.isSuperset(of: rule.access)
    }
  }

  /// One line for the log.
  public var summary: String {
    let writable = paths.filter { $0.access.contains(.writeFile) && $0.purpose == .root }.count
    let readable = paths.filter { !$0.access.contains(.writeFile) && $0.purpose == .root }.count
    let ports =
      bindablePorts == nil
      ? "ports are not confined"
      : mayConnect ? "it may bind its own ports only" : "it may bind its own ports only and open no connection"
    return
      "Landlock (version \(version)) confines the process to \(writable) writable and \(readable) read-only roots; \(ports)"
  }
}
