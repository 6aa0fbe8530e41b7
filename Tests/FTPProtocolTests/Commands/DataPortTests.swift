// Tests of DataPort: the addresses clients send, and every way to get them wrong.

import FTPProtocol
import Testing

@Suite struct DataPortTests {
  @Test func readsPORT() throws {
    let address = try DataPort.parsePORT(bytes("192,0,2,1,195,81"))
    #expect(address == DataAddress(family: .ipv4, octets: [192, 0, 2, 1], port: 50001))
    #expect(try DataPort.parsePORT(bytes("127,000,000,001,0,20")).octets == [127, 0, 0, 1])
  }

  @Test(arguments: [
    "", ",", "1,2,3,4,5", "1,2,3,4,5,6,7", "1,2,3,4,5,", ",1,2,3,4,5", "256,2,3,4,5,6", "1,2,3,4,5,256", "1,2,3,4,-1,6",
    "1,2,3,4,0,0", "1, 2,3,4,5,6", "1,2,3,4,5,6 ", "a,2,3,4,5,6", "1.2.3.4,5,6", "1,2,3,4,5,99999999999999999999",
    "1,2,3,4,5,\u{661}",
  ])
  func refusesPORT(argument: String) {
    #expect(throws: DataPort.ParseError.syntax) { try DataPort.parsePORT(bytes(argument)) }
  }

  @Test func readsEPRT() throws {
    #expect(
      try DataPort.parseEPRT(bytes("|1|192.0.2.1|6275|"))
        == DataAddress(family: .ipv4, octets: [192, 0, 2, 1], port: 6275))
    #expect(
      try DataPort.parseEPRT(bytes("!2!2001:db8::1!5282!"))
        == DataAddress(
          family: .ipv6, octets: [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], port: 5282))
  }

  @Test(arguments: [
    "", "|", "||||", "|1|1.2.3.4|5", "|1|1.2.3.4|5|x", "|1|1.2.3.4|5||", "|1|1.2.3|5|", "|1|1.2.3.256|5|",
    "|1|01.2.3.4|5|",
    "|1|1.2.3.4|0|", "|1|1.2.3.4|65536|", "|1|1.2.3.4|-5|", "|1|::1|5|", "|2|1.2.3.4|5|", "||1.2.3.4|5|",
    "|x|1.2.3.4|5|",
    "|1!1.2.3.4!5!", " 1 1.2.3.4 5 ", "11.2.3.4151", "|2|::1%lo|5|", "|2|[::1]|5|", "|1|1.2.3.4| 5|",
  ])
  func refusesEPRT(argument: String) {
    #expect(throws: DataPort.ParseError.syntax) { try DataPort.parseEPRT(bytes(argument)) }
  }

  @Test func namesAnUnknownFamily() {
    #expect(throws: DataPort.ParseError.unsupportedFamily) { try DataPort.parseEPRT(bytes("|3|x|5|")) }
    #expect(throws: DataPort.ParseError.unsupportedFamily) { try DataPort.parseEPRT(bytes("|65535|x|5|")) }
    #expect(throws: DataPort.ParseError.unsupportedFamily) { try DataPort.parseEPSV(bytes("3")) }
  }

  @Test func readsEPSV() throws {
    #expect(try DataPort.parseEPSV([]) == .any)
    #expect(try DataPort.parseEPSV(bytes("1")) == .family(.ipv4))
    #expect(try DataPort.parseEPSV(bytes("2")) == .family(.ipv6))
    #expect(try DataPort.parseEPSV(bytes("all")) == .all)
    #expect(try DataPort.parseEPSV(bytes("ALL")) == .all)
    #expect(throws: DataPort.ParseError.syntax) { try DataPort.parseEPSV(bytes("everything")) }
    #expect(throws: DataPort.ParseError.syntax) { try DataPort.parseEPSV(bytes("1 ")) }
  }

  @Test func readsLPRT() throws {
    #expect(
      try DataPort.parseLPRT(bytes("4,4,192,0,2,1,2,195,81"))
        == DataAddress(family: .ipv4, octets: [192, 0, 2, 1], port: 50001))
    let zeros = String(repeating: "0,", count: 15)
    #expect(
      try DataPort.parseLPRT(bytes("6,16,\(zeros)1,2,195,81"))
        == DataAddress(family: .ipv6, octets: [UInt8](repeating: 0, count: 15) + [1], port: 50001))
  }

  @Test(arguments: [
    "", "4", "4,4", "4,4,1,2,3,4,2,195", "4,4,1,2,3,4,2,195,81,0", "4,16,1,2,3,4,2,195,81", "4,4,1,2,3,4,1,195,81",
    "4,4,1,2,3,4,2,0,0", "4,4,1,2,3,256,2,195,81", "4,4,1,2,3,-1,2,195,81", "6,4,1,2,3,4,2,195,81",
    "4,4,1,2,3,4,2,195,",
    "4, 4,1,2,3,4,2,195,81", "x,4,1,2,3,4,2,195,81", "256,4,1,2,3,4,2,195,81",
  ])
  func refusesLPRT(argument: String) {
    #expect(throws: DataPort.ParseError.syntax) { try DataPort.parseLPRT(bytes(argument)) }
  }

  @Test func namesAnUnknownFamilyOfLPRT() {
    for argument in ["5,4,1,2,3,4,2,195,81", "16,2,1,2,2,1,1", "0,0,0"] {
      #expect(throws: DataPort.ParseError.unsupportedFamily) { try DataPort.parseLPRT(bytes(argument)) }
    }
  }
}
