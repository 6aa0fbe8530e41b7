// Tests of CivilTime: the arithmetic in both directions, before 1970 too.

import Testing

@testable import FTPProtocol

@Suite struct CivilTimeTests {
  @Test(
    arguments: [
      (-1, 1969, 12, 31), (-86_400, 1969, 12, 31), (-86_401, 1969, 12, 30), (0, 1970, 1, 1),
      (-62_167_219_200, 0, 1, 1), (-62_162_035_201, 0, 2, 29), (4_107_542_400, 2100, 3, 1),
    ] as [(Int64, Int, Int, Int)])
  func givesTheDate(seconds: Int64, year: Int, month: Int, day: Int) {
    let time = CivilTime(seconds)
    #expect((time.year, time.month, time.day) == (year, month, day))
  }

  @Test func comesBackToTheSameSecond() {
    var random = FixedRandom(seed: 11)
    for _ in 0..<5000 {
      let seconds = Int64.random(in: CivilTime.representable, using: &random)
      let time = CivilTime(seconds)
      #expect(time.exists)
      #expect(time.seconds == seconds)
    }
  }
}
