// RETR, STOR and APPE of the octets that RANG chose (draft-bryan-ftp-range, section 4.3).

import FTPProtocol
import Glibc
import LinuxSystem

extension Session {
  /// RETR of a range: what of it the file has, which may be nothing.
  func retrieveRange(_ command: Command, _ path: VirtualPath, _ range: ClosedRange<UInt64>) async throws(FTPError) {
    let identity = try require(.read, at: path)
    await perform(TransferProgress(verb: command.verb, direction: .download, path: path, total: nil)) {
      () async throws(FTPError) in
      try requireRangeParameters()
      let file = try onFile { () throws(SystemError) in try identity.jail.openForReading(path) }
      let size = Int64(clamping: file.status.size)
      let start = min(Int64(clamping: range.lowerBound), size)
      let end = max(start, min(Int64(clamping: range.upperBound &+ 1), size))
      let count = UInt64(end - start)
      transfer = TransferProgress(verb: command.verb, direction: .download, path: path, total: count)
      let data = try await openDataConnection(
        Reply.opening(name: command.argument, byteCount: count, type: parameters.type))
      do throws(FTPError) {
        try await sendStraight(file.descriptor.number, start..<end, on: data)
      } catch {
        data.reset()
        throw error
      }
      data.discardInput()
      data.finish()
      return Reply(226, "Transfer complete: \(count) bytes of the range.")
    }
  }

  /// STOR or APPE of a range: exactly its octets are written, nothing before, behind or cut off.
  func storeRange(_ command: Command, _ path: VirtualPath, _ range: ClosedRange<UInt64>) async throws(FTPError) {
    await perform(TransferProgress(verb: command.verb, direction: .upload, path: path, total: nil)) {
      () async throws(FTPError) in
      let identity = try require([.write, .overwrite], at: path)
      try requireRangeParameters()
      let present = try onFile(naming: true) { () throws(SystemError) in try identity.jail.requireWritableKind(path) }
      // The draft wants no holes: what comes has to touch what is there.
      guard range.lowerBound <= present, let start = Int64(exactly: range.lowerBound),
        let last = Int64(exactly: range.upperBound), last < Int64.max
      else {
        throw .restart("RANG \(range.lowerBound) is beyond the end of the file, which has \(present) bytes.")
      }
      transfer?.total = range.upperBound - range.lowerBound &+ 1
      transfer?.start = range.lowerBound
      let data = try await openDataConnection(
        Reply.opening(name: command.argument, byteCount: nil, type: parameters.type))
      do throws(FTPError) {
        let file = try openTarget(identity, path, truncating: false)
        if file.status.size < range.lowerBound { throw .restart("The file became shorter meanwhile.") }
        try await receiveBounded(file.descriptor.number, start..<(last + 1), on: data)
        do throws(SystemError) { try file.close() } catch { throw FTPError.file(error, naming: true) }
      } catch {
        data.reset()
        throw error
      }
      data.close()
      return Reply(226, "Transfer complete.")
    }
  }

  private func requireRangeParameters() throws(FTPError) {
    if parameters.type != .image { throw .unsuitable("RANG works in TYPE I only: send TYPE I first.") }
    if !format.isStraight { throw .unsuitable("RANG works in STRU F and MODE S only.") }
  }

  /// Receives exactly the octets of `range`.
  private func receiveBounded(_ file: Int32, _ range: Range<Int64>, on data: DataConnection) async throws(FTPError) {
    var position = range.lowerBound
    var unwatched = 0
    while true {
      let isAtEnd = try context.buffers.with { (buffer) throws(FTPError) -> Bool in
        while true {
          let progress: Progress
          do throws(SystemError) { progress = try data.receive(into: buffer) } catch {
            throw .broken(.dataConnectionLost(error))
          }
          switch progress {
          case .wouldBlock: return false
          case .moved(0): return true
          case .moved(let moved):
            let from = position
            guard Int64(moved) <= range.upperBound - from else {
              throw .noRoom("More came than the range holds; nothing beyond it was written.")
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<moved])
            try onFile(naming: true) { () throws(SystemError) in try File.write(file, bytes, at: from) }
            position += Int64(moved)
            count(moved)
            try watchControl(after: moved, &unwatched)
          }
        }
      }
      if isAtEnd { break }
      try await waitForData(data.number, .readable)
    }
    if position < range.upperBound {
      throw .broken(.rangeUnfinished(missing: range.upperBound - position))
    }
  }
}
