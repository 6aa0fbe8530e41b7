// Which uploads have their digest computed while they come, and what is remembered of it.

import FTPProtocol
import LinuxSystem
import TransportSecurity
import UploadStore

extension Session {
  /// The digest of what the file will be, if the client will want it: it costs nothing to be asked for a digest later, but a copy and its
  /// computation now.
  func runningDigest(of target: any UploadTarget, _ format: TransferFormat) -> RunningDigest? {
    guard format.isStraight, target is StagedUpload, target.start == target.place else { return nil }
    let algorithm: DigestAlgorithm
    if let expected = transfer?.expected {
      algorithm = expected.algorithm
    } else if let state = parameters.fileState, state.wantsDigests {
      algorithm = state.algorithm
    } else {
      return nil
    }
    if target.start == 0 { return RunningDigest(algorithm) }
    guard let status = try? File.status(target.number), let kept = context.runningDigests.take(of: status, algorithm),
      kept.goOn(at: UInt64(clamping: target.start))
    else { return nil }
    return kept
  }

  /// Remembers the digest of what the upload has left: the file, or what is kept to go on with.
  func recordDigest(of target: any UploadTarget) {
    guard let digest = transfer?.digest, let status = try? File.status(target.number), status.links > 0,
      status.size == digest.count
    else { return }
    // Of what is kept, all but the last byte is told.
    for told in [status, status.resized(to: max(status.size, 1) - 1)] {
      guard let value = digest.value(of: told.size) else { continue }
      context.digestCache.record(value, for: DigestCache.Key(told, digest.algorithm, 0..<told.size))
    }
    context.runningDigests.keep(digest, of: status)
  }
}
