// Tests of ListingReader: lines cut anywhere, the last without an end, and lines that are too long.

import FTPProtocol
import Testing

private func read(
  _ stream: [UInt8], _ form: ListingReader.Form, pieces: Int = .max, lineLimit: Int = 65536
) -> (lines: [ListedLine], error: ListingReader.ReadError?) {
  var reader = ListingReader(form, lineLimit: lineLimit)
  var lines: [ListedLine] = []
  var start = 0
  do throws(ListingReader.ReadError) {
    while start < stream.count {
      let end = pieces < stream.count - start ? start + pieces : stream.count
      stream[start..<end].withUnsafeBytes { reader.append($0) }
      start = end
      while let line = try reader.next() { lines.append(line) }
    }
    while let line = try reader.finish() { lines.append(line) }
    return (lines, nil)
  } catch {
    return (lines, error)
  }
}

@Suite struct ListingReaderTests {
  private static let list = bytes(
    "total 8\r\n-rw-r--r-- 1 u g 5 Nov 29 02:18 a\r\n\r\n11-29-26  02:18AM 5 b\nls: x\r\n+r,\tc\r\rd\r\ndrwxr-xr-x 1 u g 5 Nov 29 02:18 e"
  )

  private static func names(_ lines: [ListedLine]) -> [String] {
    lines.map { line in
      switch line {
      case .entry(let entry): text(entry.name)
      case .total: "<total>"
      case .blank: "<blank>"
      case .noise: "<noise>"
      }
    }
  }

  @Test(arguments: [1, 2, 3, 5, 64, .max]) func readsLinesCutAnywhere(pieces: Int) {
    let result = read(Self.list, .list(now: 0), pieces: pieces)
    #expect(Self.names(result.lines) == ["<total>", "a", "<blank>", "b", "<noise>", "c\r\rd", "e"])
    #expect(result.error == nil)
  }

  @Test func readsMachineLines() {
    let stream = bytes("type=cdir; .\r\ntype=file;size=3;  a\r\nnoise\r\n\r\ntype=dir; b\r")
    #expect(Self.names(read(stream, .machine).lines) == [".", " a", "<noise>", "<blank>", "b"])
  }

  @Test func readsNames() {
    #expect(Self.names(read(bytes("a\r\n total 5\r\n\r\nb/c\n"), .names).lines) == ["a", " total 5", "<blank>", "b/c"])
    #expect(read([], .names).lines.isEmpty)
  }

  @Test(arguments: [1, 4, .max]) func boundsALine(pieces: Int) {
    let fits = read(bytes("abcdefgh\r\nabc\r\n"), .names, pieces: pieces, lineLimit: 10)
    #expect(fits.lines.count == 2 && fits.error == nil)
    let result = read(bytes("abc\r\nabcdefghi\r\nabc\r\n"), .names, pieces: pieces, lineLimit: 10)
    #expect(Self.names(result.lines) == ["abc"])
    #expect(result.error == .lineTooLong)
    #expect(read([UInt8](repeating: 0x61, count: 10), .names, pieces: pieces, lineLimit: 10).error == .lineTooLong)
  }

  @Test func anErrorIsFinal() {
    var reader = ListingReader(.names, lineLimit: 4)
    bytes("abcdef\na\n").withUnsafeBytes { reader.append($0) }
    for _ in 0..<3 {
      do throws(ListingReader.ReadError) {
        let line = try reader.finish()
        Issue.record("\(String(describing: line))")
      } catch {
        #expect(error == .lineTooLong)
      }
      bytes("a\n").withUnsafeBytes { reader.append($0) }
    }
  }
}
