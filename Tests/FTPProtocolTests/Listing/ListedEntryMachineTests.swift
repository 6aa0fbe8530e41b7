// Tests of the MLSD parser: every fact, names that look like facts, what servers do wrong, and the formatter's own lines.

import FTPProtocol
import Testing

private func parsed(_ line: String) -> ListedEntry? { ListedEntry(machineLine: bytes(line)[...]) }

@Suite struct ListedEntryMachineTests {
  @Test func readsTheStandardFacts() throws {
    let line =
      "type=file;size=25730;modify=19940728095854.25;create=20260102030405;perm=adfrw;unique=4U1; cap60.pl198.tar.gz"
    let file = try #require(parsed(line))
    #expect(text(file.name) == "cap60.pl198.tar.gz")
    #expect(file.kind == .file)
    #expect(file.role == .entry)
    #expect(file.size == 25730)
    #expect(file.modified == ListedTime(seconds: 775_389_534, nanoseconds: 250_000_000, precision: .fraction))
    #expect(file.created == ListedTime(seconds: 1_767_323_045, precision: .second))
    #expect(file.permissions == [.append, .delete, .rename, .retrieve, .store])
    #expect(file.unique == bytes("4U1"))
    #expect(file.otherFacts.isEmpty)
  }

  @Test func readsTheOtherFacts() throws {
    let line =
      "Type=dir;UNIX.mode=02755;UNIX.owner=1000;UNIX.group=100;UNIX.ownername=Domain Users;UNIX.groupname=g;"
      + "Media-Type=text/plain;CHARSET=UTF-8;lang=und;Win32.ea=0x10;sizd=4096; d"
    let entry = try #require(parsed(line))
    #expect(entry.kind == .directory)
    #expect(entry.mode == 0o2755)
    #expect((entry.owner, entry.group) == (1000, 100))
    #expect(entry.ownerName == bytes("Domain Users"))
    #expect(entry.groupName == bytes("g"))
    #expect(entry.mediaType == bytes("text/plain"))
    #expect(entry.charset == bytes("UTF-8"))
    #expect(entry.language == bytes("und"))
    #expect(
      entry.otherFacts == [.init(name: "win32.ea", value: bytes("0x10")), .init(name: "sizd", value: bytes("4096"))])
  }

  @Test(
    arguments: [
      ("type=file", .file, .entry, nil), ("TYPE=Dir", .directory, .entry, nil),
      ("type=cdir", .directory, .current, nil),
      ("type=pdir", .directory, .parent, nil), ("type=OS.unix=slink:/a%20b", .symlink, .entry, "/a b"),
      ("type=OS.UNIX=symlink", .symlink, .entry, nil), ("type=OS.unix=slink:", .symlink, .entry, nil),
      // What is no percent code stays: others do not write it.
      ("type=OS.unix=slink:100%/x", .symlink, .entry, "100%/x"),
      ("type=OS.unix=chr-13/29", .characterDevice, .entry, nil), ("type=OS.unix=blk-11/108", .blockDevice, .entry, nil),
      ("type=OS.unix=fifo", .fifo, .entry, nil), ("type=OS.unix=socket", .socket, .entry, nil),
      ("type=OS.unix=door", .unknown, .entry, nil), ("type=OS.vms=x", .unknown, .entry, nil),
      ("type=", .unknown, .entry, nil),
      ("size=1", .unknown, .entry, nil),
    ] as [(String, FileFacts.Kind, MachineFormatter.Role, String?)])
  func readsTheType(fact: String, kind: FileFacts.Kind, role: MachineFormatter.Role, target: String?) throws {
    let entry = try #require(parsed(fact + "; n"))
    #expect(entry.kind == kind)
    #expect(entry.role == role)
    #expect(entry.linkTarget.map { text($0) } == target)
  }

  @Test func anUnknownTypeIsKept() {
    #expect(parsed("type=OS.vms=Dir; n")?.otherFacts == [.init(name: "type", value: bytes("OS.vms=Dir"))])
    #expect(parsed("type=OS.Unix=door; n")?.otherFacts == [.init(name: "type", value: bytes("OS.unix=door"))])
  }

  @Test(arguments: [
    ("type=file;  two blanks", " two blanks"), ("type=file; a;b=c; d", "a;b=c; d"), (" no facts", "no facts"),
    ("  blank and no facts", " blank and no facts"), ("type=file; ends in blanks  ", "ends in blanks  "),
    ("type=file;UNIX.ownername=Domain Users; x", "x"), ("perm=; x", "x"), ("x=a=b; =", "="),
    // One server leaves the last ; out.
    ("type=file;size=3 name of it", "name of it"), ("type=dir a", "a"),
  ])
  func findsTheName(line: String, name: String) {
    #expect(parsed(line).map { text($0.name) } == name)
  }

  @Test(arguments: [
    "", " ", "name", "/a/path", "type=file;", "type=file; ", "type=file;size=3;name", "file; name", ";; name",
    "a b=c; d", "=x; a", "type=file;=x; ",
  ])
  func refusesWhatIsNoEntry(line: String) {
    #expect(parsed(line) == nil)
  }

  @Test(arguments: [
    "size=-1;modify=2014;UNIX.mode=999; n", "size=;modify=;UNIX.mode=; n",
    "size=1x;modify=20261301000000;UNIX.mode=0x1; n",
    "size=18446744073709551616;modify=20141205180002Z;UNIX.mode=7777777; n",
    "size=3 4;modify= 20261129021800;unix.MODE=a; n",
  ])
  func passesOverWrongValues(line: String) throws {
    let entry = try #require(parsed(line))
    #expect(text(entry.name) == "n")
    #expect(entry.size == nil)
    #expect(entry.modified == nil)
    #expect(entry.mode == nil)
  }

  @Test func takesAnOwnerByNameOrNumber() {
    // Pure-FTPd calls the numbers uid and gid.
    #expect(parsed("UNIX.uid=7;UNIX.gid=8; n").map { [$0.owner, $0.group] } == [7, 8])
    #expect(parsed("UNIX.owner=alice; n")?.ownerName == bytes("alice"))
    #expect(parsed("UNIX.owner=4294967296; n")?.owner == nil)
    #expect(parsed("UNIX.ownername=a;UNIX.owner=b; n")?.ownerName == bytes("a"))
  }

  @Test func timesBefore1970AreTimes() {
    #expect(parsed("modify=19691231235959; n")?.modified == ListedTime(seconds: -1, precision: .second))
    #expect(parsed("modify=00000101000000; n")?.modified?.seconds == -62_167_219_200)
  }

  @Test(
    arguments: [
      ("a", true), ("a b", true), (" ", true), ("...", true), ("..a", true), ("-rf", true), ("a\\b", true), ("é", true),
      ("", false), (".", false), ("..", false), ("/", false), ("a/b", false), ("/etc/passwd", false), ("../x", false),
      ("a\0", false), ("x/", false),
    ])
  func tellsSafeNames(name: String, isSafe: Bool) {
    #expect(ListedEntry(name: bytes(name), kind: .file).isSafeName == isSafe)
  }

  @Test func anyByteButNULAndSlashIsSafe() {
    for byte in UInt8.min...UInt8.max {
      #expect(ListedEntry(name: [byte, 0x61], kind: .file).isSafeName == (byte != 0 && byte != 0x2F), "byte \(byte)")
    }
  }

  @Test func readsWhatTheFormatterPrints() throws {
    let kinds: [FileFacts.Kind] = [.file, .directory, .symlink, .fifo, .socket, .characterDevice, .blockDevice]
    for (kind, role) in kinds.map({ ($0, MachineFormatter.Role.entry) }) + [
      (.directory, .current), (.directory, .parent),
    ] {
      let facts = FileFacts(
        kind: kind, mode: 0o4751, links: 1, owner: 1000, group: .max, size: .max, modified: -1, modifiedNanoseconds: 7,
        device: 0xFD00, inode: 42)
      var formatter = MachineFormatter(facts: .all, fractionDigits: 9)
      var line: [UInt8] = []
      let name: [UInt8] = bytes(" ;a=b; ") + [0xFF, 0x80, 0x1B]
      let target = kind == .symlink ? bytes("to;it %41 ") + [0xFE] : nil
      name.withUnsafeBytes {
        formatter.append(
          name: $0, facts: facts, role: role, permissions: [.enter, .list, .store], ownerName: bytes("al;ice"),
          groupName: bytes("g"), extras: .init(created: (1_767_323_045, 5), linkTarget: target), to: &line)
      }
      let entry = try #require(ListedEntry(machineLine: line.dropLast(2)[...]))
      #expect(entry.name == name)
      #expect(entry.kind == kind)
      #expect(entry.role == role)
      #expect(entry.size == (kind == .file ? .max : nil))
      #expect(entry.modified == ListedTime(seconds: -1, nanoseconds: 7, precision: .fraction))
      #expect(entry.created == ListedTime(seconds: 1_767_323_045, nanoseconds: 5, precision: .fraction))
      #expect(entry.permissions == [.enter, .list, .store])
      #expect(entry.mode == 0o4751)
      #expect(entry.owner == 1000)
      #expect(entry.group == .max)
      #expect(entry.ownerName == bytes("al_ice"))
      #expect(entry.unique == bytes("fd00U2a"))
      #expect(entry.linkTarget == target)
      #expect(entry.charset == bytes("UNKNOWN-8BIT"))
      #expect(entry.language == bytes("und"))
      #expect(entry.otherFacts.isEmpty)
    }
  }
}
