// Uploads that get their name only when they are whole; what came of a broken one can be kept and resumed.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem

/// A file that an upload fills before it takes the name it is for, or is appended to the file of that name.
///
/// It has no name of its own where the file system allows that. What is to outlive a broken connection or the end of this process gets
/// the name `.weftpd-NAME.part`, which only this server gives and which no listing shows. An upload that goes on from an offset takes
/// that file if it reaches so far, in any session, and else a copy of the target.
///
/// One upload uses it at a time. Its end may run on another thread, while the session waits.
public final class StagedUpload: UploadTarget {
  /// Where the first byte of the upload goes.
  public enum Start: Sendable, Equatable {
    /// A new file.
    case new
    /// On from an offset of what is kept, or of the target.
    case offset(UInt64)
    /// Behind what the target has; if there is no target, behind what is kept of one.
    case end
  }

  let jail: Jail
  let target: VirtualPath
  let options: UploadOptions
  /// What it is called when it is to be kept; nil where the target's name is too long for that.
  private let partial: [UInt8]?
  private var file: PendingFile
  /// The target has to be copied into it first, up to where the upload begins.
  private let copiesTarget: Bool
  /// What is copied from: its end follows when the upload turns out to be shorter.
  private var copied: OpenFile?
  /// Where that end begins: it is no part of what is kept.
  private var borrowedFrom: Int64?
  /// It goes behind the target when it is whole.
  private var isAppended: Bool
  /// There was no target to append to: if there is one by the end, by another session or another server, it goes behind that.
  private let becomesAppended: Bool
  private var hasBegun = false
  private var hasItsName = false
  /// The file's length up to which it is kept; nil: nothing is.
  private var kept: Int64?
  /// From so many bytes on an upload is worth two calls to outlive the process.
  private static let large = 8 * 1024 * 1024
  private let isInMemory: Bool
  private var triedToKeep = false
  private var writeBehind: WriteBehind?
  /// Where the bytes begin in the file that is filled.
  public let start: Int64
  public private(set) var place: Int64

  public var number: Int32 { file.descriptor.number }

  /// Makes a new file, or opens what is kept; that is not touched before ``begin(_:)``.
  ///
  /// - Throws: ``UploadError/nothingToResume``, ``UploadError/partialTooShort(size:)``, ``UploadError/beyondEnd(offset:size:)``,
  ///   ``UploadError/beyondLimit(offset:)``, ``UploadError/inUse``; ``UploadError/file(_:)`` when the target cannot be written.
  public init(
    _ path: VirtualPath, in jail: Jail, at start: Start, _ options: UploadOptions
  ) throws(UploadError) {
    self.jail = jail
    self.options = options
    becomesAppended = start == .end
    // A link stays, and what it leads to is replaced. What is no link needs no look before it is made anew.
    if start == .new, let made = try Self.makeUnlinked(path, jail, options) {
      file = made
      target = path
      partial = target.lastComponent.flatMap { PartialName.of($0) }
      (isAppended, kept, self.start, place, copiesTarget) = (false, nil, 0, 0, false)
      isInMemory = file.isInMemory
      return
    }
    let (target, present, isThere) = try onTarget { () throws(SystemError) in try jail.writableTarget(of: path) }
    self.target = target
    partial = target.lastComponent.flatMap { PartialName.of($0) }
    var copies = false
    switch start {
    case .new:
      file = try Self.make(target, jail, options)
      (isAppended, kept, self.start, place) = (false, nil, 0, 0)
    case .end:
      if !isThere, options.remainder == .everything, let old = try Self.open(partial, target, jail) {
        let size = try onTarget { () throws(SystemError) in try File.status(old.descriptor.number).size }
        file = consume old
        // Where the client was told that it ends: see Partial.
        let told = Int64(clamping: max(size, 1) - 1)
        (isAppended, kept, self.start, place) = (false, told, told, told)
      } else {
        file = try Self.make(target, jail, options)
        (isAppended, kept, self.start) = (isThere, nil, 0)
        place = isThere ? Int64(clamping: present) : 0
      }
    case .offset(let offset):
      guard let from = Int64(exactly: offset) else { throw .beyondLimit(offset: offset) }
      isAppended = false
      (self.start, place) = (from, from)
      var shorter: UInt64?
      var found: PendingFile?
      if let old = try Self.open(partial, target, jail) {
        let size = try onTarget { () throws(SystemError) in try File.status(old.descriptor.number).size }
        if size >= offset { found = consume old } else { shorter = size }
      }
      if let old = found.take() {
        file = consume old
        kept = from
      } else {
        // Markers are places in what is kept, and nowhere else.
        guard options.remainder == .everything else {
          throw shorter.map { .partialTooShort(size: $0) } ?? .nothingToResume
        }
        guard offset <= present else { throw .beyondEnd(offset: offset, size: max(present, shorter ?? 0)) }
        file = try Self.make(target, jail, options)
        copies = true
        kept = nil
      }
    }
    copiesTarget = copies
    // In memory there is nothing to be synced, and no late error either.
    isInMemory = file.isInMemory
  }

  /// Makes a new file for a name that is no link; nil if it is one.
  private static func makeUnlinked(
    _ path: VirtualPath, _ jail: Jail, _ options: UploadOptions
  ) throws(UploadError) -> PendingFile? {
    do throws(SystemError) { return try jail.makePending(for: path, mode: options.mode, replacesLink: false) } catch {
      if error.code == ELOOP { return nil }
      throw .file(error)
    }
  }

  private static func make(_ target: VirtualPath, _ jail: Jail, _ options: UploadOptions) throws(UploadError)
    -> PendingFile
  {
    try onTarget { () throws(SystemError) in try jail.makePending(for: target, mode: options.mode) }
  }

  /// Opens what is kept; nil if there is nothing.
  private static func open(_ partial: [UInt8]?, _ target: VirtualPath, _ jail: Jail) throws(UploadError) -> PendingFile?
  {
    guard let partial else { return nil }
    do throws(SystemError) {
      let kept = try jail.resumePending(for: target, keptAs: partial)
      // It has gaps.
      if try File.status(kept.descriptor.number).isSegmented { return nil }
      if PartialStamp.isTrusted(kept.descriptor.number) { return kept }
    } catch {
      switch error.code {
      case ENOENT, ELOOP, ENXIO: return nil
      case EBUSY: throw .inUse
      default: throw .file(error)
      }
    }
    throw .changedMeanwhile
  }

  /// Cuts off what came behind the place to go on from, or fills the file with what the target has up to there: what is kept of a broken
  /// upload has none of the old file's bytes behind the client's.
  public func begin(_ goesOn: () -> Bool) throws(UploadError) {
    hasBegun = true
    if kept != nil { PartialStamp.remove(from: number) }
    if copiesTarget {
      let opened = try onTarget { () throws(SystemError) in try jail.openForReading(target) }
      // It may have become shorter since.
      let size = opened.status.size
      if UInt64(clamping: start) > size { throw .beyondEnd(offset: UInt64(clamping: start), size: size) }
      try copy(0..<start, from: opened.descriptor.number, to: number, movedBy: 0, goesOn)
      copied = consume opened
    } else if start > 0, !isAppended {
      try onTarget { () throws(SystemError) in try File.truncate(number, to: start) }
    }
  }

  /// Keeps what has come, whatever happens from now on. What an earlier upload of the same name has left goes first.
  public func keep(upTo position: Int64) -> Bool {
    guard !isAppended, !options.isExclusive, options.remainder != .nothing, let partial,
      (try? jail.keep(&file, as: partial)) != nil
    else { return false }
    kept = position
    return true
  }

  /// A large upload outlives the end of this process, and its bytes are on their way to the disk before its end.
  public func progressed(by bytes: UInt64) {
    guard bytes >= Self.large else { return }
    if options.remainder == .everything, partial != nil, file.name != partial, !triedToKeep {
      triedToKeep = true
      _ = keep(upTo: start)
    }
    if options.isDurable, !isInMemory {
      if writeBehind == nil { writeBehind = WriteBehind(from: start) }
      writeBehind?.advance(to: start + Int64(clamping: bytes), of: number)
    }
  }

  public func overdue() -> (@Sendable () -> Void)? {
    guard let range = writeBehind?.overdue() else { return nil }
    return { [number] in File.finishWriting(number, range) }
  }

  public var needsThread: Bool { options.isDurable && !isInMemory || becomesAppended || copiesTarget }

  public func complete(_ goesOn: () -> Bool) throws(UploadError) {
    guard let old = copied.take() else { return }
    let end = Int64(clamping: try onTarget { () throws(SystemError) in try File.status(number).size })
    let oldEnd = Int64(clamping: try onTarget { () throws(SystemError) in try File.status(old.descriptor.number).size })
    if oldEnd <= end { return }
    borrowedFrom = end
    try copy(end..<oldEnd, from: old.descriptor.number, to: number, movedBy: 0, goesOn)
  }

  public func commit(_ goesOn: () -> Bool) throws(UploadError) {
    if isAppended {
      place = try append(goesOn)
      return jail.discard(file)
    }
    try complete(goesOn)
    let how = CommitOptions(
      replaces: !options.isExclusive && !becomesAppended, carriesAttributes: options.carriesAttributes,
      sync: isInMemory ? .nothing : options.isDurable ? .everything : .lateErrors)
    do throws(SystemError) { try jail.commit(file, how, goesOn: goesOn) } catch {
      if error.code == EEXIST, becomesAppended, !options.isExclusive {
        isAppended = true
        return try commit(goesOn)
      }
      throw error.code == ECANCELED ? .stopped : .file(error)
    }
    hasItsName = true
    if how.sync == .everything { try onTarget { () throws(SystemError) in try jail.syncName(of: file) } }
    if let partial { jail.removeKept(partial, beside: file) }
  }

  /// Keeps what is to be kept; else nothing is left.
  public func abandon(isFull: Bool) {
    // At once, and not with its last descriptor: the client goes on with it as soon as it has heard of the break.
    defer { File.unlock(number) }
    // It is the target now, whole, though perhaps not on the disk: what is kept would be another name of the same file.
    if hasItsName { return }
    if let borrowedFrom, (try? File.truncate(number, to: borrowedFrom)) == nil { return jail.discard(file) }
    if !hasBegun, kept != nil { return }
    // What fills the disk is not kept.
    if isFull { return jail.discard(file) }
    if options.remainder == .everything, hasBegun, let size = try? File.status(number).size, size > 0 {
      if keep(upTo: Int64(clamping: size)) { return PartialStamp.set(on: number) }
    }
    if let kept, let partial, file.name == partial, (try? File.truncate(number, to: kept)) != nil {
      return PartialStamp.set(on: number)
    }
    jail.discard(file)
  }

  /// Has what is kept reach the disk, so that it can be gone on with after a power cut, too; nil where nothing is kept or there is no
  /// disk. The work is for another thread, and nobody waits for it.
  public var later: (@Sendable () -> Void)? {
    guard options.isDurable, !isInMemory, kept != nil, !hasItsName, let partial, file.name == partial,
      let other = try? File.duplicate(number)
    else { return nil }
    let shared = KeptFile(other)
    return {
      guard (try? File.syncContents(shared.descriptor.number)) != nil,
        // Somebody may be going on with it.
        (try? File.lock(shared.descriptor.number)) == true
      else { return }
      if PartialStamp.isTrusted(shared.descriptor.number) {
        PartialStamp.set(on: shared.descriptor.number, isSynced: true)
      }
      File.unlock(shared.descriptor.number)
    }
  }
}

/// An open file on its way to another thread.
private final class KeptFile: Sendable {
  let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
