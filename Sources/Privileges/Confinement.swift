// Confines the process by Landlock and remembers the rules, so that a reload can refuse settings they forbid.

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

  /// What came of ``enter(_:_:)``.
  public enum Outcome: Sendable {
    case confined(Confinement)
    /// The process is not confined, and why.
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
      if let reason = unavailability {
        why = reason
      } else {
        try restrict(plan, version)
        let confinement = Confinement(plan, version: version)
        inForce.withLock { $0 = confinement }
        return .confined(confinement)
      }
    } catch {
      why = "\(error)"
    }
    if setting == .required {
      throw PrivilegeError(description: "server.landlock is required, but cannot be applied: \(why)")
    }
    return .free(why)
  }

  /// Why this kernel cannot confine the process; nil when it can.
  public static var unavailability: String? {
    switch Landlock.version {
    case 2...: return nil
    case 1: return "version 1 of Landlock forbids renames between directories"
    default: return "this kernel has no Landlock, or it is not enabled (lsm=landlock)"
    }
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
        // A missing path needs no rule; a missing home is reported with the accounts.
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
      let access = rule.access.contains(.writeFile) ? "write" : "read"
      refusals.append(
        "Landlock was fixed at start without \(access) access to \(quoted(rule.path)); restart weftpd to add it")
    }
    if let bindablePorts {
      for range in plan.bindablePorts ?? []
      where !bindablePorts.contains(where: { $0.contains(range.lowerBound) && $0.contains(range.upperBound) }) {
        refusals.append(
          "Landlock was fixed at start without the ports \(range.lowerBound)-\(range.upperBound); restart weftpd to add them"
        )
      }
    }
    if plan.mayConnect, !mayConnect {
      refusals.append(
        "Landlock was fixed at start without outgoing connections, which active mode makes; restart weftpd to allow them"
      )
    }
    return refusals
  }

  /// Whether Landlock forbids even to read beneath `path`.
  func forbids(_ path: String) -> Bool {
    let place = (try? File.resolvedPath(path)) ?? File.absolutePath(path)
    return !allows(LandlockPlan.PathRule(path: place, access: .read, purpose: .root))
  }

  /// Whether Landlock lets `path` be read but not written.
  public func forbidsWriting(_ path: String) -> Bool {
    let place = (try? File.resolvedPath(path)) ?? File.absolutePath(path)
    return allows(LandlockPlan.PathRule(path: place, access: .read, purpose: .root))
      && !allows(LandlockPlan.PathRule(path: place, access: .readAndWrite, purpose: .root))
  }

  /// Whether Landlock lets files in a directory be replaced by new ones.
  public func mayReplaceFiles(in directory: String) -> Bool {
    allows(
      LandlockPlan.PathRule(
        path: directory, access: [.readFile, .readDirectory, .writeFile, .makeRegular, .removeFile], purpose: .state))
  }

  /// Why Landlock keeps this process from `path`, in words that follow the path; nil when it does not.
  public static func refusal(_ path: String) -> String? { current?.forbids(path) ?? false ? advice : nil }

  private static let advice =
    "was not included when Landlock was fixed at start; restart weftpd to add it"

  /// Whether a rule in force gives as much access to the path or to a directory above it.
  func allows(_ rule: LandlockPlan.PathRule) -> Bool {
    // A missing path has an error message of its own.
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
    let ports = bindablePorts == nil ? "any" : "those of the settings"
    return "Landlock (version \(version)) limits the process to \(writable) writable and \(readable) read-only roots; "
      + "ports: \(ports)\(mayConnect ? "" : ", no outgoing connections")"
  }
}
