// Gives up what a plan does not keep, through libcap, while the process has one thread.

import CCap
import Glibc
import LinuxSystem

extension PrivilegePlan {
  /// Makes the process what this plan says: user, groups, capabilities, no new privileges. Nothing brings back what is gone.
  ///
  /// Capabilities and credentials belong to threads, and new threads inherit them: so there must be one thread only.
  /// - Throws: when anything did not come out as planned; the process may be halfway then and must end.
  ///
  /// Source: capabilities(7), cap_setuid(3), cap_set_proc(3), cap_drop_bound(3), cap_reset_ambient(3).
  public func apply() throws(PrivilegeError) {
    if identity == .root {
      // Root keeps everything, as the operator asked; a program it runs gets no more than it has.
      return try Self.renounceNewPrivileges()
    }
    guard ThisProcess.threadCount() ?? 1 == 1 else {
      throw PrivilegeError(description: "cannot drop privileges: the process already has more than one thread")
    }
    Self.dropBounding()
    if case .becomes(let user) = identity { try Self.become(user) }
    let kept = capabilities.intersection(Capability.permitted())
    if let missing = missing(from: kept) { throw missing }
    // Dropping the inheritable set clears the ambient one, too; done explicitly to be sure on every kernel.
    _ = cap_reset_ambient()
    try Self.keep(kept)
    try Self.renounceNewPrivileges()
    guard Capability.permitted() == kept, Capability.countOfPermitted() == kept.count else {
      throw PrivilegeError(
        description: "the process still has capabilities it should have dropped: \(Capability.currentText())")
    }
  }

  /// Empties the bounding set, which limits what execve(2) may bring. Needs CAP_SETPCAP; without it, no-new-privileges does the same.
  private static func dropBounding() {
    guard let state = cap_get_proc() else { return }
    defer { cap_free(UnsafeMutableRawPointer(state)) }
    var value: cap_value_t = cap_value_t(CAP_SETPCAP)
    guard cap_set_flag(state, CAP_EFFECTIVE, 1, &value, CAP_SET) == 0, cap_set_proc(state) == 0 else { return }
    for capability in 0..<cap_max_bits() where cap_get_bound(capability) == 1 { _ = cap_drop_bound(capability) }
  }

  private static func become(_ user: SystemUser) throws(PrivilegeError) {
    var groups = user.groups
    guard cap_setgroups(user.group, groups.count, &groups) == 0 else {
      throw PrivilegeError(description: "cannot set the groups of \(user.name): \(lastError("setgroups"))")
    }
    guard cap_setuid(user.user) == 0 else {
      throw PrivilegeError(description: "cannot become \(user.name): \(lastError("setuid"))")
    }
    guard getuid() == user.user, geteuid() == user.user, getgid() == user.group, getegid() == user.group else {
      throw PrivilegeError(description: "cannot become \(user.name): the ids of the process did not change")
    }
  }

  private static func keep(_ kept: Set<Capability>) throws(PrivilegeError) {
    guard let state = cap_init() else { throw PrivilegeError(description: "\(lastError("cap_init"))") }
    defer { cap_free(UnsafeMutableRawPointer(state)) }
    var values = kept.map(\.rawValue)
    let count = Int32(values.count)
    if count > 0,
      cap_set_flag(state, CAP_PERMITTED, count, &values, CAP_SET) != 0
        || cap_set_flag(state, CAP_EFFECTIVE, count, &values, CAP_SET) != 0
    {
      throw PrivilegeError(description: "\(lastError("cap_set_flag"))")
    }
    // A service that has exactly these already may be forbidden to call capset(2).
    if let current = cap_get_proc() {
      defer { cap_free(UnsafeMutableRawPointer(current)) }
      if cap_compare(current, state) == 0 { return }
    }
    guard cap_set_proc(state) == 0 else {
      throw PrivilegeError(description: "cannot drop capabilities: \(lastError("capset"))")
    }
  }

  private static func renounceNewPrivileges() throws(PrivilegeError) {
    do throws(SystemError) {
      try ThisProcess.renounceNewPrivileges()
    } catch {
      throw PrivilegeError(description: "cannot set no-new-privileges: \(error)")
    }
  }

  private static func lastError(_ call: StaticString) -> SystemError { SystemError(code: errno, call: call) }
}

extension PrivilegePlan {
  /// What of ``reasons`` this process has no capability for now, before ``apply()``: the daemon cannot start without, except for ports,
  /// which systemd may have opened already.
  public var unmet: [Reason] {
    if identity == .root { return [] }
    let permitted = Capability.permitted()
    return reasons.filter { !permitted.contains($0.capability) }
  }

  /// Why the daemon cannot work with `kept` only; nil when it can. A missing CAP_NET_BIND_SERVICE is left to bind(2) to report.
  func missing(from kept: Set<Capability>) -> PrivilegeError? {
    guard let reason = reasons.first(where: { $0.capability != .netBindService && !kept.contains($0.capability) })
    else {
      return nil
    }
    return PrivilegeError(
      description:
        "\(reason.setting) needs \(reason.capability), which this process does not have: start weftpd as root, "
        + "or have systemd give it (AmbientCapabilities=)")
  }
}
