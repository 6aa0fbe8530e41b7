// Tests of the other forms of LIST: Windows' `dir` and EPLF, and of the detector.

import FTPProtocol
import Testing

private func entry(_ line: String) -> ListedEntry? {
  guard case .entry(let entry) = ListingParser(now: 0).parse(bytes(line)[...]) else { return nil }
  return entry
}

private func summary(_ line: String) -> String? {
  entry(line).map { entry in
    let time = entry.modified.map { text(TimeStamp.format($0.seconds)) } ?? "-"
    return "\(text(entry.name))|\(entry.kind)|\(entry.size.map { "\($0)" } ?? "-")|\(time)"
  }
}

@Suite struct ListingParserTests {
  @Test(arguments: [
    ("05-26-95  10:57AM               143712 $LDR$", "$LDR$|file|143712|19950526105700"),
    ("11-29-26  02:18AM       <DIR>          name", "name|directory|-|20261129021800"),
    ("11-29-2026  02:18PM       <DIR>          name", "name|directory|-|20261129141800"),
    ("11-29-26  12:00AM                    1 midnight", "midnight|file|1|20261129000000"),
    ("11-29-26  12:00PM                    1 noon", "noon|file|1|20261129120000"),
    ("12-05-96  17:03         <DIR>          absoft2", "absoft2|directory|-|19961205170300"),
    ("2002-09-02  18:48       <DIR>          longyear dir", "longyear dir|directory|-|20020902184800"),
    ("2002-09-02  19:06                9,730 f", "f|file|9730|20020902190600"),
    ("11/29/2026  02:18 PM    <DIR>          Program Files", "Program Files|directory|-|20261129141800"),
    ("01-01-70  00:00                      0 a", "a|file|0|19700101000000"),
    ("01-01-69  00:00                      0 a", "a|file|0|20690101000000"),
    // Ten blanks belong to the form, further ones to the name.
    ("11-29-26  02:18AM       <DIR>            two", "  two|directory|-|20261129021800"),
    ("11-29-26  02:18AM       <DIR> one", "one|directory|-|20261129021800"),
    ("11-29-26  02:18AM                   12  blank in front ", " blank in front |file|12|20261129021800"),
    // The day first: the time is not known, the file is.
    ("20-05-97  03:31PM                  681 .bash_history", ".bash_history|file|681|-"),
    ("02-30-26  03:31PM                  681 x", "x|file|681|-"),
    ("01-01-126  03:31PM                  681 x", "x|file|681|-"),
  ])
  func readsDOS(line: String, expected: String) {
    #expect(summary(line) == expected)
  }

  @Test(arguments: [
    "11-29-26  02:18AM       <DIR>", "11-29-26  02:18AM       <DIR>          ", "11-29-26  02:18AM 12", "11-29-26",
    "1-2-3 4",
    "11-29-26  24:18 12 x", "11-29-26  02:18XM 12 x", "11-29-26  02:18AM <LINK> x", "11-29-26  02:18AM , x",
    "11.29.26 02:18 1 x",
    "     0           DIR   05-19-97   12:56  local", "0100644   500  101   12345    123456789       x",
  ])
  func refusesWhatIsNotDOS(line: String) {
    #expect(ListingParser(now: 0).parse(bytes(line)[...]) == .noise)
  }

  @Test func readsEPLF() throws {
    let file = try #require(entry("+i8388621.48594,m825718503,r,s280,\tdjb.html"))
    #expect(text(file.name) == "djb.html")
    #expect(file.kind == .file)
    #expect(file.size == 280)
    #expect(file.unique == bytes("8388621.48594"))
    #expect(file.modified == ListedTime(seconds: 825_718_503, precision: .second))
    let directory = try #require(entry("+m824255907,/,up755,\t514 \t"))
    #expect(text(directory.name) == "514 \t")
    #expect(directory.kind == .directory)
    #expect(directory.mode == 0o755)
    #expect(entry("+\tx")?.kind == .unknown)
    #expect(entry("+m99999999999999999999,s-1,up9,,\tx")?.modified == nil)
  }

  @Test(arguments: ["+", "+i1", "+i1,r,", "+i1,r,\t", "+ x"])
  func refusesWhatIsNotEPLF(line: String) {
    #expect(ListingParser(now: 0).parse(bytes(line)[...]) == .noise)
  }

  @Test(
    arguments: [
      ("-rw-r--r-- 1 u g 5 Nov 29 02:18 x", .unix), ("11-29-26  02:18AM 5 x", .dos), ("+r,\tx", .eplf),
      ("total 5", nil), ("", nil),
    ] as [(String, ListingParser.Form?)])
  func tellsTheForm(line: String, form: ListingParser.Form?) {
    #expect(ListingParser(now: 0).form(of: bytes(line)[...]) == form)
  }
}
