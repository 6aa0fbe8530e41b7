// What PASS means for a user with a second factor, and that 336 does not tell who exists.

import Accounts
import Testing
import TransportSecurity

@testable import FTPServer

@Suite struct SecondFactorTests {
  private static let text = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
  private static let secret = Base32.decode(text) ?? []
  private static let now: Int64 = 1_700_000_000
  private static let alice = Array("alice".utf8)

  private static var code: String {
    let password = OneTimePassword(secret: secret)
    return String(decoding: password.code(at: OneTimePassword.step(at: now)), as: UTF8.self)
  }

  private func factor(_ argument: String, asked: Bool = false, secret: [UInt8]? = Self.secret) -> SecondFactor {
    SecondFactor(argument: Array(argument.utf8), secret: secret, isAsked: asked)
  }

  private func isProven(_ factor: SecondFactor, _ used: UsedCodes = UsedCodes()) -> Bool {
    factor.isProven(for: Self.alice, used: used, at: Self.now)
  }

  @Test func aCodeBehindThePassword() {
    for asked in [false, true] {
      let factor = factor("sesame" + Self.code, asked: asked)
      #expect(factor.password == Array("sesame".utf8))
      #expect(isProven(factor))
    }
  }

  @Test func aCodeBeforeThePassword() {
    let factor = factor(Self.code + ";sesame;", asked: true)
    #expect(factor.password == Array("sesame;".utf8))
    #expect(isProven(factor))
    // Nobody asked, so this is a password that ends in a code which is none.
    #expect(!isProven(self.factor(Self.code + ";sesame")))
  }

  @Test(arguments: ["", "12345", "sesame", "sesame000000", "\(code)", "\(code) ", "sesame\(code) ", ";", "123456;"])
  func otherWise(_ argument: String) {
    let isCodeOnly = argument == Self.code
    // The code alone proves the second factor, with an empty password, which no hash verifies.
    #expect(isProven(factor(argument)) == isCodeOnly)
    #expect(factor(argument).password.count == max(0, argument.utf8.count - 6))
  }

  @Test func aCodeIsGoodOnce() {
    let used = UsedCodes()
    #expect(isProven(factor("sesame" + Self.code), used))
    #expect(!isProven(factor("sesame" + Self.code), used))
    #expect(!isProven(factor(Self.code + ";sesame", asked: true), used))
  }

  /// Hosts have users of their own: one of them must not keep another's user of the same name out.
  @Test func aUserOfThatNameElsewhereUsesNothingUp() {
    let used = UsedCodes()
    let elsewhere = Base32.decode("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") ?? []
    let step = OneTimePassword.step(at: Self.now) + OneTimePassword.window
    let code = OneTimePassword(secret: elsewhere).code(at: step)
    #expect(isProven(factor("x" + String(decoding: code, as: UTF8.self), secret: elsewhere), used))
    #expect(isProven(factor("sesame" + Self.code), used))
  }

  @Test func withoutSecondFactorAllIsPassword() {
    #expect(factor("sesame123456", secret: nil).password == Array("sesame123456".utf8))
    #expect(factor("123456;sesame", secret: nil).password == Array("123456;sesame".utf8))
    #expect(isProven(factor("sesame", secret: nil)))
    #expect(factor("123456;sesame", asked: true, secret: nil).password == Array("sesame".utf8))
  }

  @Test func aSecretThatIsNoneLetsNobodyIn() { #expect(!isProven(factor("sesame" + Self.code, secret: []))) }

  // MARK: 336

  private func entries(_ count: Int, withFactor: Int) throws -> [UserEntry] {
    let options = try AccountOptions(["totp": Self.text])
    return (0..<count).map { index in
      UserEntry(
        name: Array("user\(index)".utf8), hash: "*", home: "/", permissions: .readOnly,
        options: index < withFactor ? options : AccountOptions())
    }
  }

  private func policy(of entries: [UserEntry]) -> ChallengePolicy { ChallengePolicy(ChallengeShare(entries)) }

  private func share(_ policy: ChallengePolicy) -> Int {
    (0..<2000).count { policy.asks(Array("nobody\($0)".utf8), entry: nil) }
  }

  @Test func whoHasAFactorIsAsked() throws {
    let entries = try entries(2, withFactor: 1)
    let policy = self.policy(of: entries)
    #expect(policy.asks(entries[0].name, entry: entries[0]))
    #expect(!policy.asks(entries[1].name, entry: entries[1]))
  }

  @Test func namesOfNobodyAreAskedInTheSameShare() throws {
    #expect(try share(policy(of: entries(4, withFactor: 0))) == 0)
    #expect(share(policy(of: [])) == 0)
    #expect(try (800...1200).contains(share(policy(of: entries(4, withFactor: 2)))))
    #expect(try share(policy(of: entries(4, withFactor: 4))) == 2000)
  }

  @Test func eachHostAsksInTheShareOfItsOwnUsers() throws {
    var accounts = AccountSource()
    let table = try UserTable.parse(Array("carol:*:/:ro,totp=\(Self.text)\n".utf8), source: "users")
    accounts.hosts["ftp.example.org"] = AccountSource(directory: table)
    #expect(share(ChallengePolicy(accounts.directory.challengeShare)) == 0)
    let here = try #require(accounts.hosts["ftp.example.org"]).directory.challengeShare
    #expect(share(ChallengePolicy(here)) == 2000)
  }

  @Test func aRestartDoesNotChangeTheAnswer() throws {
    let one = try policy(of: entries(4, withFactor: 2))
    let other = try policy(of: entries(4, withFactor: 2))
    for index in 0..<200 {
      let name = Array("nobody\(index)".utf8)
      #expect(one.asks(name, entry: nil) == other.asks(name, entry: nil))
    }
  }
}
