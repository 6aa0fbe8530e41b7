// Uploads through a codec: in place where every byte of the client's is a byte of a file, under a temporary name where not.

import FTPProtocol
import Jail
import LinuxSystem

extension Session {
  /// Receives into the target itself: TYPE A and E, whose conversion cannot fail, and MODE Z from REST's offset on.
  func receiveInPlace(
    _ file: Int32, at offset: Int64, as format: TransferFormat, on data: DataConnection
  ) async throws(FTPError) {
    let stream = try lendStream(.expanding, format)
    defer { giveBack(stream) }
    let decoder = WireDecoder(format, over: stream, from: RestartPoint(fileOffset: UInt64(clamping: offset)))
    try await receiveCoded(file, through: CodedInput(decoder, format, at: offset), on: data)
  }

  /// STOR, APPE and STOU where a part of a file is no file, or a conversion can fail: the target is touched when all has come.
  func uploadStaged(
    _ command: Command, to path: VirtualPath, as format: TransferFormat, appending: Bool, from restart: RestartPoint,
    isClaimed: Bool
  ) async {
    await perform(TransferProgress(verb: command.verb, direction: .upload, path: path, total: nil)) {
      () async throws(FTPError) in
      let identity = try requireWriteAccess()
      do throws(FTPError) {
        try requireRestart(restart, format)
        _ = try onFile(naming: true) { () throws(SystemError) in try identity.jail.requireWritableKind(path) }
        try requireRemainder(of: path, in: identity.jail, from: restart)
        let stream = try lendStream(.expanding, format)
        defer { giveBack(stream) }
        let name = path.lastComponent.map { Array($0) } ?? []
        let data = try await openDataConnection(
          isClaimed
            ? Reply(150, bytes: Array("FILE: ".utf8) + name)
            : Reply.opening(name: command.argument, byteCount: nil, type: format.type))
        transfer?.start = restart.fileOffset
        let input = CodedInput(
          WireDecoder(format, over: stream, from: restart), format, at: Int64(clamping: restart.fileOffset),
          answersMarkers: !appending)
        do throws(FTPError) {
          try await receive(input, for: path, in: identity.jail, appending: appending, on: data)
        } catch {
          data.reset()
          throw error
        }
        return endCoded(data, format, note: isClaimed ? Array(" Unique file name: ".utf8) + name : [])
      } catch {
        if isClaimed { try? identity.jail.removeFile(path) }
        throw error
      }
    }
  }

  /// Refuses a restart of what is not there, before the 150.
  private func requireRemainder(
    of path: VirtualPath, in jail: Jail, from restart: RestartPoint
  ) throws(FTPError) {
    if restart.fileOffset == 0 { return }
    guard let there = StagedUpload.remainder(of: path, in: jail) else {
      throw .restart("There is no broken upload of this file to go on with.")
    }
    if there < restart.fileOffset {
      throw .restart("What came of the broken upload has \(there) bytes and ends before the marker.")
    }
  }

  private func receive(
    _ input: CodedInput, for path: VirtualPath, in jail: Jail, appending: Bool, on data: DataConnection
  ) async throws(FTPError) {
    let staged = try onFile(naming: true) { () throws(SystemError) in
      try StagedUpload(path, in: jail, from: UInt64(clamping: input.position), mode: newFileMode)
    }
    do throws(FTPError) {
      try await withReservedRoom(staged.number, at: input.position) { () async throws(FTPError) in
        try await receiveCoded(staged.number, through: input, on: data)
      }
      if appending {
        let source = try onFile(naming: true) { () throws(SystemError) in try staged.reopen() }
        try append(source.descriptor.number, to: path, in: jail)
      } else {
        try onFile(naming: true) { () throws(SystemError) in try staged.publish() }
      }
    } catch {
      staged.abandon(keeping: input.marked)
      throw error
    }
  }

  /// Copies a whole file to the end of another; when that fails, the other is as it was.
  private func append(_ source: Int32, to path: VirtualPath, in jail: Jail) throws(FTPError) {
    let target = try onFile(naming: true) { () throws(SystemError) in
      try jail.openForWriting(path, truncating: false)
    }
    let end = Int64(clamping: target.status.size)
    transfer?.start = target.status.size
    let number = target.descriptor.number
    do throws(FTPError) {
      try context.buffers.with { (buffer) throws(FTPError) in
        var (done, unwatched) = (Int64(0), 0)
        while true {
          let from = done
          let read = try onFile(naming: true) { () throws(SystemError) -> Int in
            let read = try File.read(source, into: buffer, at: from)
            try File.write(number, UnsafeRawBufferPointer(rebasing: buffer[..<read]), at: end + from)
            return read
          }
          if read == 0 { return }
          done += Int64(read)
          try watchControl(after: read, &unwatched)
        }
      }
    } catch {
      try? File.truncate(number, to: end)
      throw error
    }
    do throws(SystemError) { try target.close() } catch { throw .file(error, naming: true) }
  }
}
