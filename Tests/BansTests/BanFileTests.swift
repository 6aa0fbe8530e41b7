// Bans in a file: what is kept, what others change, what is broken.

import Bans
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing
import UnitSupport

/// Waits for what another thread does.
private func soon(_ condition: () throws -> Bool) rethrows -> Bool { try Deadline.after(.seconds(60)).until(condition) }

private func text(_ directory: TemporaryDirectory, _ name: String) throws -> String {
  String(decoding: try directory.read(name), as: UTF8.self)
}

private func ban(_ text: String, until: Int64? = nil) throws -> Ban {
  Ban(try subject(text), since: WallClock.seconds, until: until, origin: .operator, reason: "test")
}

@Suite(.onThreads) struct BanFileTests {
  @Test func whatIsAddedIsThere() throws {
    let directory = try TemporaryDirectory()
    let file = BanFile(path: directory.path(of: "bans"))
    #expect(try file.list().isEmpty)
    let (one, two) = (try ban("192.0.2.1"), try ban("user:alice"))
    try file.change(adding: [one], removing: [])
    try file.change(adding: [two], removing: [])
    #expect(Set(try file.list()) == [one, two])
    try file.change(adding: [], removing: [one.subject])
    #expect(try file.list() == [two])
    // No temporary files are left, and the mode keeps others out.
    #expect(try directory.names() == ["bans"])
    #expect(try File.status(at: directory.path(of: "bans")).permissions == 0o640)
  }

  @Test func whatHasRunOutIsDropped() throws {
    let directory = try TemporaryDirectory()
    let file = BanFile(path: directory.path(of: "bans"))
    try file.change(adding: [try ban("192.0.2.1", until: WallClock.seconds - 1)], removing: [])
    try file.change(adding: [try ban("192.0.2.2")], removing: [])
    #expect(try file.list().map(\.subject.description) == ["192.0.2.2"])
  }

  @Test func aBrokenFileIsLeftAlone() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "bans")
    try directory.write("bans", "192.0.2.1 nonsense\n")
    let file = BanFile(path: path)
    #expect(throws: BanStoreError.self) { try file.list() }
    let another = try ban("192.0.2.2")
    #expect(throws: BanStoreError.self) { try file.change(adding: [another], removing: []) }
    #expect(try text(directory, "bans") == "192.0.2.1 nonsense\n")
    try directory.write("bans", "")
    chmod(path, 0o666)
    #expect(throws: BanStoreError.self) { try file.list() }
  }

  @Test func writersLoseNothingOfEachOther() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "bans")
    let writers = 8
    let group = (0..<writers).map { writer in
      OwnThread {
        let file = BanFile(path: path)
        for number in 0..<20 {
          #expect(throws: Never.self) { try file.change(adding: [try ban("10.\(writer).0.\(number)")], removing: []) }
        }
      }
    }
    for thread in group { thread.join() }
    #expect(try BanFile(path: path).list().count == writers * 20)
  }

  /// A book with a thread, and what it told.
  private final class Running: Sendable {
    let book: BanBook
    private let news = Mutex<[BanNews]>([])

    init(_ path: String, _ rules: BanRules = BanRules(), export: NftablesExport? = nil) throws {
      let file = BanFile(path: path)
      try file.startWatching()
      book = try BanBook(rules, store: file, export: export)
      try book.load()
      book.onNews { [self] new in news.withLock { $0.append(new) } }
      try book.start()
    }

    var added: [Ban] { news.withLock { $0.flatMap(\.added) } }
    var lifted: [Ban] { news.withLock { $0.flatMap(\.lifted) } }
    var faults: [String] { news.withLock { $0.flatMap(\.faults) } }
  }

  @Test func aRunningBookSeesWhatOthersChange() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "bans")
    let running = try Running(path)
    let client = try address("192.0.2.1")
    let before = MonotonicTime.now
    let one = try ban("192.0.2.1")
    try BanFile(path: path).change(adding: [one], removing: [])
    #expect(soon { running.book.ban(of: [client]) != nil }, "the ban is seen")
    #expect(MonotonicTime.now.since(before) < 1_000_000_000)
    #expect(soon { running.added == [one] }, "the ban is told")
    try BanFile(path: path).change(adding: [], removing: [one.subject])
    #expect(soon { running.book.ban(of: [client]) == nil }, "it is lifted")
    #expect(soon { running.lifted == [one] }, "that is told")
    unlink(path)
    try BanFile(path: path).change(adding: [one], removing: [])
    #expect(soon { running.book.ban(of: [client]) != nil }, "a new file is seen")
  }

  @Test func whatABookBansIsKept() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "bans")
    var rules = BanRules()
    rules.failures = 1
    let running = try Running(path, rules)
    let client = try address("192.0.2.1")
    running.book.note(.failedLogin, from: [client])
    #expect(try soon { try BanFile(path: path).list().count == 1 }, "the ban is in the file")
    // Another server, or this one after a restart.
    let next = try BanBook(BanRules(), store: BanFile(path: path))
    try next.load()
    #expect(next.ban(of: [client])?.reason == "1 failed logins")
    #expect(next.bans == running.book.bans)
  }

  @Test func aBrokenFileChangesNothingAndIsToldOnce() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "bans")
    let one = try ban("192.0.2.1")
    try BanFile(path: path).change(adding: [one], removing: [])
    let running = try Running(path)
    rename(try directory.write("broken", "nonsense\n"), path)
    #expect(soon { !running.faults.isEmpty }, "it is told")
    #expect(running.book.bans == [one])
    let whole = BanFile(path: directory.path(of: "other"))
    try whole.change(adding: [try ban("192.0.2.2")], removing: [])
    rename(directory.path(of: "other"), path)
    #expect(
      soon {
        running.book.bans.map(\.subject.description) == ["192.0.2.2"]
      }, "the mended file is read")
    #expect(running.faults.count == 1)
  }

  @Test func theExportFollows() throws {
    let directory = try TemporaryDirectory()
    let export = NftablesExport(path: directory.path(of: "nft"))
    let running = try Running(directory.path(of: "bans"), export: export)
    running.book.add(try ban("192.0.2.1"))
    #expect(
      soon {
        (try? text(directory, "nft").contains("banned4 { 192.0.2.1 }")) ?? false
      }, "the export has it")
    running.book.remove(try subject("192.0.2.1"))
    #expect(
      soon {
        (try? !text(directory, "nft").contains("192.0.2.1")) ?? false
      }, "it is gone")
  }
}
