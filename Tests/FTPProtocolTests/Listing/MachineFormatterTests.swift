// Tests of MachineFormatter: the exact lines of MLSD and MLST.

import FTPProtocol
import Testing

@Suite struct MachineFormatterTests {
  private static func facts(_ kind: FileFacts.Kind = .file, modified: Int64 = 1_767_323_045) -> FileFacts {
    FileFacts(
      kind: kind, mode: 0o644, links: 1, owner: 1000, group: 100, size: 1234, modified: modified,
      modifiedNanoseconds: 5, device: 0x801, inode: 0xABC0)
  }

  private static func line(
    _ set: FactSet, _ file: FileFacts = facts(), role: MachineFormatter.Role = .entry, name: [UInt8] = bytes("name"),
    permissions: Permissions = [], ownerName: String? = nil, groupName: String? = nil
  ) -> String {
    var formatter = MachineFormatter(facts: set)
    var out: [UInt8] = []
    name.withUnsafeBytes {
      formatter.append(
        name: $0, facts: file, role: role, permissions: permissions, ownerName: ownerName.map(bytes),
        groupName: groupName.map(bytes), to: &out)
    }
    return text(out)
  }

  @Test func printsEveryFact() {
    let line = Self.line(
      .all, name: bytes("a b"), permissions: [.append, .delete, .rename, .retrieve, .store], ownerName: "joe",
      groupName: "us ers;")
    #expect(
      line == "type=file;size=1234;modify=20260102030405;perm=adfrw;unique=801Uabc0;UNIX.mode=0644;UNIX.owner=1000;"
        + "UNIX.group=100;UNIX.ownername=joe;UNIX.groupname=us_ers_;lang=und;charset=UTF-8; a b\r\n"
    )
  }

  @Test func printsPermissionsInOrder() {
    let all: Permissions = [
      .append, .create, .delete, .enter, .rename, .list, .makeDirectory, .purge, .retrieve, .store,
    ]
    #expect(Self.line(.perm, permissions: all) == "perm=acdeflmprw; name\r\n")
    #expect(Self.line(.perm) == "perm=; name\r\n")
  }

  @Test(arguments: [
    (FileFacts.Kind.file, MachineFormatter.Role.entry, "file"), (.directory, .entry, "dir"),
    (.directory, .current, "cdir"), (.directory, .parent, "pdir"), (.symlink, .entry, "OS.unix=slink:"),
    (.fifo, .entry, "OS.unix=fifo"), (.socket, .entry, "OS.unix=socket"), (.characterDevice, .entry, "OS.unix=chr"),
    (.blockDevice, .entry, "OS.unix=blk"), (.unknown, .entry, "OS.unix=unknown"),
  ])
  func printsTheType(kind: FileFacts.Kind, role: MachineFormatter.Role, value: String) {
    #expect(Self.line(.type, Self.facts(kind), role: role) == "type=\(value); name\r\n")
  }

  @Test func givesASizeToFilesOnly() {
    #expect(Self.line([.type, .size], Self.facts(.directory)) == "type=dir; name\r\n")
  }

  @Test func printsNoFactsAtAll() {
    #expect(Self.line([]) == " name\r\n")
  }

  @Test func printsTheModeInOctal() {
    var file = Self.facts()
    for (mode, expected) in [(0o4755, "04755"), (0o7, "0007"), (0o7777, "07777")] as [(UInt16, String)] {
      file.mode = mode
      #expect(Self.line(.unixMode, file) == "UNIX.mode=\(expected); name\r\n")
    }
  }

  @Test(
    arguments: [
      (Int64.min, "00000101000000"), (Int64.max, "99991231235959"), (-1, "19691231235959"), (-86400, "19691231000000"),
      (-86401, "19691230235959"), (86399, "19700101235959"),
    ] as [(Int64, String)])
  func printsAnyTime(modified: Int64, expected: String) {
    #expect(Self.line(.modify, Self.facts(modified: modified)) == "modify=\(expected); name\r\n")
  }

  @Test func cachedDaysAreNotMixedUp() {
    var formatter = MachineFormatter(facts: .modify)
    var out: [UInt8] = []
    for modified in [86399, 86400, 86399, 0] as [Int64] {
      bytes("n").withUnsafeBytes {
        formatter.append(name: $0, facts: Self.facts(modified: modified), permissions: [], to: &out)
      }
    }
    let dates = text(out).split(separator: "\r\n").map { $0.dropFirst(7).prefix(14) }
    #expect(dates == ["19700101235959", "19700102000000", "19700101235959", "19700101000000"])
  }

  @Test func noNameEndsALine() {
    #expect(Self.line([], name: bytes("a\r\nb")) == " a??b\r\n")
  }

  @Test func everythingAtItsLongestFits() {
    let file = FileFacts(
      kind: .file, mode: .max, links: .max, owner: .max, group: .max, size: .max, modified: .max,
      modifiedNanoseconds: .max, device: .max, inode: .max)
    let line = Self.line(.all, file, permissions: Permissions(rawValue: .max), ownerName: "o", groupName: "g")
    #expect(line.contains("unique=ffffffffffffffffUffffffffffffffff;"))
    #expect(line.hasSuffix("UNIX.groupname=g;lang=und;charset=UTF-8; name\r\n"))
  }

  @Test func indentsTheLineOfMLST() {
    var formatter = MachineFormatter(facts: [.type])
    let line = formatter.replyLine(path: bytes("/a b"), facts: Self.facts(), permissions: [])
    #expect(text(line) == " type=file; /a b")
  }
}
