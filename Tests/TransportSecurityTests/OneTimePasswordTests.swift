// One-time passwords against the vectors of RFC 6238, appendix B, and RFC 4226, appendix D.

import Testing

@testable import TransportSecurity

@Suite struct OneTimePasswordTests {
  private let password = OneTimePassword(secret: Array("12345678901234567890".utf8))

  /// Seconds and the last six of the eight digits of the appendix.
  private static let times: [(Int64, String)] = [
    (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
    (2_000_000_000, "279037"), (20_000_000_000, "353130"),
  ]

  @Test(arguments: times) func vectorsOfTheStandard(_ time: (seconds: Int64, code: String)) {
    let step = OneTimePassword.step(at: time.seconds)
    #expect(password.code(at: step) == Array(time.code.utf8))
    #expect(password.step(of: Array(time.code.utf8), at: time.seconds) == step)
  }

  @Test func countersOfTheOlderStandard() {
    let codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
    for (counter, code) in codes.enumerated() { #expect(password.code(at: UInt64(counter)) == Array(code.utf8)) }
  }

  @Test func theWindowIsOneStepEachWay() {
    let code = Array("359152".utf8)  // step 2, that is 60…89
    for seconds: Int64 in [30, 59, 60, 89, 90, 119] { #expect(password.step(of: code, at: seconds) == 2) }
    for seconds: Int64 in [0, 29, 120, 1_000_000, -5, .min] { #expect(password.step(of: code, at: seconds) == nil) }
  }

  @Test func theLongestTimeDoesNotOverflow() {
    let last = OneTimePassword.step(at: .max)
    #expect(password.step(of: password.code(at: last + 1), at: .max) == last + 1)
  }

  @Test(arguments: ["", "3591", "35915", "3591522", "35915a", "abcdef", "000000", "\u{0}\u{0}"])
  func otherTextIsNoCode(_ text: String) { #expect(password.step(of: Array(text.utf8), at: 60) == nil) }

  @Test func anotherSecretIsAnotherCode() {
    #expect(OneTimePassword(secret: Array(repeating: 7, count: 20)).step(of: Array("359152".utf8), at: 60) == nil)
  }
}
