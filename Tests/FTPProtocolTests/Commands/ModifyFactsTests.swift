import FTPProtocol
import Testing

@Suite struct ModifyFactsTests {
  private func parse(_ text: String) throws(ModifyFacts.ParseError) -> ModifyFacts {
    try ModifyFacts.parse(Array(text.utf8))
  }

  @Test func readsFactsAndKeepsTheirOrder() throws {
    let facts = try parse("unix.MODE=0640;Modify=20240229050607.5;UNIX.group=users; a b")
    #expect(facts.mode == 0o640)
    #expect(facts.modified?.seconds == 1_709_183_167)
    #expect(facts.modified?.nanoseconds == 500_000_000)
    #expect(facts.group == Array("users".utf8))
    #expect(facts.pathname == Array("a b".utf8))
    #expect(
      String(decoding: facts.accepted, as: UTF8.self) == "UNIX.mode=0640;Modify=20240229050607.5;UNIX.group=users;")
  }

  @Test(arguments: [
    "", "f", "; f", "UNIX.mode=644 f", "UNIX.mode; f", "=5; f", "UNIX.mode=644;; f", " f", "UNIX.mode=644; ",
    "UNIX.mode=644;f",
  ])
  func refusesWhatIsNoListOfFacts(text: String) { #expect(throws: ModifyFacts.ParseError.syntax) { try parse(text) } }

  @Test(arguments: [
    "UNIX.mode=", "UNIX.mode=8", "UNIX.mode=1000", "UNIX.mode=-1", "UNIX.mode=644;UNIX.mode=644", "UNIX.mode=000000644",
  ])
  func refusesModes(text: String) {
    #expect(throws: ModifyFacts.ParseError.value("UNIX.mode")) { try parse("\(text); f") }
  }

  @Test(arguments: ["Modify=", "Modify=2024", "Modify=20241301000000", "Modify=20240229050607;Modify=20240229050607"])
  func refusesTimes(text: String) {
    #expect(throws: ModifyFacts.ParseError.value("Modify")) { try parse("\(text); f") }
  }

  @Test func namesWhatItDoesNotKnow() {
    #expect(throws: ModifyFacts.ParseError.unknown(Array("Create".utf8))) { try parse("Create=20240229050607; f") }
    #expect(throws: ModifyFacts.ParseError.unknown(Array("size".utf8))) { try parse("UNIX.mode=644;size=1; f") }
  }
}
