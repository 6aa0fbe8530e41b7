// Whether a file here and one there are the same: by a digest of the server's, or else by reading it.

import FTPProtocol
import LinuxSystem

/// What a comparison came to.
public struct FileComparison: Sendable, Hashable {
  public let isEqual: Bool
  /// What it was proved by; nil: every byte was read.
  public let algorithm: DigestAlgorithm?
  /// The digest of the remote file.
  public let digest: [UInt8]?
}

extension ClientSession {
  /// Compares the contents of a local and a remote file.
  public func compare(
    _ name: [UInt8], in directory: LocalDirectory, with path: RemotePath
  ) async throws(ClientError) -> FileComparison {
    let file = try directory.openForReading(name)
    do throws(ClientError) {
      let remote = try await digest(path)
      let local = try LocalDigest.of(file.number, remote.algorithm, first: nil)
      return FileComparison(isEqual: local == remote.digest, algorithm: remote.algorithm, digest: remote.digest)
    } catch {
      guard error.code == .unsupported else { throw error }
    }
    let number = file.number
    let isEqual = try await read(path) { (bytes) throws(ClientError) -> Bool in
      var position: UInt64 = 0
      for try await piece in bytes {
        guard try LocalDigest.read(number, at: position, piece.count) == piece else { return false }
        position += UInt64(piece.count)
      }
      return try LocalDigest.read(number, at: position, 1).isEmpty
    }
    _ = file.number
    return FileComparison(isEqual: isEqual, algorithm: nil, digest: nil)
  }
}
