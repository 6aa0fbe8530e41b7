// What came of a broken upload, as clients that resume see it: SIZE and its kin tell of it where there is no file of that name.

import Accounts
import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import TransportSecurity
import UploadStore

extension Session {
  /// The status of the file of that name, or of what came of an upload of it.
  func statusOrPartial(
    _ path: VirtualPath, in jail: Jail, followingLink: Bool = true
  ) throws(SystemError) -> (status: FileStatus, isPartial: Bool) {
    do throws(SystemError) {
      return (try jail.status(of: path, followingLink: followingLink), false)
    } catch {
      guard error.code == ENOENT, let status = partial(path, in: jail)?.status else { throw error }
      return (status, true)
    }
  }

  /// What came of a broken upload of the file; nil if nothing is kept.
  func partial(_ path: VirtualPath, in jail: Jail) -> Partial? { Partial(of: path, in: jail, among: context.segments) }

  /// Removes what came of a broken upload where there is no file of that name.
  func deletePartial(_ path: VirtualPath, in jail: Jail, instead error: SystemError) throws(SystemError) {
    guard error.code == ENOENT, let name = path.lastComponent.flatMap({ PartialName.of($0) }) else { throw error }
    do throws(SystemError) { try jail.removePartial(name, beside: path) } catch let other {
      guard other.code == ENOENT else { throw other }
      throw error
    }
  }

  /// Whether uploads to `path` take their names only when they are whole.
  func storesAtomically(_ path: VirtualPath) -> Bool {
    if let own = identity?.uploadMode { return own == .atomic }
    if configuration.uploads.mode == .direct { return false }
    return !configuration.uploads.directIn.contains { text in
      guard let directory = try? VirtualPath(Array(text.utf8)) else { return false }
      return path.isWithin(directory)
    }
  }

  /// Counts what is kept of an upload that has just ended, and has the oldest go when it is too much.
  func notePartial(of path: VirtualPath) {
    if let later = (transfer?.upload as? StagedUpload)?.later {
      // If the line is full, it is not on the disk: then a power cut costs it.
      _ = context.filePool.submit(for: workOwner, concurrency: Self.fileWorkers) { _ in later() }
    }
    guard let identity, partial(path, in: identity.jail) != nil else { return }
    context.meter?.partialKept()
    let (account, jail) = (identity.account, identity.jail)
    let user = PartialLedger.User(host: virtualHost?.name, name: account.name, home: account.home)
    let surplus = context.ledger.note(path, of: user, limit: configuration.uploads.partialLimit) {
      partial($0, in: jail) != nil
    }
    for old in surplus {
      guard let name = old.lastComponent.flatMap({ PartialName.of($0) }),
        (try? jail.removePartial(name, beside: old)) != nil
      else { continue }
      context.meter?.partialsRemoved(1)
      tell(.info, "removed what was kept of a broken upload: uploads.partials is reached", record(path: old.bytes))
    }
  }

  // MARK: SITE

  /// SITE PARTIAL pathname: how much of a broken upload is kept, also where there is a file of that name. Of an upload in segments, all
  /// that is there is told, first and last octet of each piece.
  func sitePartial(_ argument: [UInt8]) throws(FTPError) -> Reply {
    let (identity, path) = try require(.write, resolving: argument)
    guard let partial = partial(path, in: identity.jail) else {
      throw .forbidden("There is no interrupted upload of this file to resume.")
    }
    guard let total = partial.total else { return Reply(213, "\(partial.prefix)") }
    let pieces = partial.done.intervals.map { Array(" \($0.lowerBound)-\($0.upperBound - 1)".utf8) }
    return Reply(213, opening: "Octets that are there, of \(total):", lines: pieces, closing: "\(partial.prefix)")
  }

  /// SITE EXPECT algorithm digest: the next upload is stored only if it has this digest.
  func siteExpect(_ argument: [UInt8]) throws(FTPError) -> Reply {
    _ = try requireSomewhere(.write)
    let words = argument.split(separator: 0x20, omittingEmptySubsequences: true)
    guard words.count == 2, let algorithm = DigestAlgorithm(named: Array(words[0])),
      let value = Self.bytes(hexadecimal: words[1]), value.count == algorithm.length
    else {
      throw .syntax("Usage: SITE EXPECT <algorithm> <digest in hexadecimal>; FEAT lists the algorithms after HASH.")
    }
    fileState.expected = ExpectedDigest(algorithm: algorithm, value: value)
    return Reply(200, "The next upload must have this digest.")
  }

  private static func bytes(hexadecimal text: ArraySlice<UInt8>) -> [UInt8]? {
    let digits = text.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == text.count, digits.count % 2 == 0 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
  }
}
