// Tests that a remembered digest is of this very file, and that old ones go.

import Glibc
import Jail
import LinuxSystem
import TestSupport
import Testing
import TransportSecurity

@testable import FTPServer

@Suite struct DigestCacheTests {
  let directory: TemporaryDirectory
  let status: FileStatus

  init() throws {
    directory = try TemporaryDirectory()
    try directory.file("f", size: 100)
    let file = try File.open("\(directory.path)/f", flags: O_RDONLY)
    status = try File.status(file.number)
  }

  private func key(_ range: Range<UInt64>, _ algorithm: DigestAlgorithm = .md5) -> DigestCache.Key {
    DigestCache.Key(status, algorithm, range)
  }

  @Test func remembersByFileAlgorithmAndRange() {
    let cache = DigestCache()
    let later = status.changed + 10
    cache.remember([1], for: key(0..<100), now: later)
    cache.remember([2], for: key(0..<50), now: later)
    cache.remember([3], for: key(0..<100, .sha1), now: later)
    #expect(cache.digest(key(0..<100)) == [1])
    #expect(cache.digest(key(0..<50)) == [2])
    #expect(cache.digest(key(0..<100, .sha1)) == [3])
    #expect(cache.digest(key(1..<100)) == nil)
  }

  @Test func aFileThatHasJustChangedIsNotRemembered() {
    let cache = DigestCache()
    cache.remember([1], for: key(0..<100), now: status.changed + 1)
    cache.remember([1], for: key(0..<100), now: status.changed - 100)
    #expect(cache.count == 0)
  }

  @Test func anyChangeOfTheFileMakesAnotherKey() throws {
    let before = key(0..<100)
    let file = try File.open("\(directory.path)/f", flags: O_RDWR)
    // The modification time is set back to what it was; the time of the change cannot be.
    repeat {
      try File.truncate(file.number, to: 100)
      try File.setModificationTime(
        file.number, seconds: status.modified, nanoseconds: status.modifiedNanoseconds)
    } while try File.status(file.number).changedNanoseconds == status.changedNanoseconds
    let now = try File.status(file.number)
    #expect(now.modified == status.modified && now.modifiedNanoseconds == status.modifiedNanoseconds)
    #expect(DigestCache.Key(now, .md5, 0..<100) != before)
  }

  @Test func theOldestGoesWhenItIsFull() {
    let cache = DigestCache(limit: 3)
    for end in UInt64(1)...5 { cache.remember([UInt8(end)], for: key(0..<end), now: status.changed + 10) }
    #expect(cache.count == 3)
    #expect(cache.digest(key(0..<1)) == nil)
    #expect(cache.digest(key(0..<2)) == nil)
    for end in UInt64(3)...5 { #expect(cache.digest(key(0..<end)) == [UInt8(end)]) }
  }
}
