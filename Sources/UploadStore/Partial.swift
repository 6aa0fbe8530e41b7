// What is kept of a broken upload, as far as it can be told without opening it for writing.

import FTPProtocol
import Jail
import LinuxSystem

/// What came of an upload that broke off, or of one in segments that is not whole yet.
public struct Partial: Sendable {
  /// That of its file; the size is ``prefix``.
  public let status: FileStatus
  /// Which bytes are there.
  public let done: IntervalSet
  /// Bytes the whole will have, if it comes in segments.
  public let total: Int64?

  /// Bytes to go on behind: those that are there from the beginning on without a gap, less one. It may be all of the file that came
  /// before the break, and a client that is told so sends nothing more and takes it for stored.
  public var prefix: UInt64 { status.size }

  /// Looks for what is kept of the file `path`.
  ///
  /// - Parameter table: where those are that are being filled.
  /// - Returns: nil if nothing is kept.
  public init?(of path: VirtualPath, in jail: Jail, among table: SegmentTable) {
    guard let name = path.lastComponent.flatMap({ PartialName.of($0) }),
      let status = jail.partialStatus(name, beside: path)
    else { return nil }
    guard status.isSegmented else {
      // What a power cut has left may have its length and not its bytes.
      guard let file = PartialName.path(of: path).flatMap({ try? jail.openForReading($0) }),
        PartialStamp.isTrusted(file.descriptor.number)
      else { return nil }
      var done = IntervalSet()
      done.insert(0..<Int64(clamping: status.size))
      (self.status, self.done, total) = (status.resized(to: status.size > 0 ? status.size - 1 : 0), done, nil)
      return
    }
    var pieces: IntervalSet
    let whole: Int64
    if let live = table.look(at: path, name, in: jail) {
      (pieces, whole) = (live.done, live.total)
    } else {
      guard let partial = PartialName.path(of: path), let file = try? jail.openForReading(partial),
        let journal = SegmentJournal(of: file.descriptor.number, size: file.status.size)
      else { return nil }
      (pieces, whole) = (journal.done, journal.total)
    }
    // It has all bytes, and not its name: somebody has to send one.
    if whole > 0, pieces.contains(0..<whole) { pieces.remove((whole - 1)..<whole) }
    (self.status, done, total) = (status.resized(to: UInt64(clamping: pieces.prefix)), pieces, whole)
  }
}
