// The digest of an upload, computed while it comes: what is asked afterwards is answered without a second reading.

import FTPTransfer
import LinuxSystem
import Synchronization
import TransportSecurity

/// The digest of all bytes of a file up to a place, and of all but the last one: so much is told of what is kept of a broken upload, and
/// there the next one goes on.
///
/// It belongs to one upload at a time, and between two of them to ``RunningDigests``.
final class RunningDigest: ByteWitness, @unchecked Sendable {
  let algorithm: DigestAlgorithm
  private var digest: Digest
  /// Bytes that have come.
  private(set) var count: UInt64 = 0
  /// The last of them: it is not taken in before the next one comes.
  private var last: UInt8?
  private var isBroken = false

  /// nil when the library does not offer the algorithm.
  init?(_ algorithm: DigestAlgorithm) {
    guard let digest = try? Digest(algorithm) else { return nil }
    self.algorithm = algorithm
    self.digest = digest
  }

  func received(_ bytes: UnsafeRawBufferPointer) {
    guard let end = bytes.last else { return }
    if let last { isBroken = !Self.add(last, to: &digest) || isBroken }
    if (try? digest.update(UnsafeRawBufferPointer(rebasing: bytes.dropLast()))) == nil { isBroken = true }
    (last, count) = (end, count + UInt64(bytes.count))
  }

  private static func add(_ byte: UInt8, to digest: inout Digest) -> Bool {
    withUnsafeBytes(of: byte) { byte in (try? digest.update(byte)) != nil }
  }

  /// The digest of the first `bytes` bytes, which is ``count`` or one less; nil if it is neither or could not be computed.
  func value(of bytes: UInt64) -> [UInt8]? {
    guard !isBroken, bytes == count || (bytes + 1 == count && last != nil) else { return nil }
    guard var copy = try? digest.copy() else { return nil }
    if bytes == count, let last, !Self.add(last, to: &copy) { return nil }
    return try? copy.finish()
  }

  /// Whether the next byte goes to `place`; the last one is given up if that is where it was.
  func goOn(at place: UInt64) -> Bool {
    if place + 1 == count, last != nil { (last, count) = (nil, place) }
    return place == count
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
