// How a pending file gets its name: what it takes along from the file it replaces, and what is waited for.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

/// How a pending file gets its name.
public struct CommitOptions: Sendable, Hashable {
  /// A file that has the name already is replaced.
  public var replaces = true
  /// Mode, owner, access control list and extended attributes of a replaced file are those of the new one, as far as this process may.
  public var carriesAttributes = false
  public var sync = Sync.lateErrors

  /// What is waited for.
  public enum Sync: Sendable {
    /// Nothing: the file system is in memory.
    case nothing
    /// Errors that the file system has kept back until now (quota, network).
    case lateErrors
    /// The contents are on the disk; for the name, see ``Jail/syncName(of:)``.
    case everything
  }

  public init(replaces: Bool = true, carriesAttributes: Bool = false, sync: Sync = .lateErrors) {
    self.replaces = replaces
    self.carriesAttributes = carriesAttributes
    self.sync = sync
  }
}

extension Jail {
  /// The directory that has the name of `path`, to be synced after a change of its names.
  ///
  /// - Returns: nil if its file system is in memory, or if it cannot be read: then it cannot be synced.
  public func directoryToSync(of path: VirtualPath) -> Descriptor? {
    // Its names have been changed already: there is nothing to ask a rule about.
    guard !path.isRoot,
      let directory = try? standing({ (at) throws(SystemError) in
        try at.open(at.ground(of: path.parent), flags: O_RDONLY | O_DIRECTORY)
      }), !File.isInMemory(directory.number)
    else { return nil }
    return directory
  }
}

extension Foothold {
  /// Gives the file what belongs to the one it will replace.
  ///
  /// - Throws: when it cannot be known who may read the old one: what nobody else may read must not become everybody's.
  func carryAttributes(to pending: borrowing PendingFile) throws(SystemError) {
    let parent = pending.parent.number(self)
    let file = pending.descriptor.number
    let old: FileStatus
    do throws(SystemError) { old = try status(in: parent, pending.finalName) } catch  where error.code == ENOENT {
      return
    }
    guard old.isRegular else { return }
    let new = try File.status(file)
    // Written contents lose set-user-ID and set-group-ID, as with write(2).
    var permissions = old.permissions & 0o777
    if old.owner != new.owner || old.group != new.group {
      // Another owner needs a right that most servers have not; the group may do without.
      do throws(SystemError) { try File.setOwner(file, old.owner, group: old.group) } catch {
        if old.group != new.group, (try? File.setGroup(file, old.group)) == nil {
          // Another group must not get what the old one had: it gets what everybody has.
          permissions = permissions & ~0o070 | (permissions & 0o007) << 3
        }
      }
    }
    try withCString(pending.finalName) { (name) throws(SystemError) in
      File.copyAttributes(of: name, in: parent, to: file)
    }
    if permissions == new.permissions { return }
    do throws(SystemError) { try File.setPermissions(file, permissions) } catch  where error.code == EPERM {
      // It belongs to another user now.
    }
  }

  /// Has the names of the file's directory reach the disk.
  func syncDirectory(of pending: borrowing PendingFile) throws(SystemError) {
    let number: Int32
    do throws(SystemError) {
      number = try File.open(
        beneath: pending.parent.number(self), ".", flags: O_RDONLY | O_DIRECTORY, resolve: UInt64(WEFT_RESOLVE_BENEATH)
      ).release()
    } catch  where error.code == EACCES {
      // A directory that may not be read cannot be synced; the file's own sync takes its name along on most file systems.
      return try File.sync(pending.descriptor.number)
    }
    let directory = Descriptor(owning: number)
    do throws(SystemError) { try File.sync(directory.number) } catch  where error.code == EINVAL {
      // The file system knows no such thing.
    }
  }
}
