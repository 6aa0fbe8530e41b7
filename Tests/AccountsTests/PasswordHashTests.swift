// PasswordHash: kinds told apart, damage found, weak kinds named, new hashes that verify.

import Testing

@testable import Accounts

@Suite struct PasswordHashTests {
  @Test func kinds() {
    let kinds = Sample.all.map { PasswordHash.kind(of: $0) }
    #expect(
      kinds == [
        .yescrypt, .gostYescrypt, .scrypt, .bcrypt, .bcrypt, .sha512crypt, .sha256crypt, .sha1crypt, .sunMD5, .md5crypt,
        .ntHash, .bsdicrypt, .descrypt,
      ])
    #expect(PasswordHash.kind(of: "secret") == nil)
  }

  @Test(arguments: Sample.all)
  func realHashesAreVerifiable(hash: String) {
    #expect(PasswordHash.problem(of: hash) == nil)
    #expect(PasswordHash.isVerifiable(hash))
  }

  @Test(arguments: Sample.all)
  func damageIsFound(hash: String) {
    #expect(!PasswordHash.isVerifiable(String(hash.dropLast())))
    #expect(!PasswordHash.isVerifiable(hash + "a"))
    #expect(!PasswordHash.isVerifiable(hash + " "))
    #expect(!PasswordHash.isVerifiable("!" + hash))
  }

  @Test func lockedHashes() {
    for hash in ["", "*", "!", "!!", "*0", "!\(Sample.sha512)"] { #expect(PasswordHash.isLocked(hash)) }
    #expect(!PasswordHash.isLocked(Sample.des))
  }

  @Test(arguments: [
    (Sample.des, "8 characters"), (Sample.bsdi, "bsdi-des"), (Sample.md5, "md5-crypt"), (Sample.sunMD5, "sun-md5"),
    (Sample.sha1, "sha1-crypt"), (Sample.ntHash, "nt-hash"), (Sample.bcrypt, "cost 4"),
    ("$6$rounds=1000$saltsalt$", "1000 rounds"),
  ])
  func weakKindsAreNamed(hash: String, expected: String) throws {
    let weakness = try #require(PasswordHash.weakness(of: hash))
    #expect(weakness.contains(expected))
  }

  @Test(arguments: [Sample.yescrypt, Sample.gostYescrypt, Sample.scrypt, Sample.sha512, Sample.sha256, "*", ""])
  func strongKindsAreNot(hash: String) { #expect(PasswordHash.weakness(of: hash) == nil) }

  @Test(arguments: [PasswordHash.Kind.yescrypt, .bcrypt, .sha512crypt, .md5crypt, .descrypt])
  func newHashes(kind: PasswordHash.Kind) async throws {
    let hash = try PasswordHash.make(Sample.password, kind: kind)
    #expect(PasswordHash.kind(of: hash) == kind)
    #expect(PasswordHash.isVerifiable(hash))
    #expect(Crypt.hash(Sample.password, setting: hash) == hash)
    #expect(try PasswordHash.make(Sample.password, kind: kind) != hash)  // another salt
  }

  @Test func theDefaultIsYescrypt() throws { #expect(try PasswordHash.make(bytes("x")).hasPrefix("$y$")) }

  @Test func unusablePasswords() {
    #expect(throws: PasswordHash.MakeError.empty) { try PasswordHash.make([]) }
    #expect(throws: PasswordHash.MakeError.tooLong(limit: 511)) {
      try PasswordHash.make([UInt8](repeating: 0x61, count: 512))
    }
    for byte: UInt8 in [0, 0x0A, 0x0D] {
      #expect(throws: PasswordHash.MakeError.unusableByte) { try PasswordHash.make([0x61, byte]) }
    }
  }
}
