// Acts on files as another user, for the length of one synchronous call on one thread.

import CLinux
import Glibc

/// The user and groups with which the kernel checks the permissions of file operations, and who own new files.
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

  /// Gives the calling thread these credentials. On the same thread, ``giveBack()`` must be called on the returned value, whatever
  /// happens in between. The change affects only this thread, so nothing may suspend meanwhile. Changes may be nested: each restores
  /// the credentials it found.
  ///
  /// Needs CAP_SETUID and CAP_SETGID in the thread's effective set. Source: setfsuid(2), setfsgid(2), setgroups(2); credentials(7).
  /// - Returns: the credentials the thread had before.
  /// - Throws: EPERM or ENOMEM if the kernel refuses; then nothing has changed.
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

  /// Gives the calling thread back its own credentials, which are these. The kernel may be out of memory for a moment, but a thread must
  /// not continue as another user, so this returns only when it is done.
  public func giveBack() {
    var attempts = 0
    while (try? set()) == nil {
      attempts += 1
      // Ending the process does less harm: otherwise the next session on this thread would have another user's rights.
      if attempts > 10_000 { abort() }
      usleep(1000)
    }
  }

  private func set() throws(SystemError) {
    try check(weft_setgroups(groups.count, groups), "setgroups")
    _ = weft_setfsgid(group)
    _ = weft_setfsuid(user)
    // Neither call reports an error. Both return the previous id, and an invalid id changes nothing, so this reads the current ids.
    guard weft_setfsgid(.max) == group, weft_setfsuid(.max) == user else {
      throw SystemError(code: EPERM, call: "setfsuid")
    }
  }
}
