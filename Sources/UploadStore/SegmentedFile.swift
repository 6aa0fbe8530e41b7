// A partial that several uploads fill at once, each a part of its own, and that gets its name when no byte is missing.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import Synchronization

/// The file, what is there of it, and who is sending which part.
final class SegmentedFile: Sendable {
  private struct State {
    var journal: SegmentJournal
    var claims: [Int: Range<Int64>] = [:]
    var nextClaim = 0
    /// It is whole, and gets or has its name.
    var isEnding = false
  }

  let total: Int64
  private let jail: Jail
  private let file: PendingFile
  private let state: Mutex<State>

  var number: Int32 { file.descriptor.number }
  var isEnding: Bool { state.withLock { $0.isEnding } }
  var done: IntervalSet { state.withLock { $0.journal.done } }

  private init(_ file: consuming PendingFile, _ journal: SegmentJournal, _ jail: Jail) {
    total = journal.total
    self.jail = jail
    self.file = file
    state = Mutex(State(journal: journal))
  }

  /// Goes on with what is kept, or makes a new file.
  ///
  /// - Parameters:
  ///   - name: what it is called while it is a partial.
  ///   - total: bytes it will have; nil: only what is kept can be gone on with.
  /// - Throws: ``UploadError/nothingToResume``, ``UploadError/inUse``, ``UploadError/changedMeanwhile``,
  ///   ``UploadError/otherTotal(_:)``, ``UploadError/file(_:)``.
  static func open(
    _ target: VirtualPath, keptAs name: [UInt8], total: Int64?, in jail: Jail, mode: UInt32?
  ) throws(UploadError) -> SegmentedFile {
    var present: PendingFile?
    do throws(SystemError) { present = try jail.resumePending(for: target, keptAs: name) } catch {
      switch error.code {
      case ENOENT, ELOOP, ENXIO: break
      case EBUSY: throw .inUse
      default: throw .file(error)
      }
    }
    if let kept = present.take() { return try adopt(kept, total, in: jail) }
    guard let total else { throw .nothingToResume }
    return try make(target, name, total, in: jail, mode)
  }

  private static func make(
    _ target: VirtualPath, _ name: [UInt8], _ total: Int64, in jail: Jail, _ mode: UInt32?
  ) throws(UploadError) -> SegmentedFile {
    var file = try onTarget { () throws(SystemError) in try jail.makePending(for: target, mode: mode) }
    do throws(UploadError) {
      var journal = SegmentJournal(total: total)
      let number = file.descriptor.number
      try onTarget { () throws(SystemError) in
        // What is announced has to find room.
        if try File.availableBytes(number) < UInt64(clamping: total) {
          throw SystemError(code: ENOSPC, call: "fallocate")
        }
        try jail.setSegmented(file, true)
        try journal.rewrite(isSynced: true, number)
        try jail.keep(&file, as: name)
      }
      return SegmentedFile(file, journal, jail)
    } catch {
      if case .file(let cause) = error, cause.code == EBUSY { throw .inUse }
      throw error
    }
  }

  private static func adopt(
    _ kept: consuming PendingFile, _ total: Int64?, in jail: Jail
  ) throws(UploadError) -> SegmentedFile {
    let number = kept.descriptor.number
    let status = try onTarget { () throws(SystemError) in try File.status(number) }
    var journal: SegmentJournal
    if status.isSegmented {
      // Its records know what a start of the system has left of it; the stamp, whether somebody else has changed it.
      if PartialStamp.isBroken(on: number) { throw .changedMeanwhile }
      // Without its records nobody knows which bytes are there.
      guard let present = SegmentJournal(of: number, size: status.size) else {
        guard let total else { throw .nothingToResume }
        journal = SegmentJournal(total: total)
        try onTarget { () throws(SystemError) in try journal.rewrite(isSynced: true, number) }
        return SegmentedFile(kept, journal, jail)
      }
      if let total, total != present.total { throw .otherTotal(present.total) }
      journal = present
    } else {
      // What came of an upload in one piece is its first segment.
      guard let total else { throw .nothingToResume }
      if !PartialStamp.isTrusted(number) { throw .changedMeanwhile }
      journal = SegmentJournal(total: total)
      let size = Int64(clamping: status.size)
      try onTarget { () throws(SystemError) in
        try jail.setSegmented(kept, true)
        if size <= total { try journal.append(0..<size, isSynced: false, to: number) }
        try journal.rewrite(isSynced: false, number)
      }
    }
    PartialStamp.remove(from: number)
    return SegmentedFile(kept, journal, jail)
  }

  // MARK: parts

  /// Takes a part that nobody else is sending.
  ///
  /// - Returns: the claim's number, and whether some of it is there already.
  /// - Throws: ``UploadError/inUse``; ``UploadError/tooManyGaps``.
  func claim(_ range: Range<Int64>) throws(UploadError) -> (Int, isKnown: Bool) {
    let claim = state.withLock { state -> Result<(Int, Bool), UploadError> in
      if state.isEnding || state.claims.values.contains(where: { $0.overlaps(range) }) { return .failure(.inUse) }
      let isKnown = !state.journal.done.intersection(range).isEmpty
      if state.journal.done.intervals.count >= SegmentJournal.intervalLimit, !isKnown { return .failure(.tooManyGaps) }
      state.nextClaim += 1
      state.claims[state.nextClaim] = range
      return .success((state.nextClaim, isKnown))
    }
    switch claim {
    case .success(let claim): return claim
    case .failure(let error): throw error
    }
  }

  func giveBack(_ claim: Int) { state.withLock { _ = $0.claims.removeValue(forKey: claim) } }

  /// What was there of a claimed part is sent anew, so it counts for nothing.
  func forget(_ range: Range<Int64>) throws(UploadError) {
    _ = try changing(mayEnd: false) { (journal, number) throws(SystemError) in try journal.remove(range, from: number) }
  }

  /// The bytes of `range` are there.
  ///
  /// - Returns: whether that made the file whole: then the caller has to ``finish(_:)`` it.
  func add(_ range: Range<Int64>, isSynced: Bool) throws(UploadError) -> Bool {
    try changing(mayEnd: true) { [total] (journal, number) throws(SystemError) in
      if !range.isEmpty || total == 0 { try journal.append(range, isSynced: isSynced, to: number) }
    }
  }

  /// The bytes of `range` are there, and the upload that brought them goes on, or broke off: it does not make the file whole, even if no
  /// byte is missing any more.
  func note(_ range: Range<Int64>) throws(UploadError) {
    _ = try changing(mayEnd: false) { (journal, number) throws(SystemError) in
      try journal.append(range, isSynced: false, to: number)
    }
  }

  /// - Returns: whether the file is whole, and was not before.
  private func changing(
    mayEnd: Bool, _ body: (inout SegmentJournal, Int32) throws(SystemError) -> Void
  ) throws(UploadError) -> Bool {
    let (number, whole) = (number, 0..<total)
    let outcome = state.withLock { state -> Result<Bool, SystemError> in
      // Another segment has made it whole, with what was noted of this one: a record would be written behind the end of the named file.
      if state.isEnding { return .success(false) }
      do throws(SystemError) { try body(&state.journal, number) } catch { return .failure(error) }
      if !mayEnd || !state.journal.done.contains(whole) { return .success(false) }
      state.isEnding = true
      return .success(true)
    }
    do throws(SystemError) { return try outcome.get() } catch { throw .file(error) }
  }

  // MARK: the end

  /// Gives the whole file its name.
  func finish(_ how: CommitOptions) throws(UploadError) {
    do throws(UploadError) {
      try onTarget { () throws(SystemError) in
        try File.truncate(number, to: total)
        try jail.setSegmented(file, false)
        try jail.commit(file, how)
      }
    } catch {
      goOn()
      throw error
    }
    // It is no partial any more, whatever comes.
    if how.sync == .everything { try onTarget { () throws(SystemError) in try jail.syncName(of: file) } }
  }

  /// It was whole, but did not get its name: it can be tried again.
  func goOn() {
    try? jail.setSegmented(file, true)
    state.withLock { state in
      try? state.journal.rewrite(isSynced: false, number)
      state.isEnding = false
    }
  }

  /// Nobody fills it any more: what there is of it is kept; if nothing is, it goes.
  func putAside() {
    state.withLock { state in
      if state.isEnding { return }
      if state.journal.done.isEmpty { jail.discard(file) } else { PartialStamp.set(on: number) }
    }
    File.unlock(number)
  }
}
