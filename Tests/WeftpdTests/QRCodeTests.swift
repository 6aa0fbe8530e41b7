// QR codes: the worked example of the standard, the structure of every version, and what a real reader makes of them.

import Glibc
import TestSupport
import Testing

@testable import weftpd

@Suite struct QRCodeTests {
  /// The message polynomial and its remainder that the literature uses for version 1-M ("HELLO WORLD", 10 codewords).
  @Test func aKnownRemainder() {
    let data: [UInt8] = [32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17]
    #expect(ReedSolomon.remainder(of: data, count: 10) == [196, 35, 39, 119, 235, 215, 231, 226, 93, 23])
  }

  @Test func theFieldsProduct() {
    #expect(ReedSolomon.multiply(0x80, 2) == 0x1D)
    #expect(ReedSolomon.multiply(0, 77) == 0)
    #expect(ReedSolomon.multiply(1, 77) == 77)
  }

  @Test func capacities() {
    // ISO/IEC 18004, table 7: byte mode, level L.
    #expect(QRCodeVersion.all.map(\.capacity) == [17, 32, 53, 78, 106, 134, 154, 192, 230, 271])
    #expect(QRCode([UInt8](repeating: 65, count: 271))?.size == 57)
    #expect(QRCode([UInt8](repeating: 65, count: 272)) == nil)
    #expect(QRCode([])?.size == 21)
  }

  @Test(arguments: [1, 17, 18, 32, 53, 78, 106, 134, 154, 192, 230, 271]) func structure(_ length: Int) throws {
    let code = try #require(QRCode([UInt8](repeating: 0x5A, count: length)))
    for (left, top) in [(0, 0), (code.size - 7, 0), (0, code.size - 7)] {
      for offset in 0..<7 {
        #expect(code[left + offset, top] && code[left, top + offset] && code[left + 6, top + offset])
      }
      #expect(code[left + 3, top + 3] && !code[left + 1, top + 1])
    }
    for index in 8..<code.size - 8 {
      #expect(code[index, 6] == (index % 2 == 0))
      #expect(code[6, index] == (index % 2 == 0))
    }
    #expect(code[8, code.size - 8])
    // Both copies of the format say the same.
    let first = (0..<8).map { code[code.size - 1 - $0, 8] }
    let second = (0..<6).map { code[8, $0] } + [code[8, 7], code[8, 8]]
    #expect(first == second)
  }

  @Test func theTextHasAQuietZone() throws {
    let code = try #require(QRCode(Array("x".utf8)))
    let lines = code.text(colours: false).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(lines.count == 15)
    #expect(lines.allSatisfy { $0.count == 29 })
    #expect(lines.first?.allSatisfy { $0 == " " } == true)
    #expect(code.text(colours: true).hasPrefix("\u{1B}[38;5;16;48;5;231m"))
  }

  @Test(
    .enabled(if: access("/usr/bin/zbarimg", X_OK) == 0, "zbarimg is not installed"),
    arguments: [1, 17, 18, 32, 33, 53, 78, 106, 134, 135, 154, 192, 193, 230, 231, 271])
  func aReaderReadsIt(_ length: Int) throws {
    let text = (0..<length).map { UInt8(ascii: "a") + UInt8($0 * 7 % 26) }
    let code = try #require(QRCode(text))
    let directory = try TemporaryDirectory()
    let path = directory.path + "/code.pbm"
    let scale = 6
    var image = "P1\n\((code.size + 8) * scale) \((code.size + 8) * scale)\n"
    for row in -4..<code.size + 4 {
      let line = (-4..<code.size + 4).map { String(repeating: code[$0, row] ? "1" : "0", count: scale) }.joined()
      image += String(repeating: line + "\n", count: scale)
    }
    let file = try #require(fopen(path, "w"))
    fputs(image, file)
    fclose(file)
    let reader = try #require(popen("/usr/bin/zbarimg -q --raw \(path) 2>/dev/null", "r"))
    var read: [UInt8] = []
    while case let byte = fgetc(reader), byte != EOF { read.append(UInt8(truncatingIfNeeded: byte)) }
    #expect(pclose(reader) == 0)
    #expect(read == text + [0x0A])
  }
}
