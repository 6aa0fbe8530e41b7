// ALLO (RFC 959, section 4.1.3): room for the next upload, reserved when its file is open and given back when it was not needed.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem

extension Session {
  /// ALLO size [R record-size]: what cannot fit is told now, what can is reserved by the STOR, APPE or STOU that follows.
  func allocate(_ command: Command) throws(FTPError) -> Reply {
    let identity = try requireIdentity()
    let words = command.argument.split(separator: 0x20, omittingEmptySubsequences: true)
    guard let first = words.first, let size = Self.decimal(Array(first)),
      words.count == 1
        || (words.count == 3 && words[1].count == 1 && words[1].first.map { $0 | 0x20 } == 0x72
          && Self.decimal(Array(words[2])) != nil)
    else { throw .syntax("Usage: ALLO <size in bytes> [R <record size>]") }
    parameters.fileState?.allocation = nil
    let room = try onFile { () throws(SystemError) in try identity.jail.availableBytes(at: directory) }
    if Self.rest(of: size, behind: parameters.restart) > room {
      throw .noRoom("There is no room for \(size) bytes: \(room) are left.")
    }
    if size > 0, !identity.permissions(at: directory).isReadOnly { fileState.allocation = Int64(exactly: size) }
    return Reply(200, "There is room for \(size) bytes.")
  }

  /// The least that is still to come of `size` bytes when an upload begins at `offset`: ALLO may have told the size of the whole file.
  private static func rest<Size: BinaryInteger>(of size: Size, behind offset: Size) -> Size {
    size > offset ? size - offset : size
  }

  /// Opens the file an upload goes to: with the permission bits SITE UMASK leaves, if it is new.
  func openTarget(
    _ identity: Identity, _ path: VirtualPath, truncating: Bool, exclusive: Bool = false
  ) throws(FTPError) -> OpenFile {
    let mode = newFileMode
    return try onFile(naming: true) { () throws(SystemError) in
      try identity.jail.openForWriting(path, truncating: truncating, exclusive: exclusive, exactMode: mode)
    }
  }

  /// Runs an upload into `file` with the room ALLO asked for reserved from `offset` on; what it did not need is given back.
  ///
  /// - Throws: 452 or 552 when the room cannot be had, else what `body` throws.
  func withReservedRoom(
    _ file: Int32, at offset: Int64, _ body: () async throws(FTPError) -> Void
  ) async throws(FTPError) {
    let isReserved = try reserveRoom(file, at: offset)
    do throws(FTPError) {
      try await body()
    } catch {
      if isReserved { giveBackRoom(file) }
      throw error
    }
    if isReserved { giveBackRoom(file) }
  }

  /// Reserves the room. False if nothing was asked for, or the file system does not reserve.
  private func reserveRoom(_ file: Int32, at offset: Int64) throws(FTPError) -> Bool {
    guard let size = (transfer?.announced).flatMap({ Int64(exactly: $0) }) else { return false }
    do throws(SystemError) {
      try File.reserve(file, offset: offset, length: Self.rest(of: size, behind: offset))
      return true
    } catch {
      // Where file systems do not reserve, an upload goes on as it would without ALLO.
      if [EOPNOTSUPP, ENOSYS, EINVAL, ENODEV].contains(error.code) { return false }
      throw .file(error, naming: true)
    }
  }

  /// Cutting a file off where it ends gives back what was reserved beyond.
  private func giveBackRoom(_ file: Int32) {
    guard let size = try? File.status(file).size, let end = Int64(exactly: size) else { return }
    try? File.truncate(file, to: end)
  }
}
