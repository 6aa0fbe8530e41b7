// Tells whether what is kept of a broken upload is still what was kept.

import LinuxSystem

/// Size and time of the last change of a partial, and whether it was on the disk then, written down in an extended attribute when it is put
/// aside.
///
/// It goes when an upload goes on with it, so a partial that the end of this process has left has none. Neither has one on a file system
/// without such attributes. Both are taken as they are, unless the system was started since: a power cut can leave the length of a file
/// without its bytes.
public enum PartialStamp {
  private static let name = "user.weftpd.stamp"

  /// - Parameter isSynced: it is on the disk.
  public static func set(on file: Int32, isSynced: Bool = false) {
    guard let status = try? File.status(file) else { return }
    let mark = isSynced ? SegmentJournal.synced : SegmentJournal.running
    try? File.setAttribute(file, name, text(status) + mark)
  }

  static func remove(from file: Int32) { File.removeAttribute(file, name) }

  /// Whether an upload can go on with it.
  public static func isTrusted(_ file: Int32) -> Bool {
    guard let status = try? File.status(file) else { return false }
    guard let stamp = File.attribute(file, name) else { return status.modified >= SystemStart.seconds }
    return [SegmentJournal.synced, SegmentJournal.running].contains { stamp == text(status) + $0 }
  }

  /// Whether somebody else has written to it since.
  static func isBroken(on file: Int32) -> Bool {
    guard let stamp = File.attribute(file, name), let status = try? File.status(file) else { return false }
    return !stamp.starts(with: text(status))
  }

  private static func text(_ status: FileStatus) -> [UInt8] {
    Array("\(status.size) \(status.modified).\(status.modifiedNanoseconds) ".utf8)
  }
}
