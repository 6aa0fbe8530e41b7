// Tests of the room that ALLO reserves.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import UploadStore

@Suite struct ReservationTests {
  @Test(arguments: [(nil, 8 << 20), (1 << 20, 1 << 20), (0, 0)] as [(Int64?, UInt64)])
  func itIsGivenBack(_ limit: Int64?, _ room: UInt64) throws {
    let root = try ScratchRoot()
    let file = try root.jail.open(VirtualPath.root.resolving(Array("f".utf8)), flags: O_RDWR | O_CREAT, mode: 0o600)
    let reservation = try Reservation(of: 8 << 20, in: file.number, at: 0, limit: limit ?? .max)
    // Blocks may be a little larger.
    #expect(try File.status(file.number).allocated / (1 << 19) == room / (1 << 19))
    #expect(try File.status(file.number).size == 0)
    reservation?.giveBack()
    #expect(try File.status(file.number).allocated == 0)
  }
}
