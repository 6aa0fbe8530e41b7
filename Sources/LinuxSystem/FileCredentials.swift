// Acts on files as another user, for the length of one synchronous call on one thread.

import CLinux
import Glibc

/// Who the kernel takes a file operation to come from: checks its permission by, gives new files to.
public struct FileCredentials: Sendable, Hashable {
  public let user: UInt32
  public let group: UInt32
  /// The supplementary groups.
  public let groups: [UInt32]

  public init(user: UInt32, group: UInt32, groups: [UInt32]) {
    self.user = user
    self.group = group
    self.groups = groups
  }

  /// Runs `body` with these credentials on the calling thread and gives it back its own, whatever `body` did.
  ///
  /// The calls concern this thread alone, so `body` must be synchronous and all of its work must be done on it. Calls may be nested:
  /// each restores what it found. Needs CAP_SETUID and CAP_SETGID in the thread's effective set.
  ///
  /// Source: setfsuid(2), setfsgid(2), setgroups(2); credentials(7) on threads.
  /// - Throws: what `body` throws, and EPERM or ENOMEM when the kernel refuses the change; `body` has not run then.
  public func act<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(SystemError) -> Result {
    let own = FileCredentials(
      user: weft_setfsuid(.max), group: weft_setfsgid(.max), groups: ThisProcess.groups)
    // Groups first: they take no capability that a change of user could take away.
    do throws(SystemError) {
      try assume()
    } catch {
      own.restore()
      throw error
    }
    defer { own.restore() }
    return try body()
  }

  private func assume() throws(SystemError) {
    try check(weft_setgroups(groups.count, groups), "setgroups")
    _ = weft_setfsgid(group)
    _ = weft_setfsuid(user)
    // Neither call reports an error: both tell what was before, and an id that cannot be changes nothing.
    guard weft_setfsgid(.max) == group, weft_setfsuid(.max) == user else {
      throw SystemError(code: EPERM, call: "setfsuid")
    }
  }

  /// Takes these credentials back on. The kernel may be out of memory for a moment, and a thread must not go on as somebody else.
  private func restore() {
    var attempts = 0
    while (try? assume()) == nil {
      attempts += 1
      // Ending the process is the lesser harm: a session of somebody else would work with these rights.
      if attempts > 10_000 { abort() }
      usleep(1000)
    }
  }
}
