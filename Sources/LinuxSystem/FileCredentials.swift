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

  /// Gives the calling thread these credentials. ``giveBack()`` of what is returned must follow on the same thread, whatever happens in
  /// between: the change concerns this thread alone, so nothing may suspend meanwhile. Changes may be nested: each restores what it found.
  ///
  /// Needs CAP_SETUID and CAP_SETGID in the thread's effective set. Source: setfsuid(2), setfsgid(2), setgroups(2); credentials(7).
  /// - Returns: what the thread had.
  /// - Throws: EPERM or ENOMEM when the kernel refuses; nothing has changed then.
  public func assume() throws(SystemError) -> FileCredentials {
    let own = FileCredentials(user: weft_setfsuid(.max), group: weft_setfsgid(.max), groups: ThisProcess.groups)
    do throws(SystemError) {
      try set()
      return own
    } catch {
      own.giveBack()
      throw error
    }
  }

  /// Gives the calling thread these credentials, which are its own. The kernel may be out of memory for a moment, and a thread must not go
  /// on as somebody else: this does not return before it is done.
  public func giveBack() {
    var attempts = 0
    while (try? set()) == nil {
      attempts += 1
      // Ending the process is the lesser harm: a session of somebody else would work with these rights.
      if attempts > 10_000 { abort() }
      usleep(1000)
    }
  }

  private func set() throws(SystemError) {
    try check(weft_setgroups(groups.count, groups), "setgroups")
    _ = weft_setfsgid(group)
    _ = weft_setfsuid(user)
    // Neither call reports an error: both tell what was before, and an id that cannot be changes nothing.
    guard weft_setfsgid(.max) == group, weft_setfsuid(.max) == user else {
      throw SystemError(code: EPERM, call: "setfsuid")
    }
  }
}
