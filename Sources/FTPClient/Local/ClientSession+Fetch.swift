// A whole file from the server into a directory: resumed with proof, whole before it has its name, with the time of the source.

import FTPProtocol
import FTPTransfer
import Glibc
import LinuxSystem
import TransportSecurity

/// How a file is fetched or sent as a whole.
public struct WholeFileOptions: Sendable, Hashable {
  /// Goes on with what an earlier try has left, if that is proved to be the beginning of the same file.
  public var resumes = true
  /// The copy gets the time of its source.
  public var keepsTimes = true
  /// Takes the place of a file that is there; of uploads not looked at.
  public var replaces = true
  /// Compares digests of the whole in the end. An error where the server computes none.
  public var verifies = false

  public init() {}
}

/// What fetching or sending a whole file came to.
public struct WholeFileReport: Sendable {
  /// The transfer; nil when there was nothing left to transfer.
  public let transfer: TransferReport?
  /// Bytes that an earlier try had already moved.
  public let resumedAt: UInt64
  /// Bytes of the file.
  public let size: UInt64
  /// Bytes that were moved now.
  public var moved: UInt64 { transfer?.bytes ?? pipelined }
  /// Bytes that were moved in a pipeline of small files, whose transfers have no reports of their own.
  let pipelined: UInt64

  init(transfer: TransferReport?, resumedAt: UInt64, size: UInt64, pipelined: UInt64 = 0) {
    self.transfer = transfer
    self.resumedAt = resumedAt
    self.size = size
    self.pipelined = pipelined
  }
}

extension ClientSession {
  /// So many bytes at the end of a part are compared where the server computes no digests.
  static let overlap: UInt64 = 65536

  /// Fetches a file into `directory` as `name`.
  ///
  /// It comes into a file of another name, which gets `name` when it is whole. What has come of it stays when something breaks, and is
  /// gone on with by the next call: if the server's digest of that much is equal, or else, for an unchanged source, if its last 64 KiB
  /// are. What is not proved is fetched again.
  ///
  /// - Parameters:
  ///   - entry: what a listing told of the file; nil: the server is asked.
  ///   - meter: counts what comes now; readable from any thread.
  @discardableResult
  public func fetch(
    _ path: RemotePath, to name: [UInt8], in directory: LocalDirectory,
    _ options: WholeFileOptions = WholeFileOptions(),
    entry: ListedEntry? = nil, meter: TransferMeter = TransferMeter()
  ) async throws(ClientError) -> WholeFileReport {
    let source: ListedEntry
    if let entry { source = entry } else { source = try await facts(path) }
    if source.kind == .directory { throw ClientError(.usage, "\(path) is a directory") }
    // What several connections have left, or what differs somewhere in the midst, is gone on with piece by piece.
    let pieces = SegmentedTransfer(
      self, pool: nil, SegmentOptions(.count(1)), progress: SegmentProgress(first: meter))
    let isInPieces = try ControlFile.read(for: name, in: directory) != nil
    if options.resumes, isInPieces, source.size != nil, format.isStraight, fetchesParts {
      return try await pieces.fetch(path, to: name, in: directory, options, entry: source)
    }
    if isInPieces { try ControlFile.remove(for: name, in: directory) }
    var part = try PartFile(of: name, in: directory)
    let start = options.resumes ? try await provenBytes(part, path, source) : 0
    if options.resumes, start == 0, part.size >= 2 << 20, features.sendsRanges, !features.hashAlgorithms.isEmpty,
      source.size != nil, format.isStraight
    {
      _ = consume part
      return try await pieces.fetch(path, to: name, in: directory, options, entry: source)
    }
    try part.cut(to: start)
    part.remember(source)
    let transfer: TransferReport?
    if start > 0, start == source.size {
      transfer = nil
    } else {
      transfer = try await download(
        path, into: part.file.number, from: start, expecting: source.size.map { $0 - min($0, start) }, meter: meter)
    }
    let size = start + (transfer?.bytes ?? 0)
    if options.verifies { try await verify(part.file.number, path, nil) }
    try part.commit(as: name, modified: options.keepsTimes ? source.modified : nil, replacing: options.replaces)
    return WholeFileReport(transfer: transfer, resumedAt: start, size: size)
  }

  /// How much of a part is proved to be the beginning of the remote file.
  func provenBytes(
    _ part: borrowing PartFile, _ path: RemotePath, _ source: ListedEntry
  ) async throws(ClientError) -> UInt64 {
    let have = part.size
    guard have > 0, let size = source.size, have <= size, format.isStraight else { return 0 }
    do throws(ClientError) {
      return try await isEqual(part.file.number, path, first: have) ? have : 0
    } catch {
      guard error.code == .unsupported || error.code == .refused else { throw error }
    }
    guard part.isOf(source) else { return 0 }
    // One byte less than all: a file that ends here is asked for in vain.
    let end = min(have, size > 0 ? size - 1 : 0)
    let from = end - min(end, ClientSession.overlap)
    return try await isTailEqual(part.file.number, path, from..<end) ? have : 0
  }

  /// Whether the first bytes of a local and a remote file have the same digest.
  ///
  /// - Parameter first: nil: all of both.
  func isEqual(_ file: Int32, _ path: RemotePath, first: UInt64?) async throws(ClientError) -> Bool {
    let remote = try await digest(path, prefix: first)
    return try LocalDigest.of(file, remote.algorithm, first: first) == remote.digest
  }

  /// Whether a range of a local and a remote file is equal, by reading it.
  func isTailEqual(_ file: Int32, _ path: RemotePath, _ range: Range<UInt64>) async throws(ClientError) -> Bool {
    if range.isEmpty { return true }
    let count = range.count
    let mine = try LocalDigest.read(file, at: range.lowerBound, count)
    let theirs = try await read(path, from: range.lowerBound) { (bytes) throws(ClientError) -> [UInt8] in
      var all: [UInt8] = []
      for try await piece in bytes {
        all += piece
        if all.count >= count { break }
      }
      return all
    }
    return mine.count == count && theirs.prefix(count).elementsEqual(mine)
  }

  /// - Throws: ``ClientError/Code/incomplete`` when the two differ.
  func verify(_ file: Int32, _ path: RemotePath, _ size: UInt64?) async throws(ClientError) {
    guard try await isEqual(file, path, first: size) else {
      throw ClientError(.incomplete, "the copy of \(path) differs from its source: their digests are not the same")
    }
  }
}

/// Digests and pieces of local files.
enum LocalDigest {
  static func of(_ file: Int32, _ algorithm: DigestAlgorithm, first: UInt64?) throws(ClientError) -> [UInt8] {
    try of(file, algorithm, 0..<(first ?? .max))
  }

  /// - Parameter range: as far as the file has it.
  static func of(_ file: Int32, _ algorithm: DigestAlgorithm, _ range: Range<UInt64>) throws(ClientError) -> [UInt8] {
    do {
      var digest = try Digest(algorithm)
      var position = range.lowerBound
      let end = range.upperBound
      var buffer = [UInt8](repeating: 0, count: 1 << 18)
      while position < end {
        let count = try buffer.withUnsafeMutableBytes { raw in
          let wanted = Int(min(UInt64(raw.count), end - position))
          let part = UnsafeMutableRawBufferPointer(rebasing: raw[..<wanted])
          let count = try File.read(file, into: part, at: Int64(clamping: position))
          try digest.update(UnsafeRawBufferPointer(rebasing: part[..<count]))
          return count
        }
        if count == 0 { break }
        position += UInt64(count)
      }
      return try digest.finish()
    } catch {
      throw ClientError(.localFile, "the digest of the local file could not be made: \(error)", cause: error)
    }
  }

  static func read(_ file: Int32, at offset: UInt64, _ count: Int) throws(ClientError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    do {
      while filled < count {
        let from = filled
        let read = try bytes.withUnsafeMutableBytes { raw in
          try File.read(
            file, into: UnsafeMutableRawBufferPointer(rebasing: raw[from...]), at: Int64(clamping: offset) + Int64(from)
          )
        }
        if read == 0 { break }
        filled += read
      }
    } catch {
      throw ClientError(.localFile, "the local file could not be read: \(error)", cause: error)
    }
    return Array(bytes[..<filled])
  }
}
