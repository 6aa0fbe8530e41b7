// Tests of LIST in the form of `ls -l`: columns that come and go, dates, names with blanks, links, and what is no entry.

import FTPProtocol
import Testing

/// 2026-11-29 12:00:00 UTC.
private let now: Int64 = 1_795_953_600

private func entry(_ line: String, now: Int64 = now) -> ListedEntry? {
  guard case .entry(let entry) = ListingParser(now: now).parse(bytes(line)[...]) else { return nil }
  return entry
}

/// Name, owner, group and size as one text.
private func columns(_ line: String) -> String? {
  entry(line).map { entry in
    let owner = entry.owner.map { "#\($0)" } ?? entry.ownerName.map { text($0) } ?? "-"
    let group = entry.group.map { "#\($0)" } ?? entry.groupName.map { text($0) } ?? "-"
    return "\(text(entry.name))|\(owner)|\(group)|\(entry.size.map { "\($0)" } ?? "-")"
  }
}

private func date(_ columns: String, now: Int64 = now) -> String? {
  entry("-rw-r--r-- 1 u g 5 \(columns) n", now: now)?.modified.map {
    "\(text(TimeStamp.format($0.seconds))) \($0.precision)"
  }
}

@Suite struct UnixListingTests {
  @Test(arguments: [
    ("-rw-r--r--   1 root     other        531 Jan 29 03:26 README", "README|root|other|531"),
    ("dr-xr-xr-x   2 root                  512 Apr  8  1994 etc", "etc|root|-|512"),
    ("-rw-r--r--   1 500      500            21 Aug  8 14:14 a.gz", "a.gz|#500|#500|21"),
    ("drwxr-xr-x   2 root     99           4096 Feb 23  2001 p", "p|root|#99|4096"),
    ("-rw-r--r-- 1 1 3518644 May 25 12:12 std", "std|#1|-|3518644"),
    ("drwxr-xr-x 1 usernameftp 512 Jan 29 23:32 prog", "prog|usernameftp|-|512"),
    ("drwxrwxr-x               folder        2 May 10  1996 network", "network|folder|-|2"),
    ("drwx------ 4 maxm Domain Users 512 Oct 2 10:59 .metadata", ".metadata|maxm|Domain Users|512"),
    (
      "-rw-r--r--   1 ftp      group with spaces in it as allowed in cygwin   83853 Jan 22  2001 z.gz",
      "z.gz|ftp|group with spaces in it as allowed in cygwin|83853"
    ),
    ("-rw-r--r--   1 group domain user 531 Jan 29 03:26 f", "f|group|domain user|531"),
    // A user called May and a size like a year.
    ("-rw-r--r-- 1 500 May 12 Nov 29 2018 x", "x|#500|May|12"),
    ("-rw-r--r-- 1 May Nov 2018 Nov 29 02:18 x", "x|May|Nov|2018"),
    ("-rw-r--r-- 1 u g 18446744073709551616 Nov 29 02:18 x", "x|u|g|-"),
    ("-r-xr-xr-x longowner longgroup123456 Feb 12 17:20 x", "x|longowner|longgroup123456|-"),
    ("-rw-r--r-- 1 u 4294967296 5 Nov 29 02:18 x", "x|u|-|5"),
    ("crw-r----- 1 root kmem 0, 27 Jan 30 11:42 kmem", "kmem|root|kmem|-"),
    ("crw-------   1 root     sys      109,767 Jul  2  2004 pci@1c,600000:devctl", "pci@1c,600000:devctl|root|sys|-"),
    ("brw-rw---- 1 root disk 8 Jan 30 11:42 sda", "sda|root|disk|-"),
    // STAT has a blank in front.
    (" -rw-r--r-- 1 u g 5 Nov 29 02:18 x", "x|u|g|5"),
  ])
  func readsTheColumns(line: String, expected: String) {
    #expect(columns(line) == expected)
  }

  @Test(arguments: [
    ("x", "x"), (" x", " x"), ("  x  ", "  x  "), ("bloplab 7 cd1.img", "bloplab 7 cd1.img"),
    ("Nov 29 02:18 y", "Nov 29 02:18 y"), ("a -> b", "a -> b"), ("\u{1B}[2J", "\u{1B}[2J"), ("/", "/"), (" ", " "),
    ("2025", "2025"), ("+0200", "+0200"),
  ])
  func keepsTheName(name: String, expected: String) {
    for date in ["Nov 29 02:18", "Nov 29  2018", "29 Nov 02:18"] {
      #expect(entry("-rw-r--r-- 1 u g 5 \(date) \(name)").map { text($0.name) } == expected)
    }
  }

  @Test func keepsBytesThatAreNoText() {
    let name: [UInt8] = [0xFF, 0x80, 0xE9, 0x09, 0x0D, 0x01]
    let line = bytes("-rw-r--r-- 1 u g 5 Nov 29 02:18 ") + name
    #expect(
      ListingParser(now: now).parse(line[...])
        == .entry(
          {
            var entry = ListedEntry(name: name, kind: .file)
            (entry.mode, entry.size, entry.ownerName, entry.groupName) = (0o644, 5, bytes("u"), bytes("g"))
            entry.modified = ListedTime(seconds: 1_795_918_680, precision: .minute)
            return entry
          }()))
  }

  @Test(
    arguments: [
      ("-rw-r--r--", 0o644), ("-rwsr-Sr-x", 0o6745), ("-rwSr--r-T", 0o5644), ("drwxrwxrwt", 0o1777),
      ("-rwxr-lr-x", 0o2745), ("drwxrwx---+", 0o770), ("-rw-r--r--.", 0o644), ("-rw-r--r--@", 0o644),
      ("----------", 0),
    ] as [(String, UInt16)])
  func readsTheMode(mode: String, bits: UInt16) {
    #expect(entry("\(mode) 1 u g 5 Nov 29 02:18 n")?.mode == bits)
  }

  @Test(
    arguments: [
      ("-", .file), ("d", .directory), ("l", .symlink), ("p", .fifo), ("s", .socket), ("c", .characterDevice),
      ("b", .blockDevice), ("D", .unknown), ("f", .file),
    ] as [(String, FileFacts.Kind)])
  func readsTheKind(letter: String, kind: FileFacts.Kind) {
    #expect(entry("\(letter)rw-r--r-- 1 u g 5 Nov 29 02:18 n")?.kind == kind)
  }

  @Test(arguments: [
    ("Nov 29 02:18", "20261129021800 minute"), ("nov 29 2:18", "20261129021800 minute"),
    // A day ahead is a clock that is fast, more is last year.
    ("Nov 30 12:00", "20261130120000 minute"), ("Nov 30 12:01", "20251130120100 minute"),
    ("Dec 31 23:59", "20251231235900 minute"), ("Jan  1 00:00", "20260101000000 minute"),
    ("Nov 29  2018", "20181129000000 day"), ("Dec 31  9999", "99991231000000 day"),
    ("Jan 01  0000", "00000101000000 day"),
    ("29 Nov 02:18", "20261129021800 minute"), ("29 NOV 2018", "20181129000000 day"),
    ("Nov 29 02:18:33 2018", "20181129021833 second"), ("Nov 29 02:18:33", "20261129021800 minute"),
    ("2018-11-29 02:18", "20181129021800 minute"), ("2018-11-29 02:18:33.123456789 +0200", "20181129001833 second"),
    ("2018-11-29 02:18:33.000 -0330", "20181129054833 second"),
    // The last 29 February.
    ("Feb 29 02:18", "20240229021800 minute"),
  ])
  func readsTheDate(columns: String, expected: String) {
    #expect(date(columns) == expected)
  }

  @Test func theYearFollowsTheClock() {
    // 2027-01-01 00:30: what was an hour ago was last year.
    #expect(date("Dec 31 23:30", now: 1_798_763_400) == "20261231233000 minute")
    #expect(date("Jan  1 00:10", now: 1_798_763_400) == "20270101001000 minute")
    // 2026-12-31 23:30 here, and the server's zone is ahead.
    #expect(date("Jan  1 09:30", now: 1_798_759_800) == "20270101093000 minute")
    // 1904-02-28: no leap year since 1896.
    #expect(date("Feb 29 00:00", now: -2_077_704_000) == "19040229000000 minute")
    #expect(date("Feb 29 00:00", now: -2_078_000_000) == "18960229000000 minute")
    for now in [Int64.min, .max, 253_402_300_799, -62_167_219_200] {
      #expect(entry("-rw-r--r-- 1 u g 5 Jan  1 00:00 n", now: now) != nil)
    }
  }

  @Test(
    arguments: [
      ("lrwxrwxrwx 1 u g 7 Jan 25 00:17 bin -> usr/bin", "bin", "usr/bin"),
      ("lrwxrwxrwx 1 u g 23 Mar  2 18:06 macros -> ./../../global/macros/.", "macros", "./../../global/macros/."),
      // The size is the length of the target.
      ("lrwxrwxrwx 1 u g 1 Jan 25 00:17 a -> b -> c", "a -> b", "c"),
      ("lrwxrwxrwx 1 u g 6 Jan 25 00:17 a -> b -> c", "a", "b -> c"),
      ("lrwxrwxrwx 1 u g 0 Jan 25 00:17 a -> b -> c", "a", "b -> c"),
      ("lrwxrwxrwx 1 u g 3 Jan 25 00:17  a  ->  b ", " a ", " b "),
      ("lrwxrwxrwx 1 u g 3 Jan 25 00:17 no arrow", "no arrow", nil),
      ("lrwxrwxrwx 1 u g 0 Jan 25 00:17 a -> ", "a", ""),
      ("lrwxrwxrwx 1 u g 3 Jan 25 00:17  -> ", " -> ", nil),
    ] as [(String, String, String?)])
  func splitsLinks(line: String, name: String, target: String?) {
    #expect(entry(line).map { text($0.name) } == name)
    #expect(entry(line)?.linkTarget.map { text($0) } == target)
  }

  @Test(arguments: [
    "zrwxr-xr-x 2 root root 4096 Mar  2 15:13 x", "dxrwr-xr-x 2 root root 4096 Aug 24  2001 x",
    "drwxr-xr-x 2 root root 4096 Jam  4 00:03 x", "drwxr-xr-x 2 root 99 4096 Feb 23 30:01 x",
    "drwxr-xr-x 2 root root 4096 Aug 36  2001 x", "-rw-r--r-- 1 14 staff 80284 Aug 22  x",
    "-rw-r--r-- 1 u g 5 Apr -7 18:79 x", "-rw-r--r-- 1 u g 5 Nov 29 02:18", "-rw-r--r-- 1 u g 5 Nov 29 02:18 ",
    "-rw-r--r-- 1 u g 5 Feb 30  2018 x", "-rw-r--r-- 1 u g 5 Feb 30 02:18 x", "-rw-r--r--",
    "-rw-r--r--1 u g 5 Nov 29 02:18 x",
    "-rw-r--r--+++ 1 u g 5 Nov 29 02:18 x", "-rw-r--r-- 1 u g 5 2018-13-01 02:18 x", "rw-r--r-- 1 u g 5 Nov 29 02:18 x",
    "ls: cannot access 'x': No such file or directory", "dir:", "name", "total", "total of 3 files",
    "Total eclipse.txt",
  ])
  func whatIsNoEntryIsNoise(line: String) {
    #expect(ListingParser(now: now).parse(bytes(line)[...]) == .noise)
  }

  @Test(arguments: ["total 12", "total 0", "Total 1.2K", "TOTAL  7 ", "total 12\r"])
  func totalsAreTotals(line: String) {
    #expect(ListingParser(now: now).parse(bytes(line)[...]) == .total)
  }

  @Test(arguments: ["", " ", "   ", "\r", "\t"])
  func blanksAreBlank(line: String) {
    #expect(ListingParser(now: now).parse(bytes(line)[...]) == .blank)
  }

  @Test func aThousandWordsAreNoEntry() {
    let words = String(repeating: "w ", count: 1000)
    #expect(entry("-rw-r--r-- 1 \(words) 5 Nov 29 02:18 n") == nil)
  }

  @Test func readsWhatTheFormatterPrints() throws {
    let kinds: [FileFacts.Kind] = [.file, .directory, .symlink, .fifo, .socket, .characterDevice, .blockDevice]
    let times = [now, now - 15_778_380, now - 15_778_600, now + 86400, now + 86460, 0, -1, .min, .max]
    for (kind, modified) in kinds.flatMap({ kind in times.map { (kind, $0) } }) {
      let target = kind == .symlink ? bytes(" x -> ;") : nil
      let facts = FileFacts(
        kind: kind, mode: 0o6751, links: 70000, owner: 1, group: 2, size: kind == .symlink ? 7 : .max,
        modified: modified,
        modifiedNanoseconds: 0, device: 0, inode: 0)
      var formatter = ListFormatter(now: now)
      var line: [UInt8] = []
      let name = bytes("  a -> b; ") + [0xFF, 0x1B]
      name.withUnsafeBytes {
        formatter.appendLong(
          name: $0, facts: facts, owner: bytes("alice"), group: bytes("1000"), linkTarget: target, to: &line)
      }
      let read = ListingParser(now: now).parse(line.dropLast(2)[...])
      guard case .entry(let entry) = read else {
        Issue.record("\(text(line)): \(read)")
        continue
      }
      #expect(entry.name == name)
      #expect(entry.linkTarget == target)
      #expect(entry.kind == kind)
      #expect(entry.mode == 0o6751)
      #expect(entry.ownerName == bytes("alice"))
      #expect(entry.group == 1000)
      #expect(entry.size == (kind == .characterDevice || kind == .blockDevice ? nil : facts.size))
      let time = try #require(entry.modified)
      let clamped = min(max(modified, -62_167_219_200), 253_402_300_799)
      let unit: Int64 = time.precision == .minute ? 60 : 86400
      #expect(time.precision == .minute || time.precision == .day)
      #expect(time.seconds <= clamped && clamped < time.seconds + unit, "\(text(line))")
    }
  }
}
