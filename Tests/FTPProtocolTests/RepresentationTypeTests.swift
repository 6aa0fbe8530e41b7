// Tests of RepresentationType: what TYPE takes, and which refusal the rest gets.

import FTPProtocol
import Testing

@Suite struct RepresentationTypeTests {
  @Test(arguments: ["A", "a", "A N", "a n"]) func readsASCII(argument: String) throws {
    #expect(try RepresentationType.parse(bytes(argument)) == .ascii)
  }

  @Test(arguments: ["I", "i", "L 8", "l 8", "L8"]) func readsImage(argument: String) throws {
    #expect(try RepresentationType.parse(bytes(argument)) == .image)
  }

  @Test(arguments: ["E", "E N", "L", "L 36", "A T", "A C"]) func refusesWhatIsNotOffered(argument: String) {
    #expect(throws: RepresentationType.ParseError.notOffered) { try RepresentationType.parse(bytes(argument)) }
  }

  @Test(arguments: ["", "X", "AN", "I N", "Image", " A"]) func refusesWhatIsNoType(argument: String) {
    #expect(throws: RepresentationType.ParseError.syntax) { try RepresentationType.parse(bytes(argument)) }
  }
}
