// Tests of the order in which ways to a data connection are tried.

import Testing

@testable import FTPClient

@Suite struct DataWayTests {
  @Test func theOrder() {
    #expect(DataWay.order(.automatic, .ipv4, last: nil, refused: []) == [.extendedPassive, .passive, .active])
    #expect(DataWay.order(.automatic, .ipv6, last: nil, refused: []) == [.extendedPassive, .active])
    #expect(DataWay.order(.passive, .ipv4, last: nil, refused: []) == [.extendedPassive, .passive])
    #expect(DataWay.order(.active, .ipv4, last: nil, refused: []) == [.active])
  }

  @Test func whatWorkedComesFirst() {
    #expect(DataWay.order(.automatic, .ipv4, last: .passive, refused: []) == [.passive, .extendedPassive, .active])
    #expect(DataWay.order(.active, .ipv4, last: .passive, refused: []) == [.active])
  }

  @Test func whatWasRefusedIsLeftOut() {
    #expect(DataWay.order(.automatic, .ipv4, last: nil, refused: [.extendedPassive]) == [.passive, .active])
    // Unless nothing else is left.
    #expect(DataWay.order(.active, .ipv4, last: nil, refused: [.active]) == [.active])
  }
}
