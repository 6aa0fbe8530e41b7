// Tests of the EBCDIC tables: bijections, and what iconv and Python's codecs say.

import Foundation
import Testing

@testable import FTPProtocol

@Suite struct EBCDICTablesTests {
  @Test(arguments: EBCDICCodePage.allCases) func everyByteComesBack(page: EBCDICCodePage) {
    let table = EBCDICTables.latin1(page)
    #expect(table.count == 256 && Set(table).count == 256)
    let format = TransferFormat(type: .ebcdic(.nonPrint), codePage: page)
    let (outward, inward) = (CharacterMap.outward(format), CharacterMap.inward(format))
    for byte in UInt8.min...UInt8.max {
      #expect(inward[outward[byte]] == byte)
      #expect(outward[inward[byte]] == byte)
      #expect(inward[byte] == table[Int(byte)])
    }
  }

  /// The characters RFC 959 counts on: NL ends a line, 0x40 is the blank, and the letters and digits are where they always are.
  @Test(arguments: EBCDICCodePage.allCases) func linesBlanksAndLetters(page: EBCDICCodePage) {
    let format = TransferFormat(type: .ebcdic(.nonPrint), codePage: page)
    let wire = CodingDriver.encode(bytes("AZ az09\n"), format).bytes
    #expect(wire == [0xC1, 0xE9, 0x40, 0x81, 0xA9, 0xF0, 0xF9, 0x15])
    #expect(CodingDriver.decode(wire, format).bytes == bytes("AZ az09\n"))
    let map = CharacterMap.outward(format)
    #expect([0x0D, 0x0B, 0x0C, 0x85, 0x00].map { map[$0] } == [0x0D, 0x0B, 0x0C, 0x25, 0x00])
  }

  @Test func thePagesDifferWhereTheyShould() {
    let brackets = EBCDICCodePage.allCases.map { page in
      bytes("[]{").map { CharacterMap.outward(TransferFormat(type: .ebcdic(.nonPrint), codePage: page))[$0] }
    }
    #expect(brackets == [[0xAD, 0xBD, 0xC0], [0xBA, 0xBB, 0xC0], [0x4A, 0x5A, 0xC0], [0x63, 0xFC, 0x43]])
  }

  private static let iconv = tool("iconv")
  private static let python = tool("python3")

  @Test(.enabled(if: iconv != nil, "iconv is not installed"), arguments: EBCDICCodePage.allCases)
  func agreesWithIconv(page: EBCDICCodePage) throws {
    let name = "IBM" + (page == .ibm037 ? "037" : "\(page.rawValue)")
    let said = try Self.output(of: try #require(Self.iconv), ["-f", name, "-t", "ISO-8859-1"])
    #expect(said == Self.withIBMsLineEnds(EBCDICTables.latin1(page)))
  }

  @Test(.enabled(if: python != nil, "python3 is not installed"), arguments: [EBCDICCodePage.ibm037, .ibm500, .ibm273])
  func agreesWithPython(page: EBCDICCodePage) throws {
    let name = "cp" + (page == .ibm037 ? "037" : "\(page.rawValue)")
    // Python calls the overline of page 273 U+203E.
    let program = """
      import sys
      text = sys.stdin.buffer.read().decode('\(name)').replace('\\u203e', '\\u00af')
      sys.stdout.buffer.write(text.encode('latin-1'))
      """
    let said = try Self.output(of: try #require(Self.python), ["-c", program])
    #expect(said == Self.withIBMsLineEnds(EBCDICTables.latin1(page)))
  }

  /// Both leave NL and LF as IBM has them.
  private static func withIBMsLineEnds(_ table: [UInt8]) -> [UInt8] {
    var table = table
    table.swapAt(0x15, 0x25)
    return table
  }

  private static func tool(_ name: String) -> URL? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { URL(filePath: "\($0)/\(name)") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// What a program makes of the 256 bytes in order.
  private static func output(of program: URL, _ arguments: [String]) throws -> [UInt8] {
    let (process, input, output) = (Process(), Pipe(), Pipe())
    process.executableURL = program
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data((0...255).map { UInt8($0) }))
    try input.fileHandleForWriting.close()
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return [UInt8](said)
  }
}
