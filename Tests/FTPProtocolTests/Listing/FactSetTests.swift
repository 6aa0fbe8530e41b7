// Tests of FactSet and Permissions: FEAT, OPTS MLST, and the order of everything.

import FTPProtocol
import Testing

@Suite struct FactSetTests {
  @Test func printsTheFeature() {
    #expect(
      text(FactSet.standard.featLine)
        == "MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;UNIX.owner*;UNIX.group*;UNIX.ownername;UNIX.groupname;"
        + "create;lang;media-type;charset;")
    #expect(!text(FactSet([]).featLine).contains("*"))
  }

  @Test func readsTheChoiceOfAClient() {
    #expect(FactSet(optsArgument: bytes("type;size;modify;")) == [.type, .size, .modify])
    #expect(FactSet(optsArgument: bytes("MODIFY;Type;unix.MODE")) == [.type, .modify, .unixMode])
    #expect(FactSet(optsArgument: bytes("type;media-type;;;x")) == [.type, .mediaType])
    #expect(FactSet(optsArgument: []) == [])
    #expect(FactSet(optsArgument: bytes("typ;types; type;")) == [])
  }

  @Test func answersInItsOwnOrder() {
    #expect(text(FactSet(optsArgument: bytes("perm;type;")).optsReply) == "MLST OPTS type;perm;")
    #expect(text(FactSet([]).optsReply) == "MLST OPTS")
  }

  @Test func everyFactIsReachable() {
    let names = text(FactSet.all.optsReply).dropFirst("MLST OPTS ".count)
    #expect(FactSet(optsArgument: bytes(String(names))) == .all)
  }
}
