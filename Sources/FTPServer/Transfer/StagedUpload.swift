// Uploads that get their name only when they are whole; what is left of a broken one can be gone on with.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem

/// A file that an upload fills before it takes the name it is for.
///
/// It has no name of its own where the file system allows that. Once a restart marker was answered it is called `.weftpd-NAME.part`, so that what
/// came before the marker outlives a broken connection and the end of this process; REST with that marker and STOR of the same name go on
/// with it, in any session.
final class StagedUpload {
  private let jail: Jail
  private let target: VirtualPath
  /// What it is called after a marker; nil where the target's name is too long for that.
  private let partial: [UInt8]?
  private var file: PendingFile
  /// Where the first byte of this upload goes.
  private let start: UInt64
  private var hasBegun = false
  /// The descriptor to read and write.
  var number: Int32 { file.descriptor.number }

  /// Makes a new file, or opens `.weftpd-NAME.part` to go on with at `start`, which is not touched before ``begin()``.
  ///
  /// - Parameter mode: the permission bits of a new file; nil for the system's.
  /// - Throws: 554 when there is nothing to go on with, 450 when another session is at it.
  init(_ target: VirtualPath, in jail: Jail, from start: UInt64, mode: UInt32?) throws(FTPError) {
    self.jail = jail
    self.target = target
    self.start = start
    partial = Self.partial(of: target)
    if start == 0 {
      file = try onFile(naming: true) { () throws(SystemError) in try jail.makePending(for: target, mode: mode) }
      return
    }
    guard let partial else { throw Self.nothingLeft }
    do throws(SystemError) {
      file = try jail.resumePending(for: target, keptAs: partial)
    } catch {
      switch error.code {
      case ENOENT, ELOOP, ENXIO: throw Self.nothingLeft
      case EBUSY: throw .busy("Another session goes on with this upload.")
      default: throw .file(error, naming: true)
      }
    }
    let there = try onFile(naming: true) { () throws(SystemError) in try File.status(number).size }
    if there < start {
      throw .restart("What came of the broken upload has \(there) bytes and ends before the marker.")
    }
  }

  private static var nothingLeft: FTPError { .restart("There is no broken upload of this file to go on with.") }

  /// Cuts off what came behind the marker.
  func begin() throws(SystemError) {
    hasBegun = true
    if start > 0 { try File.truncate(number, to: Int64(clamping: start)) }
  }

  /// Keeps what has come from now on, whatever happens. Another session's upload of the same name goes first.
  ///
  /// - Returns: whether it can be gone on with later: only then a marker is worth an answer.
  func keep() -> Bool {
    guard let partial else { return false }
    return (try? jail.keep(&file, as: partial)) != nil
  }

  /// Gives the whole file its own name. What had the name before is replaced at once, and leaves its permissions.
  func publish() throws(SystemError) {
    if let before = try? jail.status(of: target) {
      try? jail.acting { () throws(SystemError) in try File.setPermissions(number, before.permissions & 0o777) }
    }
    try jail.commit(file)
    if let partial { jail.removeKept(partial, beside: file) }
  }

  /// Ends an upload that failed: nothing is left, or what came before the last marker that was answered.
  func abandon(keeping marked: Int64?) {
    if start > 0, !hasBegun { return }
    if let marked, let partial, file.name == partial, (try? File.truncate(number, to: marked)) != nil { return }
    jail.discard(file)
  }

  /// Removes the file, of which nothing is needed any more.
  func discard() { jail.discard(file) }

  private static func partial(of target: VirtualPath) -> [UInt8]? {
    let (prefix, suffix) = (Array(Jail.pendingPrefix.utf8), Array(".part".utf8))
    guard let name = target.lastComponent, prefix.count + name.count + suffix.count <= VirtualPath.componentLimit
    else { return nil }
    return prefix + name + suffix
  }
}
