// Uploads that write into the file itself, from an offset, from its end, or within a range.

import FTPProtocol
import Jail
import LinuxSystem

/// A file that an upload writes in place: what has come of an upload that breaks off stays.
public final class InPlaceUpload: UploadTarget {
  /// Which part of the file the upload writes.
  public enum Place: Sendable {
    /// From an offset on; 0 empties the file first.
    case from(UInt64)
    /// Behind what is there.
    case end
    /// Exactly these bytes; they have to touch what is there.
    case within(ClosedRange<UInt64>)
  }

  private let jail: Jail
  private let path: VirtualPath
  private let place: Place
  private let mode: UInt32?
  /// The upload made the name itself (STOU), so it goes again if no data connection comes about.
  private let isClaimed: Bool
  /// It is done only when it is on the disk.
  private let isDurable: Bool
  private var isInMemory = false
  private var file: OpenFile?
  public private(set) var number: Int32 = -1
  public private(set) var start: Int64 = 0
  public var end: Int64? {
    guard case .within(let range) = place else { return nil }
    return max(start, Int64(clamping: range.upperBound) &+ 1)
  }

  /// Refuses what cannot be written, and touches nothing.
  ///
  /// - Parameters:
  ///   - mode: the permission bits of a new file; nil for the system's.
  ///   - isClaimed: the upload made the name itself (STOU).
  ///   - isDurable: it is done only when it is on the disk.
  /// - Throws: ``UploadError/file(_:)`` with EISDIR, ENXIO, ENOENT and the like; ``UploadError/beyondEnd(offset:size:)``,
  ///   ``UploadError/beyondLimit(offset:)``, ``UploadError/rangeBeyondEnd(first:size:)``.
  public init(
    _ path: VirtualPath, in jail: Jail, at place: Place, mode: UInt32?, isClaimed: Bool = false, isDurable: Bool = false
  ) throws(UploadError) {
    self.jail = jail
    self.path = path
    self.place = place
    self.mode = mode
    self.isClaimed = isClaimed
    self.isDurable = isDurable
    if case .from(let offset) = place, Int64(exactly: offset) == nil { throw .beyondLimit(offset: offset) }
    try Self.check(place, against: try onTarget { () throws(SystemError) in try jail.requireWritableKind(path) })
  }

  private static func check(_ place: Place, against size: UInt64) throws(UploadError) {
    switch place {
    case .end: return
    case .from(let offset): if offset > size { throw .beyondEnd(offset: offset, size: size) }
    case .within(let range):
      guard range.lowerBound <= size, range.upperBound < UInt64(Int64.max) else {
        throw .rangeBeyondEnd(first: range.lowerBound, size: size)
      }
    }
  }

  public func begin(_ goesOn: () -> Bool) throws(UploadError) {
    let opened = try onTarget { () throws(SystemError) in
      try jail.openForWriting(path, truncating: truncates, exactMode: mode)
    }
    let size = opened.status.size
    switch place {
    case .end: start = Int64(clamping: size)
    case .from(let offset):
      if offset > size { throw .beyondEnd(offset: offset, size: size) }
      start = Int64(clamping: offset)
    case .within(let range):
      if range.lowerBound > size { throw .becameShorter }
      start = Int64(clamping: range.lowerBound)
    }
    number = opened.descriptor.number
    isInMemory = isDurable && File.isInMemory(number)
    file = consume opened
  }

  private var truncates: Bool { if case .from(0) = place { true } else { false } }

  public func commit(_ goesOn: () -> Bool) throws(UploadError) {
    guard let file = file.take() else { return }
    if needsThread {
      try onTarget { () throws(SystemError) in
        try File.syncContents(file.descriptor.number)
        // It may have made the name, too.
        if let directory = jail.directoryToSync(of: path) { try File.sync(directory.number) }
      }
    }
    // Quotas and network file systems report here what they did not report before.
    do throws(SystemError) { try file.close() } catch { throw .file(error) }
  }

  public var needsThread: Bool { isDurable && !isInMemory }

  public func abandon(isFull: Bool) {
    if isClaimed, number < 0 { try? jail.removeFile(path) }
    file = nil
  }
}
