// Tests of the count that any thread may read.

import Testing

@testable import FTPTransfer

@Suite struct TransferMeterTests {
  @Test func countsAndTakesBack() {
    let meter = TransferMeter()
    meter.count(10)
    meter.count(5)
    #expect(meter.bytes == 15)
    meter.uncount(5)
    #expect(meter.bytes == 10)
    meter.count(-3)
    #expect(meter.bytes == 10)
    meter.reset()
    #expect(meter.bytes == 0)
  }
}
