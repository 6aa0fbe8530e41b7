// An upload that brings one part of a file, while others may bring other parts.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem

/// One segment of a file that gets its name when its last segment has come (RANG or REST with STOR, after ALLO).
///
/// Bytes that are not there yet are written to their place. Where some of them are, the segment goes into a file of its own first, and is
/// compared with them at its end: the file is never made of two versions.
public final class SegmentUpload: UploadTarget {
  /// Which bytes of the file come.
  public enum Part: Sendable {
    /// These.
    case range(ClosedRange<UInt64>)
    /// All from here on. What is there behind it comes again.
    case rest(from: UInt64)
    /// All behind the bytes that are there from the beginning on.
    case restBehindPrefix
  }

  /// Bytes between two records of what has come, so that little of it is lost with this process: a thousandth of the file, or as much as
  /// a record does not cost.
  private static func recordDistance(_ total: Int64) -> Int64 { min(64 << 20, max(1 << 20, total / 1024)) }

  private let jail: Jail
  private let options: UploadOptions
  private let table: SegmentTable
  private let position: SegmentTable.Place
  private let file: SegmentedFile
  private let range: Range<Int64>
  private let claim: Int
  private let replacesKnown: Bool
  /// Where the segment is until it has been compared.
  private var aside: PendingFile?
  private let isInMemory: Bool
  private var came: Int64 = 0
  private var recorded: Int64 = 0
  private let distance: Int64
  private var writeBehind: WriteBehind?
  private var isLeft = false

  /// Looks at the whole file before it gets its name.
  public var verify: (_ file: Int32, _ size: Int64) throws(UploadError) -> Void = { _, _ throws(UploadError) in }
  /// Bytes that are still missing, once the upload has ended well; 0: the file has its name.
  public private(set) var missing: Int64 = 0

  public var number: Int32 { aside?.descriptor.number ?? file.number }
  public var start: Int64 { range.lowerBound }
  /// Bytes of the whole file.
  public var total: Int64 { file.total }
  public var end: Int64? { range.upperBound }

  /// Opens or makes the partial, and takes the part.
  ///
  /// - Parameters:
  ///   - total: bytes the whole file will have; nil: as was said when it was begun.
  ///   - owner: whose sessions may send parts of it together.
  /// - Throws: ``UploadError/nothingToResume``, ``UploadError/inUse``, ``UploadError/otherTotal(_:)``,
  ///   ``UploadError/changedMeanwhile``, ``UploadError/beyondEnd(offset:size:)``, ``UploadError/tooManyGaps``;
  ///   ``UploadError/file(_:)``, with ENAMETOOLONG if the target's name is too long for a partial's.
  public init(
    _ path: VirtualPath, in jail: Jail, _ part: Part, total: Int64?, owner: [UInt8], among table: SegmentTable,
    _ options: UploadOptions
  ) throws(UploadError) {
    let (target, _, _) = try onTarget { () throws(SystemError) in try jail.writableTarget(of: path) }
    guard let name = target.lastComponent.flatMap({ PartialName.of($0) }) else {
      throw .file(SystemError(code: ENAMETOOLONG, call: "linkat"))
    }
    let (position, file) = try table.join(target, name, in: jail, owner: owner) { () throws(UploadError) in
      try SegmentedFile.open(target, keptAs: name, total: total, in: jail, mode: options.mode)
    }
    do throws(UploadError) {
      if let total, total != file.total { throw .otherTotal(file.total) }
      let range = try Self.range(part, of: file)
      let (claim, isKnown) = try file.claim(range)
      var aside: PendingFile?
      replacesKnown = if case .range = part { false } else { isKnown }
      if isKnown, !replacesKnown {
        do throws(SystemError) { aside = try jail.makePending(for: target, mode: 0o600) } catch {
          file.giveBack(claim)
          throw UploadError.file(error)
        }
      }
      (self.claim, self.range) = (claim, range)
      self.aside = aside.take()
    } catch {
      table.leave(position)
      throw error
    }
    (self.jail, self.options, self.table, self.position, self.file) = (jail, options, table, position, file)
    isInMemory = File.isInMemory(file.number)
    distance = Self.recordDistance(file.total)
  }

  deinit { leave() }

  private static func range(_ part: Part, of file: SegmentedFile) throws(UploadError) -> Range<Int64> {
    let total = UInt64(clamping: file.total)
    switch part {
    case .restBehindPrefix: return min(file.done.prefix, max(file.total, 1) - 1)..<file.total
    case .rest(let from):
      guard from <= total else { throw .beyondEnd(offset: from, size: total) }
      return Int64(clamping: from)..<file.total
    case .range(let range):
      guard range.upperBound < total else { throw .beyondEnd(offset: range.upperBound, size: total) }
      return Int64(clamping: range.lowerBound)..<Int64(clamping: range.upperBound) + 1
    }
  }

  public func begin(_ goesOn: () -> Bool) throws(UploadError) {
    if replacesKnown { try file.forget(range) }
  }

  public func ended(after bytes: UInt64) { came = min(Int64(clamping: bytes), Int64(range.count)) }

  public func progressed(by bytes: UInt64) {
    ended(after: bytes)
    if aside != nil { return }
    if came - recorded >= distance {
      // A failure here is met again at the end.
      try? file.note(range.lowerBound..<(range.lowerBound + came))
      recorded = came
    }
    if options.isDurable, !isInMemory {
      if writeBehind == nil { writeBehind = WriteBehind(from: start) }
      writeBehind?.advance(to: start + came, of: number)
    }
  }

  public func overdue() -> (@Sendable () -> Void)? {
    guard let range = writeBehind?.overdue() else { return nil }
    return { [number] in File.finishWriting(number, range) }
  }

  public var needsThread: Bool { options.isDurable && !isInMemory || aside != nil }

  public func commit(_ goesOn: () -> Bool) throws(UploadError) {
    if aside != nil { try merge(goesOn) }
    let isSynced = options.isDurable && !isInMemory
    if isSynced { try onTarget { () throws(SystemError) in try File.syncContents(file.number) } }
    if try file.add(range, isSynced: isSynced) {
      do throws(UploadError) { try verify(file.number, file.total) } catch {
        file.goOn()
        throw error
      }
      try file.finish(
        CommitOptions(
          carriesAttributes: options.carriesAttributes,
          sync: isInMemory ? .nothing : options.isDurable ? .everything : .lateErrors))
    } else {
      missing = file.total - file.done.count
    }
    leave()
  }

  public func abandon(isFull: Bool) {
    // What came is right, however it ended; what was compared with nothing yet is not.
    if !isLeft, aside == nil, came > 0, options.remainder != .nothing {
      try? file.note(range.lowerBound..<(range.lowerBound + came))
    }
    leave()
  }

  private func leave() {
    if isLeft { return }
    isLeft = true
    if let aside = aside.take() { jail.discard(aside) }
    file.giveBack(claim)
    table.leave(position)
  }

  // MARK: bytes that came twice

  /// Compares what was there already, and copies the rest to its place.
  private func merge(_ goesOn: () -> Bool) throws(UploadError) {
    let known = file.done.intersection(range)
    let half = 128 * 1024
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * half, alignment: 4096)
    defer { buffer.deallocate() }
    let new = UnsafeMutableRawBufferPointer(rebasing: buffer[..<half])
    let old = UnsafeMutableRawBufferPointer(rebasing: buffer[half...])
    for part in known {
      try pieces(part, half, goesOn) { (place, count) throws(SystemError) in
        try Self.fill(new, count, from: number, at: place)
        try Self.fill(old, count, from: file.number, at: place)
        return new[..<count].elementsEqual(old[..<count])
      }
    }
    for part in file.done.missing(in: range) {
      try pieces(part, half, goesOn) { (place, count) throws(SystemError) in
        try Self.fill(new, count, from: number, at: place)
        try File.write(file.number, UnsafeRawBufferPointer(rebasing: new[..<count]), at: place)
        return true
      }
    }
  }

  private func pieces(
    _ part: Range<Int64>, _ size: Int, _ goesOn: () -> Bool,
    _ body: (_ place: Int64, _ count: Int) throws(SystemError) -> Bool
  ) throws(UploadError) {
    var place = part.lowerBound
    while place < part.upperBound {
      let (at, count) = (place, Int(min(Int64(size), part.upperBound - place)))
      guard try onTarget({ () throws(SystemError) in try body(at, count) }) else {
        throw .differs(at: UInt64(clamping: at))
      }
      place += Int64(count)
      if !goesOn() { throw .stopped }
    }
  }

  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, _ count: Int, from file: Int32, at place: Int64
  ) throws(SystemError) {
    var done = 0
    while done < count {
      let read = try File.read(
        file, into: UnsafeMutableRawBufferPointer(rebasing: buffer[done..<count]), at: place + Int64(done))
      // The journal lies behind all segments, so a file ends early only if somebody else has cut it off.
      if read == 0 { throw SystemError(code: EIO, call: "pread") }
      done += read
    }
  }
}
