// Room that ALLO has asked for (RFC 959, section 4.1.3): taken when the upload's file is open, given back when it was not needed.

import Glibc
import LinuxSystem

/// Room reserved in an open file. ``giveBack()`` ends it, whatever became of the upload.
public struct Reservation: Sendable {
  private let file: Int32

  /// Reserves room for an upload that was announced with `size` bytes and begins at `offset`.
  ///
  /// - Parameter limit: more bytes are not reserved.
  /// - Returns: nil where the file system cannot reserve: the upload then goes on as it would without ALLO.
  /// - Throws: ``UploadError/file(_:)`` with ENOSPC, EDQUOT or EFBIG when there is not so much room.
  public init?(of size: Int64, in file: Int32, at offset: Int64, limit: Int64 = .max) throws(UploadError) {
    self.file = file
    if limit <= 0 { return nil }
    do throws(SystemError) {
      try File.reserve(file, offset: offset, length: min(limit, Self.rest(of: size, behind: offset)))
    } catch {
      if [EOPNOTSUPP, ENOSYS, EINVAL, ENODEV].contains(error.code) { return nil }
      throw .file(error)
    }
  }

  /// Cuts the file off where it ends: that gives back what was reserved beyond.
  public func giveBack() {
    guard let size = try? File.status(file).size, let end = Int64(exactly: size) else { return }
    try? File.truncate(file, to: end)
  }

  /// The least that is still to come of `size` bytes when an upload begins at `offset`: ALLO may have told the size of the whole file.
  public static func rest<Size: BinaryInteger>(of size: Size, behind offset: Size) -> Size {
    size > offset ? size - offset : size
  }
}
