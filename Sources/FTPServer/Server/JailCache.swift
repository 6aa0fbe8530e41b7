// The roots of sessions: each home is opened once and shared by all who live there, and opened anew when another directory has its name.

import Accounts
import Glibc
import Jail
import LinuxSystem
import Synchronization

/// Jails by the paths of their homes. A reload begins with an empty one.
final class JailCache: Sendable {
  private struct Entry {
    let jail: Jail
    let status: FileStatus
    /// Whether it was looked at whether the home can be written.
    var isTried = false
  }

  private let roots: AccountRoots?
  private let fault: (@Sendable (String) -> String?)?
  private let entries = Mutex<[String: Entry]>([:])

  /// - Parameters:
  ///   - roots: where homes may be; nil: anywhere.
  ///   - fault: see ``AccountSource/fault``.
  init(roots: AccountRoots?, fault: (@Sendable (String) -> String?)?) {
    self.roots = roots
    self.fault = fault
  }

  /// The jail of the directory that has this path now.
  func jail(_ home: String) throws(HomeError) -> Jail {
    if let known = entries.withLock({ $0[home] }), isStillThere(known.status, home) { return known.jail }
    entries.withLock { $0[home] = nil }
    let jail: Jail
    var isServed = true
    var isConfined = false
    let status: FileStatus
    do throws(SystemError) {
      jail = try Jail(root: home)
      // Landlock lets it be opened and then denies all that is in it; without Landlock it would be served.
      if let roots { isServed = try roots.contain(jail.place()) }
      status = try jail.rootStatus()
      isConfined = jail.isDeniedBeyondItsMode
    } catch {
      throw .cannotOpen(error)
    }
    guard isServed else { throw .outsideRoots }
    if let fault = fault?(home) { throw .confined(fault) }
    // The rule was for the directory that had this name at the start.
    if isConfined {
      throw .confined(
        "was replaced or mounted after the start, which fixed what Landlock allows; restart weftpd, or set accounts.roots"
      )
    }
    entries.withLock { $0[home] = Entry(jail: jail, status: status) }
    return jail
  }

  /// Whether a home that its user may write cannot be written by this process; asked of each home once.
  func isFoundUnwritable(_ home: String) -> Bool {
    let untried = entries.withLock { entries -> Jail? in
      guard let entry = entries[home], !entry.isTried else { return nil }
      entries[home]?.isTried = true
      return entry.jail
    }
    return untried.map { !$0.isWritable } ?? false
  }

  /// Whether the path leads to the directory that is open. Without rights to look it up, what was opened stays.
  private func isStillThere(_ status: FileStatus, _ home: String) -> Bool {
    do throws(SystemError) {
      return try File.status(at: home).isSameFile(as: status)
    } catch {
      return error.code != ENOENT && error.code != ENOTDIR && error.code != ELOOP
    }
  }
}

extension Session {
  /// The jail of a home or a mounted tree; the log hears if it cannot be written although the user may write.
  func jail(_ root: String, mayWrite: Bool) throws(HomeError) -> Jail {
    let jails = context.snapshot.jails
    let jail = try jails.jail(root)
    context.sweeper.note(root)
    if mayWrite, jails.isFoundUnwritable(root) {
      tell(
        .warning,
        "the directory \(root) cannot be written by weftpd, though its user may write: see its owner and mode", record()
      )
    }
    return jail
  }
}
