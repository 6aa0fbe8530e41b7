// Tells whether what is kept of a broken upload is still what was kept.

import LinuxSystem

/// Size and time of the last change of a partial, written down in an extended attribute when it is put aside.
///
/// It goes when an upload goes on with it, so a partial that the end of this process has left has none, and is taken as it is. So is one
/// on a file system without such attributes.
enum PartialStamp {
  private static let name = "user.weftpd.stamp"

  static func set(on file: Int32) {
    guard let status = try? File.status(file) else { return }
    try? File.setAttribute(file, name, text(status))
  }

  static func remove(from file: Int32) { File.removeAttribute(file, name) }

  /// Whether somebody else has written to it since.
  static func isBroken(on file: Int32) -> Bool {
    guard let stamp = File.attribute(file, name), let status = try? File.status(file) else { return false }
    return stamp != text(status)
  }

  private static func text(_ status: FileStatus) -> [UInt8] {
    Array("\(status.size) \(status.modified).\(status.modifiedNanoseconds)".utf8)
  }
}
