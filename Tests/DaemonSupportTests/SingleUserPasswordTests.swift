// Tests where the password of the one user comes from.

import DaemonSettings
import TestSupport
import Testing

@testable import DaemonSupport

@Suite struct SingleUserPasswordTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func givenPasswords() throws {
    let direct = try SingleUserPassword(environment: ["WEFTPD_PASSWORD": "pä:ß"])
    #expect(direct.bytes == Array("pä:ß".utf8))
    #expect(!direct.isGenerated)
    let file = try directory.write("password", "from file\r\nsecond line\n")
    #expect(try SingleUserPassword(environment: ["WEFTPD_PASSWORD_FILE": file]).bytes == Array("from file".utf8))
  }

  @Test func passwordsThatAreRefused() throws {
    let empty = try directory.write("password", "\nx")
    for environment in [
      ["WEFTPD_PASSWORD": ""], ["WEFTPD_PASSWORD": "secret", "WEFTPD_PASSWORD_FILE": "/x"],
      ["WEFTPD_PASSWORD_FILE": "/no/such/file"], ["WEFTPD_PASSWORD_FILE": empty],
    ] {
      #expect {
        try SingleUserPassword(environment: environment)
      } throws: {
        $0 is SettingsError && !"\($0)".contains("secret")
      }
    }
  }

  @Test func generatedPasswordsAreLongDifferentAndReadable() throws {
    var seen: Set<[UInt8]> = []
    for _ in 0..<200 {
      let password = try SingleUserPassword(environment: [:])
      #expect(password.isGenerated)
      #expect(password.bytes.count == 23)
      #expect(password.bytes.allSatisfy { !"01lo".utf8.contains($0) && $0 < 0x7F && $0 > 0x20 })
      seen.insert(password.bytes)
    }
    #expect(seen.count == 200)
    // All 32 characters take part.
    #expect(Set(seen.joined()).count == 33)
  }
}
