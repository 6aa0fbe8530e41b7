// Tests of digests that are computed while an upload comes.

import LinuxSystem
import TestSupport
import Testing
import TransportSecurity

@testable import FTPServer

@Suite struct RunningDigestTests {
  private func digest(_ algorithm: DigestAlgorithm, _ parts: String...) throws -> RunningDigest {
    let digest = try #require(RunningDigest(algorithm))
    for part in parts { Array(part.utf8).withUnsafeBytes { digest.received($0) } }
    return digest
  }

  @Test(arguments: DigestAlgorithm.allCases)
  func partsMakeTheDigestOfTheWhole(_ algorithm: DigestAlgorithm) throws {
    let parts = try digest(algorithm, "some ", "bytes")
    // Asked in between, it goes on.
    let first = parts.value(of: 10)
    #expect(first == (try digest(algorithm, "some bytes").value(of: 10)))
    Array(" more".utf8).withUnsafeBytes { parts.received($0) }
    #expect(parts.value(of: 15) == (try digest(algorithm, "some bytes more").value(of: 15)))
    #expect(parts.value(of: 15) != first)
    #expect(parts.count == 15)
  }

  @Test func theLastByteCanBeGivenUp() throws {
    let digest = try digest(.sha256, "some bytesX")
    #expect(digest.value(of: 10) == (try self.digest(.sha256, "some bytes").value(of: 10)))
    #expect(digest.value(of: 9) == nil)
    #expect(!digest.goOn(at: 9))
    #expect(digest.goOn(at: 11))
    #expect(digest.goOn(at: 10))
    #expect(digest.value(of: 10) == (try self.digest(.sha256, "some bytes").value(of: 10)))
    Array(" more".utf8).withUnsafeBytes { digest.received($0) }
    #expect(digest.value(of: 15) == (try self.digest(.sha256, "some bytes more").value(of: 15)))
  }

  @Test func onlyAnUnchangedFileGoesOn() throws {
    let directory = try TemporaryDirectory()
    try directory.write("f", "some bytes")
    let kept = RunningDigests()
    let status = try File.status(at: directory.path + "/f")
    kept.keep(try digest(.md5, "some bytes"), of: status)
    #expect(kept.take(of: status, .sha256) == nil)
    #expect(kept.take(of: status.resized(to: 4), .md5) == nil)
    #expect(kept.take(of: status, .md5)?.count == 10)
    #expect(kept.take(of: status, .md5) == nil)
  }
}
