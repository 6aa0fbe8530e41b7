// The digest of an upload, computed while it comes: what is asked afterwards is answered without a second reading.

import FTPTransfer
import LinuxSystem
import Synchronization
import TransportSecurity

/// The digest of all bytes of a file up to a place.
///
/// It belongs to one upload at a time, and between two of them to ``RunningDigests``.
final class RunningDigest: ByteWitness, @unchecked Sendable {
  let algorithm: DigestAlgorithm
  private var digest: Digest
  /// Bytes taken in.
  private(set) var count: UInt64 = 0
  private var isBroken = false

  /// nil when the library does not offer the algorithm.
  init?(_ algorithm: DigestAlgorithm) {
    guard let digest = try? Digest(algorithm) else { return nil }
    self.algorithm = algorithm
    self.digest = digest
  }

  func received(_ bytes: UnsafeRawBufferPointer) {
    if (try? digest.update(bytes)) == nil { isBroken = true }
    count += UInt64(bytes.count)
  }

  /// The digest of the first ``count`` bytes; nil if it could not be computed.
  func value() -> [UInt8]? {
    if isBroken { return nil }
    do throws(OpenSSLError) { return try digest.copy().finish() } catch { return nil }
  }
}

/// The digests of what is kept of broken uploads, so that the next upload goes on with them. When there are too many, the oldest goes.
final class RunningDigests: Sendable {
  private struct Key: Hashable {
    let device: UInt64
    let inode: UInt64
    let size: UInt64
    let modified: FileTime

    init(_ status: FileStatus) {
      (device, inode, size) = (status.device, status.inode, status.size)
      modified = FileTime(seconds: status.modified, nanoseconds: status.modifiedNanoseconds)
    }
  }

  private static let limit = 256
  private let kept = Mutex<[(key: Key, digest: RunningDigest)]>([])

  /// Keeps the digest of a whole partial, as it is now.
  func keep(_ digest: RunningDigest, of status: FileStatus) {
    kept.withLock { kept in
      let key = Key(status)
      kept.removeAll { $0.key.device == key.device && $0.key.inode == key.inode }
      kept.append((key, digest))
      if kept.count > Self.limit { kept.removeFirst() }
    }
  }

  /// Gives up the digest of the partial with this status, if it has not been changed since.
  func take(of status: FileStatus, _ algorithm: DigestAlgorithm) -> RunningDigest? {
    kept.withLock { kept in
      let key = Key(status)
      guard let index = kept.firstIndex(where: { $0.key == key && $0.digest.algorithm == algorithm }) else {
        return nil
      }
      return kept.remove(at: index).digest
    }
  }
}
