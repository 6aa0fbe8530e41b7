// Tests of the commands made from values: exact lines, and the server's own parsers as readers.

import FTPProtocol
import Testing

private func line(_ command: Command) throws -> String { text(try CommandWriter.line(command).dropLast(2)) }

@Suite struct CommandArgumentsTests {
  private static let four = DataAddress(family: .ipv4, octets: [192, 0, 2, 1], port: 50001)
  private static let six = DataAddress(
    family: .ipv6, octets: [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], port: 21)

  @Test func writesAddresses() throws {
    #expect(try line(try #require(.port(Self.four))) == "PORT 192,0,2,1,195,81")
    #expect(Command.port(Self.six) == nil)
    #expect(try line(.extendedPort(Self.four)) == "EPRT |1|192.0.2.1|50001|")
    #expect(try line(.extendedPort(Self.six)) == "EPRT |2|2001:db8::1|21|")
    #expect(try line(.longPort(Self.four)) == "LPRT 4,4,192,0,2,1,2,195,81")
    #expect(try line(.longPort(Self.six)) == "LPRT 6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1,2,0,21")
    #expect(try line(.extendedPassive()) == "EPSV")
    #expect(try line(.extendedPassive(.family(.ipv6))) == "EPSV 2")
    #expect(try line(.extendedPassive(.all)) == "EPSV ALL")
  }

  @Test func theServerReadsAddresses() throws {
    for address in [Self.four, Self.six] {
      #expect(try DataPort.parseEPRT(address.extendedPortArgument) == address)
      #expect(try DataPort.parseLPRT(address.longPortArgument) == address)
    }
    #expect(try DataPort.parsePORT(try #require(Self.four.portArgument)) == Self.four)
    for passive in [DataPort.ExtendedPassive.any, .family(.ipv4), .family(.ipv6), .all] {
      #expect(try DataPort.parseEPSV(Command.extendedPassive(passive).argument) == passive)
    }
  }

  /// The form of RFC 5952, its own examples among them.
  @Test(arguments: [
    ("0000:0000:0000:0000:0000:0000:0000:0000", "::"), ("0:0:0:0:0:0:0:1", "::1"), ("1:0:0:0:0:0:0:0", "1::"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    ("2001:DB8:0001:AAA:0:0:A:10", "2001:db8:1:aaa::a:10"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ("0:0:1:0:0:1:0:0", "::1:0:0:1:0:0"),
  ])
  func writesIPv6(full: String, short: String) throws {
    let address = try DataPort.parseEPRT(bytes("|2|\(full)|9|"))
    #expect(text(address.extendedPortArgument) == "|2|\(short)|9|")
    #expect(try DataPort.parseEPRT(address.extendedPortArgument) == address)
  }

  @Test func writesPlacesAndSizes() throws {
    #expect(try line(.restart(at: .max)) == "REST 18446744073709551615")
    #expect(try line(.restart(atMarker: bytes("1048576-AF"))) == "REST 1048576-AF")
    #expect(try line(.range(5...9)) == "RANG 5 9")
    #expect(try line(.range(nil)) == "RANG 1 0")
    #expect(try line(.allocate(0)) == "ALLO 0")
    #expect(try line(.allocate(1000, recordSize: 80)) == "ALLO 1000 R 80")
  }

  @Test(arguments: [
    RepresentationType.image, .ascii(.nonPrint), .ascii(.carriageControl), .ebcdic(.telnet),
  ])
  func theServerReadsTypes(type: RepresentationType) throws {
    #expect(try RepresentationType.parse(Command.type(type).argument) == type)
  }

  @Test func theServerReadsTimes() throws {
    let command = Command.modificationTime(1_795_918_680, pathname: bytes(" a b"))
    #expect(try line(command) == "MFMT 20261129021800  a b")
    let read = try #require(TimeStamp.parseLeading(command.argument))
    #expect(read.seconds == 1_795_918_680)
    #expect(text(read.rest) == " a b")
  }

  @Test func theServerReadsFacts() throws {
    for facts in [FactSet.all, [], [.type], [.unixOwnerName, .mediaType]] {
      let choice = try #require(Command.machineFacts(facts).subcommand)
      #expect(choice.verb == "MLST")
      #expect(FactSet(optsArgument: choice.argument) == facts)
    }
    #expect(try line(.machineFacts([.size, .type])) == "OPTS MLST type;size;")
    #expect(try line(.machineFacts([])) == "OPTS MLST")
  }

  @Test func writesListings() throws {
    #expect(try line(.list("LIST", ListArguments())) == "LIST")
    #expect(try line(.list("LIST", ListArguments(options: [.all, .long]))) == "LIST -al")
    #expect(try line(.list("NLST", ListArguments(path: bytes("a b")))) == "NLST a b")
    #expect(try line(.list("LIST", ListArguments(path: bytes("-l")))) == "LIST ./-l")
  }

  @Test func theServerReadsListings() {
    for options in [ListArguments.Options(), .all, [.all, .long, .recursive, .onePerLine, .byTime, .reversed]] {
      for path in [nil, "a", " a ", "./-l", "/-a b", "--"] {
        let arguments = ListArguments(options: options, path: path.map(bytes))
        let read = ListArguments.parse(Command.list("LIST", arguments).argument)
        #expect(read.options == options)
        #expect(read.path.map { text($0) } == (path == "--" ? "./--" : path))
      }
    }
  }

  @Test func theServerReadsDigestsOfParts() throws {
    for name in ["a", "a b", "say \"hi\"", "\"", "7 8 9", " "] {
      for octets in [nil, 0..<0, 5..<UInt64(Int64.max)] {
        let read = try #require(
          DigestArguments.parse(Command.digest("XCRC", pathname: bytes(name), octets: octets).argument))
        #expect(text(read.pathname) == name)
        #expect(read.range == octets)
        #expect(read.wholeArgument == nil)
      }
    }
    #expect(try line(.digest("XSHA1", pathname: bytes("a \"b\""), octets: 1..<4)) == "XSHA1 \"a \"\"b\"\"\" 1 4")
  }
}
