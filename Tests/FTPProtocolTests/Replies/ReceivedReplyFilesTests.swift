// Tests of the replies that tell of files: 257, 150, 213, STOU, MLST, 110, and the digests.

import FTPProtocol
import Testing

private func reply(_ code: UInt16, _ lines: String...) -> ReceivedReply? {
  ReceivedReply(code: code, lines: lines.map(bytes))
}

@Suite struct ReceivedReplyFilesTests {
  @Test(
    arguments: [
      ("\"/\" is the current directory.", "/"), ("\"/a b\"", "/a b"), ("\"/say \"\"hi\"\"\" created.", "/say \"hi\""),
      ("Current directory is \"/x\".", "/x"), ("\"\"\"\"", "\""), ("\"/a\"b\"", "/a"), ("\"C:\\x\" is cwd", "C:\\x"),
      ("\"\"", nil), ("\"/open", nil), ("\"/open\"\"", nil), ("/x is the current directory", nil), ("", nil),
      ("\"", nil),
    ] as [(String, String?)])
  func readsPathnames(text: String, path: String?) {
    #expect(reply(257, text)?.pathname.map { FTPProtocolTests.text($0) } == path)
  }

  @Test(
    arguments: [
      ("Opening BINARY mode data connection for a.iso (1234 bytes).", 1234), ("Opening for x (0 bytes)", 0),
      ("(5 bytes) in the name (1234 bytes).", 1234), ("for (5 bytes)", 5), ("(18446744073709551615 bytes)", .max),
      ("(18446744073709551616 bytes)", nil), ("(1 bytes) (18446744073709551616 bytes)", 1), ("1234 bytes)", nil),
      ("( bytes)", nil), ("(1,234 bytes)", nil), ("(12x bytes)", nil), ("(1234 bytes", nil),
      ("Here comes the listing.", nil),
      ("", nil),
    ] as [(String, UInt64?)])
  func readsAnnouncedSizes(text: String, size: UInt64?) {
    #expect(reply(150, text)?.announcedSize == size)
    #expect(reply(125, "first", text)?.announcedSize == size)
  }

  @Test(
    arguments: [
      ("1234", 1234), (" 1234 ", 1234), ("1234\r", 1234), ("0", 0), ("18446744073709551615", .max),
      ("18446744073709551616", nil),
      // curl takes the digits at the end, whatever a server writes before them.
      ("size of a.txt is 1234", 1234), ("file2", nil), ("-5", nil), ("1234 bytes", nil), ("", nil), (" ", nil),
      ("1.5", nil),
    ] as [(String, UInt64?)])
  func readsSizes(text: String, size: UInt64?) {
    #expect(reply(213, text)?.fileSize == size)
  }

  @Test(
    arguments: [
      ("20261129021800", 1_795_918_680, 0), (" 20261129021800 ", 1_795_918_680, 0),
      ("20261129021800.5", 1_795_918_680, 500_000_000), ("20261129021800.123456789123", 1_795_918_680, 123_456_789),
      // The years since 1900 behind "19".
      ("191001129021800", 975_464_280, 0), ("191261129021800", 1_795_918_680, 0),
      ("191261129021800.5", 1_795_918_680, 500_000_000),
      ("20261129021800 a.txt", 1_795_918_680, 0),
    ] as [(String, Int64, UInt32)])
  func readsModificationTimes(text: String, seconds: Int64, nanoseconds: UInt32) throws {
    let time = try #require(reply(213, text)?.modificationTime)
    #expect(time.seconds == seconds)
    #expect(time.nanoseconds == nanoseconds)
  }

  @Test(arguments: [
    "", "2026", "20261329021800", "20261129021800Z", "20261129021800.", "19126112902180", "291261129021800",
    "201261129021800",
    "1234", "19126112902180000",
  ])
  func refusesModificationTimes(text: String) {
    #expect(reply(213, text)?.modificationTime == nil)
  }

  @Test func readsUniqueNames() {
    func name(_ code: UInt16, _ lines: String...) -> String? {
      ReceivedReply(code: code, lines: lines.map(bytes))?.uniqueName.map { text($0) }
    }
    #expect(name(150, "FILE: ftp1.tmp") == "ftp1.tmp")
    #expect(name(125, "FILE: a b ") == "a b ")
    #expect(name(150, "Opening ASCII mode data connection for FILE: x.") == "x.")
    // BSD and its descendants.
    #expect(name(226, "Transfer complete (unique file name:core.1).") == "core.1")
    #expect(name(226, "Transfer complete (unique file name: a(1).txt).") == "a(1).txt")
    #expect(name(226, "Transfer complete; unique file name: x") == "x")
    #expect(name(226, "Transfer complete (unique file name:x") == "x")
    #expect(name(250, "\"a \"\"b\"\"\" stored.") == "a \"b\"")
    #expect(name(250, "FILE: x") == "x")
    #expect(name(226, "first", "FILE: x", "last") == "x")
    for text in ["", "FILE: ", "Transfer complete.", "unique file name:", "(unique file name:)", "FILE"] {
      #expect(name(226, text) == nil, "\(text)")
    }
    // A 150 quotes what a client asked for.
    #expect(name(150, "Opening data connection for \"x\".") == nil)
    #expect(name(213, "FILE: x") == nil)
  }

  @Test func readsTheEntryOfMLST() throws {
    let entry = try #require(reply(250, "Listing /a", " type=file;size=3; /a;b", "End")?.listedEntry)
    #expect(text(entry.name) == "/a;b")
    #expect(entry.size == 3)
    // Without the blank, and a name that begins with one.
    #expect(reply(250, "-", "type=dir; /a", "End")?.listedEntry?.kind == .directory)
    #expect(reply(250, "-", "   x", "End")?.listedEntry.map { text($0.name) } == " x")
    #expect(reply(250, "type=file; a")?.listedEntry == nil)
    #expect(reply(250, "a", "b")?.listedEntry == nil)
    #expect(reply(213, "-", " type=file; a", "End")?.listedEntry == nil)
    let facts = FileFacts(
      kind: .file, mode: 0o644, links: 1, owner: 0, group: 0, size: 9, modified: 0, modifiedNanoseconds: 0, device: 1,
      inode: 2)
    var formatter = MachineFormatter(facts: [.type, .size])
    let line = formatter.replyLine(path: bytes("/a b"), facts: facts, permissions: [])
    let own = try #require(received(Reply(250, opening: "Listing", lines: [line], closing: "End"))?.listedEntry)
    #expect(text(own.name) == "/a b")
    #expect(own.size == 9)
  }

  @Test func readsRestartMarkers() throws {
    let markers = try #require(reply(110, "MARK 1048576-AF = 99-x")?.restartMarkers)
    #expect(text(markers.sent) == "1048576-AF")
    #expect(text(markers.received) == "99-x")
    for text in ["", "MARK a", "MARK a b", "MARK a = ", "MARK = b", "mark a = b", "MARK a = b c", "MARK a == b"] {
      #expect(reply(110, text)?.restartMarkers == nil, "\(text)")
    }
    #expect(reply(150, "MARK a = b")?.restartMarkers == nil)
  }

  @Test func theCodeHasToFit() {
    #expect(reply(250, "\"/x\"")?.pathname == nil)
    #expect(reply(226, "(5 bytes)")?.announcedSize == nil)
    #expect(reply(200, "5")?.fileSize == nil)
    #expect(reply(200, "20261129021800")?.modificationTime == nil)
  }

  @Test func readsTheServersOwn() {
    for path in ["/", "/a \"b\"", "/\"\"", "/é \u{1}\u{1B}\u{7F}x"] {
      #expect(received(Reply.path(257, bytes(path), "is the current directory."))?.pathname.map { text($0) } == path)
    }
    for name in ["a", "(5 bytes)", "a (5 bytes).", " bytes)"] {
      #expect(received(Reply.opening(name: bytes(name), byteCount: 1234, type: .image))?.announcedSize == 1234)
      #expect(
        received(Reply.opening(name: bytes(name), byteCount: 1234, type: .ascii(.nonPrint)))?.announcedSize == nil)
    }
    let stamp = TimeStamp.format(1_795_918_680, nanoseconds: 5, digits: 9)
    #expect(
      received(Reply(213, bytes: stamp))?.modificationTime.map { [$0.seconds, Int64($0.nanoseconds)] } == [
        1_795_918_680, 5,
      ])
  }
}

@Suite struct ReceivedDigestTests {
  @Test func readsHASH() throws {
    let digest = try #require(reply(213, "sha-256 0-49 00ff10AB a  b").flatMap(ReceivedDigest.init))
    #expect(digest.algorithm == "SHA-256")
    #expect(digest.first == 0 && digest.last == 49)
    #expect(digest.digest == [0x00, 0xFF, 0x10, 0xAB])
    #expect(text(digest.pathname) == "a  b")
  }

  @Test(arguments: [
    "", "MD5", "MD5 0-1 00", "MD5 0-1  a", "MD5 0-1 0 a", "MD5 0-1 0g a", "MD5 0 00 a", "MD5 0-1-2 00 a", "MD5 -1 00 a",
    " 0-1 00 a",
    "MD5 0-18446744073709551616 00 a", "20261129021800",
  ])
  func refusesHASH(text: String) {
    #expect(reply(213, text).flatMap(ReceivedDigest.init) == nil)
  }

  @Test func theCodeHasToFit() {
    #expect(reply(250, "MD5 0-1 00 a").flatMap(ReceivedDigest.init) == nil)
  }

  @Test(
    arguments: [
      ("CBF43926", 4, [0xCB, 0xF4, 0x39, 0x26]), ("cbf43926", 4, [0xCB, 0xF4, 0x39, 0x26]),
      // With the name in front, which may look like a digest itself.
      ("deadbeef CBF43926", 4, [0xCB, 0xF4, 0x39, 0x26]), ("XCRC of a: CBF43926 ok", 4, [0xCB, 0xF4, 0x39, 0x26]),
      ("CBF43926", 16, nil), ("CBF4392", 4, nil), ("CBF4392G", 4, nil), ("CBF439266", 4, nil), ("", 4, nil),
      ("x", 0, nil),
    ] as [(String, Int, [UInt8]?)])
  func readsTheOlderCommands(text: String, byteCount: Int, digest: [UInt8]?) {
    #expect(reply(250, text)?.legacyDigest(byteCount: byteCount) == digest)
    #expect(reply(213, "first", text, "last")?.legacyDigest(byteCount: byteCount) == digest)
    #expect(reply(550, text)?.legacyDigest(byteCount: byteCount) == nil)
  }
}
