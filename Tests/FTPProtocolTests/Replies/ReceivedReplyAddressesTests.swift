// Tests of the replies to PASV, LPSV and EPSV, in the wordings of real servers and in hostile ones.

import FTPProtocol
import Testing

private func reply(_ code: UInt16, _ lines: String...) -> ReceivedReply? {
  ReceivedReply(code: code, lines: lines.map(bytes))
}

private func described(_ address: DataAddress?) -> String? {
  address.map { $0.octets.map { "\($0)" }.joined(separator: ".") + ":\($0.port)" }
}

@Suite struct ReceivedReplyAddressesTests {
  @Test(arguments: [
    ("Entering Passive Mode (192,0,2,1,195,81).", "192.0.2.1:50001"),
    ("Entering Passive Mode (192,0,2,1,195,81)", "192.0.2.1:50001"),
    ("Entering Passive Mode 192,0,2,1,195,81", "192.0.2.1:50001"),
    ("=192,0,2,1,195,81", "192.0.2.1:50001"),
    ("192,0,2,1,195,81", "192.0.2.1:50001"),
    ("Entering Passive Mode (192, 0, 2, 1 ,195 , 81)", "192.0.2.1:50001"),
    ("Entering Passive Mode (192,000,002,001,195,081)", "192.0.2.1:50001"),
    ("Entering Passive Mode (192,0,2,1,195,81,)", "192.0.2.1:50001"),
    // Numbers before it that are no address.
    ("Step 2 of 3, in mode 7: (192,0,2,1,195,81)", "192.0.2.1:50001"),
    ("(1,2,3) (300,1) 1000,1,2,3,4,5,6x 192,0,2,1,195,81", "192.0.2.1:50001"),
    ("Entering Passive Mode (0,0,0,0,0,1)", "0.0.0.0:1"),
  ])
  func readsPassiveAddresses(text: String, address: String) {
    #expect(described(reply(227, text)?.passiveAddress) == address)
  }

  @Test(arguments: [
    "", "Entering Passive Mode", "(192,0,2,1,195)", "(192,0,2,1,195,81,7)", "(192,0,2,1,0,0)", "(256,0,2,1,195,81)",
    "(192,0,2,1,195,256)", "(192,0,2,1,-1,81)", "(192.0.2.1.195.81)", "(192,0,2,1,,195,81)",
    "(192,0,2,1,195,99999999999999999999)",
    "(1922,0,2,1,195,81)",
  ])
  func refusesPassiveAddresses(text: String) {
    #expect(reply(227, text)?.passiveAddress == nil)
  }

  @Test(arguments: [
    ("Entering Extended Passive Mode (|||6446|)", 6446), ("Entering Extended Passive Mode (|||6446|).", 6446),
    ("ok (!!!6446!)", 6446), ("ok (~~~1~)", 1), ("ok ((((65535()", 65535), ("ok ()))7))", 7), ("(---5-)", 5),
    // What stands in the two fields in front is not looked at.
    ("Entering Extended Passive Mode (|1|192.0.2.1|6446|)", 6446), ("(|2|::1|6446|)", 6446),
    // Without parentheses.
    ("Entering Extended Passive Mode |||6446|", 6446), ("|||6446|", 6446), ("(see below) (a) |||6446|", 6446),
    ("(|||0|) (|||6446|)", 6446), ("(|||6446|", 6446), ("(|||6446|x)", 6446),
  ])
  func readsExtendedPassivePorts(text: String, port: UInt16) {
    #expect(reply(229, text)?.extendedPassivePort == port)
  }

  @Test(arguments: [
    "", "(", "(|", "(|||", "(|||6446)", "(|||0|)", "(|||65536|)", "(|||-1|)", "(||| 6446|)",
    "(||6446|)",
    "(   6446 )", "(11164461)", "(|||99999999999999999999|)", "6446", "(\u{7F}\u{7F}\u{7F}6446\u{7F})",
  ])
  func refusesExtendedPassivePorts(text: String) {
    #expect(reply(229, text)?.extendedPassivePort == nil)
  }

  @Test func readsLongPassiveAddresses() {
    #expect(
      described(reply(228, "Entering Long Passive Mode (4,4,192,0,2,1,2,195,81)")?.longPassiveAddress)
        == "192.0.2.1:50001")
    #expect(
      described(reply(228, "Entering Long Passive Mode 4, 4, 192, 0, 2, 1, 2, 195, 81.")?.longPassiveAddress)
        == "192.0.2.1:50001")
    let six = reply(228, "6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1,2,195,81")?.longPassiveAddress
    #expect(six?.family == .ipv6 && six?.port == 50001)
    for text in ["", "4,4,192,0,2,1,2,195", "(5,4,192,0,2,1,2,195,81)", "4,4,192,0,2,1,2,0,0"] {
      #expect(reply(228, text)?.longPassiveAddress == nil)
    }
  }

  @Test func theCodeHasToFit() {
    #expect(reply(226, "(192,0,2,1,195,81)")?.passiveAddress == nil)
    #expect(reply(227, "(|||6446|)")?.extendedPassivePort == nil)
    #expect(reply(229, "4,4,192,0,2,1,2,195,81")?.longPassiveAddress == nil)
  }

  @Test func anyLineMayHoldIt() {
    #expect(described(reply(227, "a", "b (192,0,2,1,195,81)", "c")?.passiveAddress) == "192.0.2.1:50001")
    #expect(reply(229, "a", "(|||6446|)")?.extendedPassivePort == 6446)
  }

  @Test func readsTheServersOwn() throws {
    for port: UInt16 in [1, 255, 256, 50001, .max] {
      let passive = try #require(received(Reply.passive(address: (192, 0, 2, 255), port: port)))
      #expect(passive.passiveAddress == DataAddress(family: .ipv4, octets: [192, 0, 2, 255], port: port))
      #expect(received(Reply.extendedPassive(port: port))?.extendedPassivePort == port)
      for octets in [[UInt8]([10, 0, 0, 1]), [UInt8](repeating: 255, count: 16)] {
        let family: DataAddress.Family = octets.count == 4 ? .ipv4 : .ipv6
        #expect(
          received(Reply.longPassive(octets: octets, port: port))?.longPassiveAddress
            == DataAddress(family: family, octets: octets, port: port))
      }
    }
  }
}
