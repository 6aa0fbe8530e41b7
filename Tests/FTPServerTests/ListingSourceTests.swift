// Tests of listings: sorted, streaming, filtered, recursive, and of directories that change meanwhile.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import TestSupport
import Testing
import UnitSupport

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct ListingSourceTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func source(
    _ request: ListingRequest, at path: VirtualPath = .root, sortLimit: Int = 10_000
  ) throws -> ListingSource {
    try ListingSource(
      jail: directory.jail(), path: path, request: request, names: OwnerNames(), sortLimit: sortLimit,
      granted: .readAndWrite)
  }

  /// All lines of a listing, filled in pieces of `target` bytes.
  private func lines(_ source: ListingSource, target: Int = 100) throws -> [String] {
    var text: [UInt8] = []
    var goesOn = true
    while goesOn {
      var piece: [UInt8] = []
      goesOn = try source.fill(&piece, target: target)
      text += piece
    }
    #expect(text.isEmpty || text.suffix(2) == [0x0D, 0x0A])
    return String(decoding: text, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
      .dropLast().map(String.init)
  }

  private func names(_ request: ListingRequest = ListingRequest(style: .names(prefix: [])), sortLimit: Int = 10_000)
    throws
    -> [String]
  {
    try lines(source(request, sortLimit: sortLimit))
  }

  @Test func anEmptyDirectoryHasNoLines() throws {
    #expect(try names() == [])
    #expect(try lines(source(ListingRequest(style: .long))) == [])
  }

  @Test func piecesAreFilledWhereThereIsEnough() throws {
    for index in 0..<200 { try directory.file("file\(index)") }
    let source = try source(ListingRequest(style: .names(prefix: [])))
    for _ in 0..<10 {
      var piece: [UInt8] = []
      #expect(try source.fill(&piece, target: 100))
      #expect(piece.count >= 100 && piece.count < 120)
    }
  }

  /// The session looks at its client between two pieces, so none takes long, even if it finds nothing.
  @Test(arguments: [0, 10_000]) func aPieceEndsAfterManyEntriesEvenIfItIsEmpty(_ sortLimit: Int) throws {
    for index in 0..<5000 { #expect(symlink("x", directory.path(of: "entry\(index)")) == 0) }
    let source = try source(
      ListingRequest(style: .names(prefix: []), pattern: Glob(Array("nothing*".utf8))), sortLimit: sortLimit)
    var pieces = 0
    var piece: [UInt8] = []
    repeat { pieces += 1 } while try source.fill(&piece, target: 100)
    #expect(piece.isEmpty)
    #expect(pieces >= 3)
    let all = try names(sortLimit: sortLimit)
    #expect(all.count == 5000)
    if sortLimit > 0 { #expect(all == all.sorted()) }
  }

  @Test func isSortedUpToTheLimit() throws {
    let expected = ["A", "Z", "a", "a-b", "ab", "b", "é"]
    for name in expected.reversed() { try directory.file(name) }
    #expect(try names() == expected)
    #expect(try names(sortLimit: 7) == expected)
    #expect(try names(ListingRequest(style: .names(prefix: []), isReversed: true)) == expected.reversed())
  }

  @Test(arguments: [0, 1, 299, 300, 301])
  func everyNameComesOnceWhateverTheLimit(_ limit: Int) throws {
    for index in 0..<300 { try directory.file("file \(index)") }
    let all = Set((0..<300).map { "file \($0)" })
    let names = try names(sortLimit: limit)
    #expect(names.count == 300)
    #expect(Set(names) == all)
    #expect(limit < 300 || names == names.sorted())
  }

  /// LIST of a directory beyond the sort limit, with its status calls: the same lines, in the file system's order.
  @Test func longLinesStreamToo() throws {
    for index in 0..<300 { try directory.file("f\(index)", size: index) }
    let sorted = try lines(source(ListingRequest(style: .long)))
    let streamed = try lines(source(ListingRequest(style: .long), sortLimit: 10))
    #expect(sorted.count == 300)
    #expect(streamed.sorted() == sorted.sorted())
  }

  @Test func machineListingsHaveTheDotsFirst() throws {
    try directory.file("f", size: 3)
    directory.directory("d")
    let lines = try lines(source(ListingRequest(style: .machine([.type]))))
    #expect(lines.prefix(2) == ["type=cdir; .", "type=pdir; .."])
    #expect(lines.dropFirst(2).sorted() == ["type=dir; d", "type=file; f"])
  }

  @Test func theDotsAreShownWhenAskedFor() throws {
    try directory.file("f")
    let lines = try lines(source(ListingRequest(style: .long, showsDots: true)))
    #expect(lines.map { $0.split(separator: " ").last.map(String.init) } == [".", "..", "f"])
    #expect(lines[0].hasPrefix("d"))
  }

  @Test func namesHaveTheirPrefix() throws {
    try directory.file("f")
    #expect(try names(ListingRequest(style: .names(prefix: Array("a/b/".utf8)))) == ["a/b/f"])
  }

  @Test(arguments: [0, 100])
  func onlyWhatMatches(_ limit: Int) throws {
    for name in ["a.txt", "b.txt", "c.bin", ".hidden.txt", "txt"] { try directory.file(name) }
    var request = ListingRequest(style: .names(prefix: []))
    request.pattern = Glob(Array("*.txt".utf8))
    #expect(try names(request, sortLimit: limit).sorted() == ["a.txt", "b.txt"])
    request.pattern = Glob(Array("nothing*".utf8))
    #expect(try names(request, sortLimit: limit) == [])
  }

  @Test func newestFirst() throws {
    for (index, name) in ["old", "new", "middle"].enumerated() {
      try directory.file(name)
      let file = try File.open("\(directory.path)/\(name)", flags: O_RDONLY)
      try File.setModificationTime(file.number, seconds: [100, 300, 200][index], nanoseconds: 0)
    }
    #expect(try names(ListingRequest(style: .names(prefix: []), isByTime: true)) == ["new", "middle", "old"])
    #expect(
      try names(ListingRequest(style: .names(prefix: []), isReversed: true, isByTime: true)) == [
        "old", "middle", "new",
      ])
  }

  @Test(arguments: [0, 100])
  func whatHasVanishedIsLeftOut(_ limit: Int) throws {
    for index in 0..<20 { try directory.file("f\(index)") }
    let source = try source(ListingRequest(style: .long), sortLimit: limit)
    for index in 0..<20 where index % 2 == 0 { directory.remove("f\(index)") }
    let names = try lines(source).compactMap { $0.split(separator: " ").last.map(String.init) }
    // What the kernel had read before may be left out or not; what is there is never left out.
    #expect(Set(names).isSuperset(of: (0..<20).filter { $0 % 2 == 1 }.map { "f\($0)" }))
    #expect(names.count == 10)
  }

  @Test func linksShowWhereTheyLead() throws {
    #expect(symlink("/etc/passwd", "\(directory.path)/link") == 0)
    let line = try #require(try lines(source(ListingRequest(style: .long))).first)
    #expect(line.hasPrefix("lrwxrwxrwx"))
    #expect(line.hasSuffix("link -> /etc/passwd"))
  }

  @Test func aDirectoryThatCannotBeOpenedIsAnError() throws {
    try directory.file("f")
    #expect(failure { _ = try source(ListingRequest(style: .long), at: path("/missing")) } == ENOENT)
    #expect(failure { _ = try source(ListingRequest(style: .long), at: path("/f")) } == ENOTDIR)
  }

  // MARK: LIST -R

  private var recursive: ListingRequest { ListingRequest(style: .long, isRecursive: true) }

  private func titles(_ lines: [String]) -> [String] { lines.filter { $0.hasPrefix(".") && $0.hasSuffix(":") } }

  @Test(arguments: [0, 10_000])
  func entersEachDirectoryOnce(_ limit: Int) throws {
    for name in ["a", "a/b", "a/b/c", "d"] { directory.directory(name) }
    try directory.file("a/b/f")
    let lines = try lines(source(recursive, sortLimit: limit))
    #expect(titles(lines).sorted() == ["./a/b/c:", "./a/b:", "./a:", "./d:"])
    #expect(lines.count { $0.hasSuffix(" f") } == 1)
    if limit > 0 { #expect(titles(lines) == ["./a:", "./a/b:", "./a/b/c:", "./d:"]) }
  }

  @Test func linksAreNotEntered() throws {
    directory.directory("d")
    #expect(symlink("..", "\(directory.path)/d/loop") == 0)
    #expect(symlink("/", "\(directory.path)/root") == 0)
    #expect(titles(try lines(source(recursive))) == ["./d:"])
  }

  @Test func depthIsBounded() throws {
    var path = "d0"
    directory.directory(path)
    for level in 1..<100 {
      path += "/d\(level)"
      directory.directory(path)
    }
    #expect(titles(try lines(source(recursive))).count == 64)
  }

  @Test func theNumberOfDirectoriesIsBounded() throws {
    for outer in 0..<103 {
      directory.directory("\(outer)")
      for inner in 0..<100 { directory.directory("\(outer)/\(inner)") }
    }
    let count = titles(try lines(source(recursive), target: 1 << 20)).count
    #expect((9000...10_000).contains(count))
  }

  @Test(arguments: [0, 100])
  func subdirectoriesThatVanishDoNotEndTheListing(_ limit: Int) throws {
    for name in ["a", "b", "c"] { directory.directory(name) }
    try directory.file("c/f")
    let source = try source(recursive, sortLimit: limit)
    var out: [UInt8] = []
    var goesOn = true
    while goesOn, !String(decoding: out, as: UTF8.self).contains(":\r\n") {
      goesOn = try source.fill(&out, target: out.count + 1)
    }
    // One title is out; of the other two one goes.
    let entered = String(decoding: out, as: UTF8.self).contains("./b:") ? "a" : "b"
    #expect(rmdir("\(directory.path)/\(entered)") == 0)
    while goesOn { goesOn = try source.fill(&out, target: out.count + 1) }
    let text = String(decoding: out, as: UTF8.self)
    #expect(text.contains("./c:\r\n"))
    #expect(text.contains(" f\r\n"))
  }

  /// A directory called `x CR LF …` must not write lines of its own into the listing.
  @Test func noDirectoryNameSplitsALine() throws {
    directory.directory("x\r\n-rwxrwxrwx 1 root root 1 Jan  1 00:00 forged")
    directory.directory("tilde")
    directory.directory("~")
    let lines = try lines(source(recursive))
    #expect(!lines.contains { $0.hasPrefix("-") })
    #expect(titles(lines).contains("./~:"))
    #expect(titles(lines).contains("./tilde:"))
  }

  @Test func theLastNameOfNLSTRLeadsToItsFile() throws {
    directory.directory("d")
    try directory.file("d/f")
    let names = try names(ListingRequest(style: .names(prefix: []), isRecursive: true))
    // RFC 1123, section 4.1.2.7: every name can be used as a pathname.
    for name in names { #expect(access("\(directory.path)/\(name)", F_OK) == 0, "\(name)") }
  }
}
