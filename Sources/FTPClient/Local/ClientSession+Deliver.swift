// A whole file of a directory to the server: resumed with proof, and with the time of the source.

import FTPProtocol
import FTPTransfer
import Glibc
import LinuxSystem

extension ClientSession {
  /// Sends the file `name` of `directory`.
  ///
  /// What the server has of it is gone on with if it is proved to be its beginning: by the server's digest of that much, or else by its
  /// last 64 KiB. Then the file gets the time of its source (MFMT), if the server can do that.
  ///
  /// - Parameter meter: counts what is sent now; readable from any thread.
  /// - Throws: ``ClientError/Code/localFile`` also when the file was changed while it was sent.
  @discardableResult
  public func deliver(
    _ name: [UInt8], in directory: LocalDirectory, to path: RemotePath,
    _ options: WholeFileOptions = WholeFileOptions(), meter: TransferMeter = TransferMeter()
  ) async throws(ClientError) -> WholeFileReport {
    let file = try directory.openForReading(name)
    let shown = directory.path(of: name)
    let before = try ClientSession.status(file.number, shown)
    guard before.isRegular else { throw ClientError(.localFile, "\(shown) is not a regular file") }
    let start = options.resumes ? try await provenBytes(file.number, before.size, path) : 0
    var transfer: TransferReport?
    var isWanted = start == 0 || start < before.size
    if !isWanted { isWanted = try await isKeptOnly(path) }
    if isWanted {
      transfer = try await upload(file.number, to: path, start > 0 ? .resume(at: start) : .replace, meter: meter)
    }
    try ClientSession.requireUnchanged(file.number, since: before, shown)
    if options.verifies { try await verify(file.number, path, nil) }
    if options.keepsTimes { try await keepTime(path, before.modified) }
    return WholeFileReport(transfer: transfer, resumedAt: start, size: before.size)
  }

  /// Whether the server has all bytes of an upload that was broken off at its very end, and has not given it its name: weftpd keeps such.
  private func isKeptOnly(_ path: RemotePath) async throws(ClientError) -> Bool {
    guard features.contains("MLST") else { return false }
    return try await machineFacts(path).otherFacts.contains { $0.name == "x.partial" && $0.value == [0x31] }
  }

  static func requireUnchanged(_ file: Int32, since before: FileStatus, _ shown: String) throws(ClientError) {
    let after = try status(file, shown)
    guard after.size == before.size, after.modified == before.modified,
      after.modifiedNanoseconds == before.modifiedNanoseconds
    else { throw ClientError(.localFile, "\(shown) was changed while it was sent") }
  }

  /// Gives a file that was sent the time of its source, if the server can do that.
  func keepTime(_ path: RemotePath, _ seconds: Int64) async throws(ClientError) {
    guard features.contains("MFMT") else { return }
    // A server that refuses has the file all the same.
    do throws(ClientError) { try await setModificationTime(path, seconds) } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
      trace(.note("the time of \(path) was not set: \(error.message)"))
    }
  }

  static func status(_ file: Int32, _ shown: String) throws(ClientError) -> FileStatus {
    do throws(SystemError) { return try File.status(file) } catch { throw .file(error, shown) }
  }

  /// How much of the remote file is proved to be the beginning of the local one.
  private func provenBytes(_ file: Int32, _ size: UInt64, _ path: RemotePath) async throws(ClientError) -> UInt64 {
    guard format.isStraight, features.restartsStreams else { return 0 }
    let have: UInt64
    do throws(ClientError) { have = try await self.size(path) } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
      return 0
    }
    guard have > 0, have <= size else { return 0 }
    do throws(ClientError) { return try await isEqual(file, path, first: have) ? have : 0 } catch {
      guard error.code == .unsupported || error.code == .refused else { throw error }
    }
    let from = have - min(have, ClientSession.overlap)
    do throws(ClientError) { return try await isTailEqual(file, path, from..<have) ? have : 0 } catch {
      // An upload that nobody may read yet.
      guard error.code == .refused else { throw error }
      return 0
    }
  }
}
