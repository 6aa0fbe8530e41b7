// Tests of ListFormatter: the exact lines, the two forms of the date, and names that try to break a line.

import FTPProtocol
import Testing

@Suite struct ListFormatterTests {
  /// 2026-06-01 12:00:00 UTC.
  private static let now: Int64 = 1_780_315_200

  private static func facts(
    _ kind: FileFacts.Kind = .file, mode: UInt16 = 0o644, links: UInt32 = 1, size: UInt64 = 1234, modified: Int64 = now
  ) -> FileFacts {
    FileFacts(
      kind: kind, mode: mode, links: links, owner: 1000, group: 100, size: size, modified: modified,
      modifiedNanoseconds: 0, device: 1, inode: 2)
  }

  private static func line(
    _ facts: FileFacts, name: [UInt8] = bytes("name"), owner: String = "user", group: String = "group",
    target: [UInt8]? = nil
  ) -> [UInt8] {
    var formatter = ListFormatter(now: now)
    var out: [UInt8] = []
    name.withUnsafeBytes {
      formatter.appendLong(
        name: $0, facts: facts, owner: bytes(owner), group: bytes(group), linkTarget: target, to: &out)
    }
    return out
  }

  @Test func printsTheLineOfLs() {
    #expect(
      text(Self.line(Self.facts(), name: bytes("a b.txt")))
        == "-rw-r--r--   1 user     group          1234 Jun 01 12:00 a b.txt\r\n")
    #expect(
      text(Self.line(Self.facts(.symlink, mode: 0o777), target: bytes("to/it")))
        == "lrwxrwxrwx   1 user     group          1234 Jun 01 12:00 name -> to/it\r\n")
  }

  @Test(
    arguments: [
      (0o000, "---------"), (0o777, "rwxrwxrwx"), (0o640, "rw-r-----"), (0o4755, "rwsr-xr-x"), (0o4644, "rwSr--r--"),
      (0o2755, "rwxr-sr-x"), (0o2745, "rwxr-Sr-x"), (0o1777, "rwxrwxrwt"), (0o1776, "rwxrwxrwT"), (0o7000, "--S--S--T"),
      (0o421, "r---w---x"), (0o124, "--x-w-r--"),
    ] as [(UInt16, String)])
  func printsTheMode(mode: UInt16, expected: String) {
    #expect(text(Self.line(Self.facts(mode: mode)).prefix(10)) == "-" + expected)
  }

  @Test(arguments: [
    (FileFacts.Kind.file, "-"), (.directory, "d"), (.symlink, "l"), (.fifo, "p"), (.socket, "s"),
    (.characterDevice, "c"),
    (.blockDevice, "b"), (.unknown, "-"),
  ])
  func printsTheKind(kind: FileFacts.Kind, letter: String) {
    #expect(text(Self.line(Self.facts(kind)).prefix(1)) == letter)
  }

  @Test func printsTheYearForOldAndFutureFiles() {
    func date(_ offset: Int64) -> String {
      text(Self.line(Self.facts(modified: Self.now + offset))).split(separator: " ", omittingEmptySubsequences: true)[
        5...7
      ]
      .joined(separator: " ")
    }
    #expect(date(0) == "Jun 01 12:00")
    #expect(date(-15_778_380) == "Nov 30 21:07")
    #expect(date(-15_778_600) == "Nov 30 2025")
    #expect(date(86400) == "Jun 02 12:00")
    #expect(date(86400 + 60) == "Jun 02 2026")
    #expect(date(-Self.now) == "Jan 01 1970")
    #expect(date(-Self.now - 1) == "Dec 31 1969")
  }

  @Test func keepsColumnsWithTheLongestValues() {
    let widest = Self.facts(links: .max, size: .max, modified: .max)
    #expect(
      text(Self.line(widest, owner: "a-very-long-user-name", group: "4294967295"))
        == "-rw-r--r-- 4294967295 a-very-long-user-name 4294967295 18446744073709551615 Dec 31  9999 name\r\n")
    #expect(text(Self.line(Self.facts(modified: .min))).contains(" Jan 01  0000 "))
  }

  @Test func ownersNeverHoldBlanks() {
    let line = text(Self.line(Self.facts(), owner: "domain user", group: ""))
    #expect(line.hasPrefix("-rw-r--r--   1 domain_user ?        "))
  }

  @Test func cachedMinutesAreNotMixedUp() {
    var formatter = ListFormatter(now: Self.now)
    var out: [UInt8] = []
    for modified in [Self.now, Self.now + 59, Self.now + 60, Self.now] {
      bytes("n").withUnsafeBytes {
        formatter.appendLong(
          name: $0, facts: Self.facts(modified: modified), owner: bytes("u"), group: bytes("g"), linkTarget: nil,
          to: &out)
      }
    }
    let minutes = text(out).split(separator: "\r\n").map { $0.dropLast(2).suffix(5) }
    #expect(minutes == ["12:00", "12:00", "12:01", "12:00"])
  }

  @Test func noNameEndsALine() {
    let evil = bytes("a\r\n-rw-r--r-- 1 x x 1 Jan 01 00:00 b\u{1B}[2J") + [0xFF]
    let line = Self.line(Self.facts(.symlink), name: evil, target: bytes("t\nu"))
    #expect(line.split(separator: 0x0A).count == 1)
    #expect(text(line).contains("a??-rw"))
    #expect(text(line).contains("t?u\r\n"))
    // Every other byte goes out as it is.
    #expect(line.contains(0x1B) && line.contains(0xFF))
  }

  @Test func printsNames() {
    var formatter = ListFormatter(now: 0)
    var out: [UInt8] = []
    bytes("a\nb").withUnsafeBytes { formatter.appendName($0, to: &out) }
    bytes("c").withUnsafeBytes { formatter.appendName($0, prefix: bytes("dir/"), to: &out) }
    formatter.appendName(UnsafeRawBufferPointer(start: nil, count: 0), to: &out)
    #expect(text(out) == "a?b\r\ndir/c\r\n\r\n")
  }

  @Test func everyLengthOfNameFits() {
    for length in 0...260 {
      let name = [UInt8](repeating: 0x78, count: length)
      #expect(Self.line(Self.facts(), name: name).count == Self.line(Self.facts(), name: []).count + length)
    }
  }
}
