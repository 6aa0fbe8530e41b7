// HASH, OPTS HASH (draft-bryan-ftpext-hash), and the older XCRC, XMD5, XSHA, XSHA1, XSHA256, XSHA512.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import TransportSecurity
import UploadStore

extension Session {
  // MARK: HASH

  /// HASH pathname: `213 SHA-256 0-49 <hex> pathname`, the octets of RANG or all.
  func hash(_ command: Command) async throws(FTPError) -> Reply {
    let selected = takeRange()
    let algorithm = parameters.fileState?.algorithm ?? .sha256
    let path = try resolve(command.argument)
    let file = try openForDigest(path)
    fileState.wantsDigests = true
    let size = file.status.size
    var range: Range<UInt64> = 0..<size
    if let selected {
      guard selected.lowerBound < size || (size == 0 && selected.lowerBound == 0) else {
        throw .restart("RANG \(selected.lowerBound) is beyond the end of the file, which has \(size) bytes.")
      }
      range = selected.lowerBound..<min(selected.upperBound &+ 1, size)
    }
    let limit = configuration.digests.sizeLimit
    if limit > 0, range.upperBound - range.lowerBound > limit {
      throw .policy("HASH reads at most \(limit) bytes: choose a part of the file with RANG.")
    }
    let digest = try await self.digest(command, path, file, range, algorithm)
    // The last octet stands in the reply, not the one after it; an empty file has none, and says 0-0.
    let last = range.isEmpty ? range.lowerBound : range.upperBound - 1
    let text = "\(algorithm.name) \(range.lowerBound)-\(last) \(Self.hexadecimal(digest)) "
    return Reply(213, bytes: Array(text.utf8) + command.argument)
  }

  /// OPTS HASH [algorithm]
  func digestOptions(_ argument: [UInt8]) throws(FTPError) -> Reply {
    if !argument.isEmpty {
      guard let algorithm = DigestAlgorithm(named: argument) else {
        throw .syntax("Unknown algorithm; still selected: \(Self.algorithmNames).")
      }
      fileState.algorithm = algorithm
      fileState.wantsDigests = true
    }
    return Reply(200, parameters.fileState?.algorithm.name ?? DigestAlgorithm.sha256.name)
  }

  /// The FEAT line of HASH: a `*` after the algorithm in force.
  var digestFeature: [UInt8] {
    let selected = parameters.fileState?.algorithm ?? .sha256
    let names = DigestAlgorithm.allCases.map { $0 == selected ? "\($0.name)*" : $0.name }
    return Array("HASH \(names.joined(separator: ";"))".utf8)
  }

  private static var algorithmNames: String { DigestAlgorithm.allCases.map(\.name).joined(separator: ", ") }

  // MARK: the older commands

  /// XCRC "pathname" [start end]: `250 <HEX>`, of the octets from `start` up to but not including `end`.
  func legacyDigest(_ command: Command, _ algorithm: DigestAlgorithm) async throws(FTPError) -> Reply {
    guard let request = DigestArguments.parse(command.argument) else {
      throw .syntax("Usage: \(command.verb) \"pathname\" [start end]")
    }
    var (path, numbers) = (try resolve(request.pathname), request.range)
    // Without quotes, numbers at the end may belong to the name: a file called so is meant first.
    if let whole = request.wholeArgument, let literal = try? resolve(whole), isThere(literal) {
      (path, numbers) = (literal, nil)
    }
    let file = try openForDigest(path)
    let range = numbers ?? 0..<file.status.size
    guard range.upperBound <= file.status.size else {
      throw .forbidden("The range ends beyond the file, which has \(file.status.size) bytes.")
    }
    let limit = configuration.digests.sizeLimit
    if limit > 0, range.upperBound - range.lowerBound > limit {
      throw .forbidden("\(command.verb) reads at most \(limit) bytes.")
    }
    let digest = try await self.digest(command, path, file, range, algorithm)
    return Reply(250, Self.hexadecimal(digest).uppercased())
  }

  private func isThere(_ path: VirtualPath) -> Bool { (try? requireIdentity().jail.status(of: path)) != nil }

  // MARK: what they share

  /// Opens a file as RETR does: a digest tells of its contents, so whoever may not read it gets none.
  private func openForDigest(_ path: VirtualPath) throws(FTPError) -> (file: SharedFile, status: FileStatus) {
    let identity = try require(.read, at: path)
    do throws(SystemError) {
      let (file, status) = try openForReadingOrPartial(path, in: identity.jail)
      return (file, status)
    } catch {
      switch error.code {
      case EISDIR: throw .wrongKind("It is a directory: only files have a digest.")
      case ENXIO: throw .policy("Not a regular file.")
      default: throw .file(error, naming: false)
      }
    }
  }

  /// A client that resumes compares what has come of its upload with what it has.
  private func openForReadingOrPartial(
    _ path: VirtualPath, in jail: Jail
  ) throws(SystemError) -> (SharedFile, FileStatus) {
    do throws(SystemError) {
      let file = try jail.openForReading(path)
      let status = file.status
      return (SharedFile(file.takeDescriptor()), status)
    } catch {
      guard error.code == ENOENT, let partial = partial(path, in: jail), let place = PartialName.path(of: path),
        let file = try? jail.openForReading(place)
      else { throw error }
      // As many bytes as SIZE tells.
      return (SharedFile(file.takeDescriptor()), partial.status)
    }
  }

  private func digest(
    _ command: Command, _ path: VirtualPath, _ opened: (file: SharedFile, status: FileStatus), _ range: Range<UInt64>,
    _ algorithm: DigestAlgorithm
  ) async throws(FTPError) -> [UInt8] {
    let key = DigestCache.Key(opened.status, algorithm, range)
    if let known = context.digestCache.digest(key) { return known }
    guard let first = Int64(exactly: range.lowerBound), let end = Int64(exactly: range.upperBound) else {
      throw .restart("The range is larger than any file can be.")
    }
    let work = FileDigest(file: opened.file, range: first..<end, algorithm: algorithm)
    let digest = try await offload(
      command, path, to: context.digestPool, concurrency: configuration.digests.concurrency,
      total: range.upperBound - range.lowerBound
    ) { (progress) throws(FTPError) in try work.compute(progress) }
    // Only what was still the same at the end is the digest of one state of the file.
    let now = try onFile { () throws(SystemError) in try File.status(opened.file.number) }
    if DigestCache.Key(now, algorithm, range) == key { context.digestCache.remember(digest, for: key) }
    return digest
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
