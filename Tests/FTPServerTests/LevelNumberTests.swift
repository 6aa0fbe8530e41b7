// Tests of the numbers of log levels: the same order as the levels, there and back.

import Logging
import Testing

@testable import FTPServer

@Suite struct LevelNumberTests {
  @Test func eachLevelHasTheNumberOfItsPlace() {
    #expect(Logger.Level.allCases.count == Logger.Level.numbers)
    for (number, level) in Logger.Level.allCases.enumerated() {
      #expect(level.number == number)
      #expect(Logger.Level(number: number) == level)
    }
    #expect(Logger.Level.allCases.sorted() == Logger.Level.allCases)
    #expect(Logger.Level(number: Logger.Level.numbers) == .critical)
    #expect(Logger.Level(number: -1) == .trace)
  }
}
