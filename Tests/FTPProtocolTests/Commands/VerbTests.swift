// Tests of Verb: folding, packing, and every byte that must be refused.

import FTPProtocol
import Testing

@Suite struct VerbTests {
  @Test func foldsToUpperCase() {
    #expect(Verb(bytes("retr")) == "RETR")
    #expect(Verb(bytes("ReTr")) == "RETR")
    #expect(Verb(bytes("retr"))?.description == "RETR")
  }

  @Test func packsFirstCharacterHighest() {
    #expect(Verb(bytes("NOOP"))?.packed == 0x4E4F_4F50_0000_0000)
    #expect(Verb(bytes("abcdefgh"))?.packed == 0x4142_4344_4546_4748)
  }

  @Test func ordersAlphabetically() {
    let verbs: [Verb] = ["USER", "ABOR", "XCRC", "CWD", "CDUP"]
    #expect(verbs.sorted().map(\.description) == ["ABOR", "CDUP", "CWD", "USER", "XCRC"])
  }

  @Test func acceptsOneToEightCharacters() {
    #expect(Verb(bytes("A")) != nil)
    #expect(Verb(bytes("ABCDEFGH")) != nil)
    #expect(Verb(bytes("ABCDEFGHI")) == nil)
    #expect(Verb([]) == nil)
  }

  @Test func acceptsLettersAndDigitsOnly() {
    for byte in UInt8.min...UInt8.max {
      let isAllowed = (0x30...0x39 ~= byte) || (0x41...0x5A ~= byte) || (0x61...0x7A ~= byte)
      #expect((Verb([byte]) != nil) == isAllowed, "byte \(byte)")
      #expect((Verb([0x41, byte]) != nil) == isAllowed, "byte \(byte)")
    }
  }

  @Test func distinguishesAPrefixFromTheWhole() {
    #expect(Verb(bytes("RET")) != Verb(bytes("RETR")))
  }
}
