// Uploads that get their name only when they are whole; a broken one can be resumed from its last restart marker.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem

/// A file that an upload fills before it takes the name it is for, or is appended to the file of that name.
///
/// It has no name of its own where the file system allows that. Once a restart marker was answered it is called `.weftpd-NAME.part`, so
/// that what came before the marker outlives a broken connection and the end of this process. REST with that marker and STOR of the
/// same name resume it, in any session.
public final class StagedUpload: UploadTarget {
  private let jail: Jail
  private let target: VirtualPath
  /// What it is called after a marker; nil where the target's name is too long for that.
  private let partial: [UInt8]?
  private var file: PendingFile
  /// Where the first byte of this upload goes.
  private let offset: UInt64
  private let isAppended: Bool
  /// The upload made the target's name itself (STOU), so that name goes again if the upload fails.
  private let isClaimed: Bool
  private var hasBegun = false
  /// The file's length at the last restart marker that was answered; nil if there was none.
  private var marked: Int64?
  /// Where the bytes begin in the target.
  public private(set) var start: Int64

  public var number: Int32 { file.descriptor.number }

  /// Makes a new file, or opens `.weftpd-NAME.part` to resume at `offset`; that is not touched before ``begin()``.
  ///
  /// - Parameters:
  ///   - offset: where to resume; 0 begins anew.
  ///   - isAppended: what comes goes behind what the target has; `offset` is 0 then.
  ///   - mode: the permission bits of a new file; nil for the system's.
  /// - Throws: ``UploadError/nothingToResume``, ``UploadError/partialTooShort(size:)``, ``UploadError/inUse``; ``UploadError/file(_:)``
  ///   when the target cannot be written.
  public init(
    _ target: VirtualPath, in jail: Jail, from offset: UInt64, isAppended: Bool = false, mode: UInt32?,
    isClaimed: Bool = false
  ) throws(UploadError) {
    self.jail = jail
    self.target = target
    self.offset = offset
    self.isAppended = isAppended
    self.isClaimed = isClaimed
    start = Int64(clamping: offset)
    marked = offset > 0 ? Int64(clamping: offset) : nil
    partial = Self.partial(of: target)
    _ = try onTarget { () throws(SystemError) in try jail.requireWritableKind(target) }
    if offset == 0 {
      file = try onTarget { () throws(SystemError) in try jail.makePending(for: target, mode: mode) }
      return
    }
    guard let partial else { throw .nothingToResume }
    do throws(SystemError) {
      file = try jail.resumePending(for: target, keptAs: partial)
    } catch {
      switch error.code {
      case ENOENT, ELOOP, ENXIO: throw .nothingToResume
      case EBUSY: throw .inUse
      default: throw .file(error)
      }
    }
    let there = try onTarget { () throws(SystemError) in try File.status(number).size }
    if there < offset { throw .partialTooShort(size: there) }
  }

  /// Cuts off what came behind the marker.
  public func begin() throws(UploadError) {
    hasBegun = true
    guard offset > 0 else { return }
    try onTarget { () throws(SystemError) in try File.truncate(number, to: Int64(clamping: offset)) }
  }

  /// Keeps what has come, whatever happens from now on. Another session's partial of the same name goes first.
  public func keep(upTo position: Int64) -> Bool {
    guard !isAppended, let partial, (try? jail.keep(&file, as: partial)) != nil else { return false }
    marked = position
    return true
  }

  public func commit(_ goesOn: () -> Bool) throws(UploadError) {
    if isAppended {
      try append(goesOn)
      jail.discard(file)
    } else {
      try onTarget { () throws(SystemError) in try publish() }
    }
  }

  /// Gives the whole file its own name. The file that had the name before is replaced in one step; its permissions stay.
  private func publish() throws(SystemError) {
    if let before = try? jail.status(of: target) {
      try? jail.acting { () throws(SystemError) in try File.setPermissions(number, before.permissions & 0o777) }
    }
    try jail.commit(file)
    if let partial { jail.removeKept(partial, beside: file) }
  }

  /// Keeps what came before the last marker that was answered, if there was one; else nothing is left.
  public func abandon() {
    if isClaimed { try? jail.removeFile(target) }
    if offset > 0, !hasBegun { return }
    if let marked, let partial, file.name == partial, (try? File.truncate(number, to: marked)) != nil { return }
    jail.discard(file)
  }

  // MARK: APPE

  /// Copies the whole file to the end of the target; when that fails, the target is as it was.
  private func append(_ goesOn: () -> Bool) throws(UploadError) {
    let opened = try onTarget { () throws(SystemError) in try jail.openForWriting(target, truncating: false) }
    let end = Int64(clamping: opened.status.size)
    start = end
    let writing = opened.descriptor.number
    do throws(UploadError) { try copy(to: writing, at: end, goesOn) } catch {
      try? File.truncate(writing, to: end)
      throw error
    }
    do throws(SystemError) { try opened.close() } catch { throw .file(error) }
  }

  private func copy(to writing: Int32, at end: Int64, _ goesOn: () -> Bool) throws(UploadError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 4096)
    defer { buffer.deallocate() }
    var done: Int64 = 0
    while true {
      let from = done
      let read = try onTarget { () throws(SystemError) -> Int in
        let read = try File.read(number, into: buffer, at: from)
        try File.write(writing, UnsafeRawBufferPointer(rebasing: buffer[..<read]), at: end + from)
        return read
      }
      if read == 0 { return }
      done += Int64(read)
      if !goesOn() { throw .stopped }
    }
  }

  private static func partial(of target: VirtualPath) -> [UInt8]? {
    let (prefix, suffix) = (Array(Jail.pendingPrefix.utf8), Array(".part".utf8))
    guard let name = target.lastComponent, prefix.count + name.count + suffix.count <= VirtualPath.componentLimit
    else { return nil }
    return prefix + name + suffix
  }
}
