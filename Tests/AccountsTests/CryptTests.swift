// Crypt: what is handed to crypt(3), and what never is.

import Testing

@testable import Accounts

@Suite struct CryptTests {
  @Test(arguments: Sample.all)
  func hashesAgreeWithTheirPassword(hash: String) {
    #expect(Crypt.hash(Sample.password, setting: hash) == hash)
    #expect(Crypt.hash(bytes("wrong"), setting: hash) != hash)
  }

  @Test func aPasswordDoesNotEndAtANUL() {
    #expect(Crypt.hash(Sample.password + [0], setting: Sample.md5) == nil)
    #expect(Crypt.hash(Sample.password + [0, 0x61], setting: Sample.md5) == nil)
  }

  @Test func limits() {
    #expect(Crypt.hash([UInt8](repeating: 0x61, count: 511), setting: Sample.md5) != nil)
    #expect(Crypt.hash([UInt8](repeating: 0x61, count: 1 << 20), setting: Sample.md5) == nil)
    #expect(Crypt.hash(bytes("a"), setting: "$nonsense$") == nil)
  }

  @Test func settings() throws {
    let setting = try #require(Crypt.makeSetting(prefix: "$y$"))
    #expect(setting.hasPrefix("$y$"))
    #expect(Crypt.makeSetting(prefix: "$y$") != setting)
    #expect(Crypt.makeSetting(prefix: "$nonsense$") == nil)
    #expect(Crypt.knows(Sample.yescrypt))
    #expect(!Crypt.knows("$argon2id$v=19$m=1"))
  }
}
