// Tests of RepresentationType: what TYPE takes, and which refusal the rest gets.

import FTPProtocol
import Testing

@Suite struct RepresentationTypeTests {
  @Test(arguments: [
    ("A", RepresentationType.ascii(.nonPrint)), ("a", .ascii(.nonPrint)), ("A N", .ascii(.nonPrint)),
    ("a n", .ascii(.nonPrint)), ("A T", .ascii(.telnet)), ("a c", .ascii(.carriageControl)), ("E", .ebcdic(.nonPrint)),
    ("e", .ebcdic(.nonPrint)), ("E N", .ebcdic(.nonPrint)), ("E T", .ebcdic(.telnet)),
    ("E C", .ebcdic(.carriageControl)),
    ("I", .image), ("i", .image), ("L 8", .image), ("l 8", .image), ("L8", .image), ("L 008", .image),
  ])
  func reads(argument: String, type: RepresentationType) throws {
    #expect(try RepresentationType.parse(bytes(argument)) == type)
    #expect(try RepresentationType.parse(type.argument) == type)
  }

  @Test(arguments: [1, 7, 9, 16, 32, 36, 255] as [UInt8]) func refusesOtherByteSizes(size: UInt8) {
    #expect(throws: RepresentationType.ParseError.byteSize(size)) { try RepresentationType.parse(bytes("L \(size)")) }
  }

  @Test(arguments: [
    "", "X", "AN", "A  N", "A NT", "A X", "A ", "E X", "EN", "I N", "Image", " A", "L", "L ", "L 0", "L 256", "L 300",
    "L -8", "L +8", "L 8 ", "L  8", "L 0008", "L 99999999999999999999", "L x",
  ])
  func refusesWhatIsNoType(argument: String) {
    #expect(throws: RepresentationType.ParseError.syntax) { try RepresentationType.parse(bytes(argument)) }
  }
}
