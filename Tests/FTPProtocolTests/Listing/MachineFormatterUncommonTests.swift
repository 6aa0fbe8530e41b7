import FTPProtocol
import Testing

@Suite struct MachineFormatterUncommonTests {
  private func line(
    _ set: FactSet, name: [UInt8] = bytes("name"), kind: FileFacts.Kind = .file, fraction: Int = 0,
    extras: MachineFormatter.Extras? = nil
  ) -> String {
    let file = FileFacts(
      kind: kind, mode: 0o644, links: 1, owner: 0, group: 0, size: 1, modified: 1_709_183_167,
      modifiedNanoseconds: 123_456_789, device: 1, inode: 1)
    var formatter = MachineFormatter(facts: set, fractionDigits: fraction)
    var out: [UInt8] = []
    name.withUnsafeBytes { formatter.append(name: $0, facts: file, permissions: [], extras: extras, to: &out) }
    return text(out)
  }

  @Test func tellsFractionsOnlyWhenAsked() {
    #expect(line(.modify) == "modify=20240229050607; name\r\n")
    #expect(line(.modify, fraction: 1) == "modify=20240229050607.1; name\r\n")
    #expect(line(.modify, fraction: 9) == "modify=20240229050607.123456789; name\r\n")
    #expect(line(.modify, fraction: 99) == "modify=20240229050607.123456789; name\r\n")
    #expect(text(TimeStamp.format(0, nanoseconds: 5, digits: 9)) == "19700101000000.000000005")
    #expect(text(TimeStamp.format(0, nanoseconds: 5, digits: 0)) == "19700101000000")
  }

  @Test func tellsCreationOnlyWhenItIsKnown() {
    #expect(line(.create) == " name\r\n")
    let extras = MachineFormatter.Extras(created: (1_709_183_167, 7))
    #expect(line(.create, extras: extras) == "create=20240229050607; name\r\n")
    #expect(line(.create, fraction: 9, extras: extras) == "create=20240229050607.000000007; name\r\n")
  }

  @Test(arguments: [
    ("a.html", "text/html"), ("A.HTML", "text/html"), ("x/y.tar.gz", "application/gzip"),
    ("a", nil), (".txt", nil), ("d/.txt", nil), ("a.", nil), ("a.unknown", nil), ("a.jpeg", "image/jpeg"),
  ])
  func tellsTheTypeOfKnownEndingsOnly(name: String, type: String?) {
    #expect(line(.mediaType, name: bytes(name)) == (type.map { "media-type=\($0);" } ?? "") + " \(name)\r\n")
    #expect(line(.mediaType, name: bytes(name), kind: .directory) == " \(name)\r\n")
  }

  @Test func tellsWhetherANameIsUTF8() {
    #expect(line(.charset) == "charset=UTF-8; name\r\n")
    #expect(line(.charset, name: [0xFF]).hasPrefix("charset=UNKNOWN-8BIT; "))
  }

  @Test func targetsBreakNoFact() {
    func shown(_ target: [UInt8]) -> String {
      line(.type, kind: .symlink, extras: MachineFormatter.Extras(linkTarget: target))
    }
    #expect(shown(bytes("../a/b-1.txt")) == "type=OS.unix=slink:../a/b-1.txt; name\r\n")
    #expect(shown(bytes("a;b c%")) == "type=OS.unix=slink:a%3Bb%20c%25; name\r\n")
    #expect(shown([0x0D, 0x0A, 0xFF, 0x00]) == "type=OS.unix=slink:%0D%0A%FF%00; name\r\n")
    #expect(shown([UInt8](repeating: 0x20, count: 4095)).utf8.count == 3 * 4095 + 27)
    #expect(line(.type, kind: .file, extras: MachineFormatter.Extras(linkTarget: [0x61])) == "type=file; name\r\n")
  }
}
