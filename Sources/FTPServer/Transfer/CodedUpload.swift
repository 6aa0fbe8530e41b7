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
      let identity = try require(appending ? .append : .write, at: path)
      do throws(FTPError) {
        try requireRestart(restart, format)
        _ = try onFile(naming: true) { () throws(SystemError) in try identity.jail.requireWritableKind(path) }
        let stream = try lendStream(.expanding, format)
        defer { giveBack(stream) }
        let staged = try StagedUpload(path, in: identity.jail, from: restart.fileOffset, mode: newFileMode)
        let name = path.lastComponent.map { Array($0) } ?? []
        let data: DataConnection
        do throws(FTPError) {
          data = try await openDataConnection(
            isClaimed
              ? Reply(150, bytes: Array("FILE: ".utf8) + name)
              : Reply.opening(name: command.argument, byteCount: nil, type: format.type))
        } catch {
          staged.abandon(keeping: nil)
          throw error
        }
        transfer?.start = restart.fileOffset
        let input = CodedInput(
          WireDecoder(format, over: stream, from: restart), format, at: Int64(clamping: restart.fileOffset),
          answersMarkers: appending ? nil : staged)
        do throws(FTPError) {
          try await receive(input, to: staged, for: path, in: identity.jail, appending: appending, on: data)
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

  private func receive(
    _ input: CodedInput, to staged: StagedUpload, for path: VirtualPath, in jail: Jail, appending: Bool,
    on data: DataConnection
  ) async throws(FTPError) {
    do throws(FTPError) {
      try onFile(naming: true) { () throws(SystemError) in try staged.begin() }
      try await withReservedRoom(staged.number, at: input.position) { () async throws(FTPError) in
        try await receiveCoded(staged.number, through: input, on: data)
      }
      if appending {
        try append(staged.number, to: path, in: jail)
        staged.discard()
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
