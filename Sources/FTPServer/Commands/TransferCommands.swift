// RETR, STOR, APPE, STOU, ABOR (RFC 959, section 4.1.3; RFC 1123, section 4.1.2.9 for STOU).

import FTPProtocol
import Glibc
import LinuxSystem

extension Session {
  /// A rest of a file up to this size is sent before the 150 and 226 replies, which then leave together.
  private static let smallFile: Int64 = 64 * 1024

  func retrieve(_ command: Command) async throws(FTPError) {
    // REST and RANG are for this command alone, whatever becomes of it.
    let (range, place) = (takeRange(), takeRestart())
    let (identity, path) = try require(.read, resolving: command.argument)
    if let range { return try await retrieveRange(command, path, range) }
    let format = self.format
    guard format.isStraight else { return await retrieveCoded(command, path, from: place, as: format) }
    let restart = place.fileOffset
    await perform(TransferProgress(verb: command.verb, direction: .download, path: path, total: nil)) {
      () async throws(FTPError) in
      try requireRestart(place, format)
      let file = try onFile { () throws(SystemError) in try identity.jail.openForReading(path) }
      guard let size = Int64(exactly: file.status.size), let start = Int64(exactly: restart), start <= size else {
        throw Self.beyondEnd(restart, file.status.size)
      }
      transfer = TransferProgress(
        verb: command.verb, direction: .download, path: path, total: UInt64(size - start))
      let opening = Reply.opening(name: command.argument, byteCount: UInt64(size - start), type: format.type)
      var position = start
      if size - start <= Self.smallFile, !protection.isPrivate, let data = try acceptDataConnectionNow() {
        // One write for both replies when the file is gone in one: a wake-up less on both sides.
        reply(opening)
        do throws(FTPError) {
          if try !sendAtOnce(file.descriptor.number, &position, to: size, on: data) {
            guard await flush() else { throw .controlConnectionLost }
            try await sendStraight(file.descriptor.number, position..<size, on: data)
          }
        } catch {
          data.reset()
          throw error
        }
        data.finish()
        return Reply(226, "Transfer complete.")
      }
      let data = try await openDataConnection(opening)
      do throws(FTPError) {
        try await sendStraight(file.descriptor.number, start..<size, on: data)
      } catch {
        data.reset()
        throw error
      }
      data.discardInput()
      data.finish()
      return Reply(226, "Transfer complete.")
    }
  }

  func store(_ command: Command) async throws(FTPError) {
    let (range, restart) = (takeRange(), takeRestart())
    if let range { return try await storeRange(command, try resolve(command.argument), range) }
    // After REST, APPE does what STOR does (RFC 3659, section 5.1).
    let appending = command.verb == "APPE" && restart == RestartPoint()
    try await upload(command, to: try resolve(command.argument), appending: appending, restart: restart)
  }

  func storeUnique(_ command: Command) async throws(FTPError) {
    parameters.restart = 0
    let base = command.argument.isEmpty ? Array("upload".utf8) : command.argument
    let (identity, wanted) = try require(.write, resolving: base, naming: true)
    // The name is claimed with O_EXCL, so two clients never get the same one.
    for _ in 0..<100 {
      let suffix = Random.bytes(4).map { String($0, radix: 16) }.joined()
      let path = try resolve(wanted.bytes + Array(".\(suffix)".utf8), naming: true)
      do throws(FTPError) {
        let claimed = try openTarget(identity, path, truncating: false, exclusive: true)
        _ = consume claimed
      } catch {
        if case .file(let cause, _) = error, cause.code == EEXIST { continue }
        discardDataPort()
        throw error
      }
      return try await upload(command, to: path, appending: false, isClaimed: true)
    }
    throw .file(SystemError(code: EEXIST, call: "openat2"), naming: true)
  }

  private func upload(
    _ command: Command, to path: VirtualPath, appending: Bool, restart place: RestartPoint = RestartPoint(),
    isClaimed: Bool = false
  ) async throws(FTPError) {
    let format = self.format
    if !format.writesInPlace, place == RestartPoint() || format.mode != .deflate {
      return await uploadStaged(command, to: path, as: format, appending: appending, from: place, isClaimed: isClaimed)
    }
    let restart = place.fileOffset
    await perform(TransferProgress(verb: command.verb, direction: .upload, path: path, total: nil)) {
      () async throws(FTPError) in
      let identity = try require(appending ? .append : .write, at: path)
      try requireRestart(place, format)
      guard let start = Int64(exactly: appending ? 0 : restart) else {
        throw .restart("REST \(restart) is more than a file can hold.")
      }
      let present = try onFile(naming: true) { () throws(SystemError) in try identity.jail.requireWritableKind(path) }
      if restart > present, !appending { throw Self.beyondEnd(restart, present) }
      let name = path.lastComponent.map { Array($0) } ?? []
      let opening =
        isClaimed
        ? Reply(150, bytes: Array("FILE: ".utf8) + name)
        : Reply.opening(name: command.argument, byteCount: nil, type: format.type)
      let data: DataConnection
      do throws(FTPError) {
        data = try await openDataConnection(opening)
      } catch {
        if isClaimed { try? identity.jail.removeFile(path) }
        throw error
      }
      // Only now is the target touched: a client that cannot connect has destroyed nothing.
      do throws(FTPError) {
        let file = try openTarget(identity, path, truncating: !appending && start == 0)
        let size = Int64(clamping: file.status.size)
        if start > size { throw Self.beyondEnd(restart, file.status.size) }
        let offset = appending ? size : start
        transfer?.start = UInt64(clamping: offset)
        try await withReservedRoom(file.descriptor.number, at: offset) { () async throws(FTPError) in
          if format.isStraight {
            try await receiveStraight(file.descriptor.number, at: offset, on: data)
          } else {
            try await receiveInPlace(file.descriptor.number, at: offset, as: format, on: data)
          }
        }
        do throws(SystemError) { try file.close() } catch { throw FTPError.file(error, naming: true) }
      } catch {
        data.reset()
        throw error
      }
      data.close()
      return isClaimed
        ? Reply(226, bytes: Array("Transfer complete; unique file name: ".utf8) + name)
        : Reply(226, "Transfer complete.")
    }
  }

  static func beyondEnd(_ offset: UInt64, _ size: UInt64) -> FTPError {
    .restart("REST \(offset) is beyond the end of the file, which has \(size) bytes.")
  }

  /// ABOR outside a transfer; within one it is seen while the transfer waits, which then ends with 426 before this reply.
  func abort(_ command: Command) throws(FTPError) -> Reply {
    discardDataPort()
    return Reply(226, "Abort successful.")
  }

  /// A decimal number that a file offset can hold: digits only, no sign.
  static func decimal(_ bytes: [UInt8]) -> UInt64? {
    guard !bytes.isEmpty, bytes.count <= 19 else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value &* 10 &+ UInt64(byte &- 0x30)
    }
    return value <= UInt64(Int64.max) ? value : nil
  }
}
