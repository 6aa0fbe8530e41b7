// The queue on disk: what is written is read once for each destination, in order, across restarts.

import Glibc
import LinuxSystem
import TestSupport
import Testing
import UnitSupport

@testable import weftpd_hooks

@Suite(.onThreads) struct SpoolTests {
  private static func record(_ number: Int, size: Int = 100) -> [UInt8] {
    let id = String(number)
    let text = "{\"id\":\"00000000-0000-4000-8000-\(String(repeating: "0", count: 12 - id.count))\(id)\",\"x\":\""
    return Array((text + String(repeating: "x", count: max(0, size - text.utf8.count - 3)) + "\"}\n").utf8)
  }

  /// Sends `bytes` through a pipe into the queue.
  private static func take(_ bytes: [UInt8], into spool: Spool) throws {
    let ends = try File.pipe(capacity: 1 << 20)
    let writer = OwnThread {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(ends.write, $0.baseAddress, $0.count) }
        if count > 0 { rest = rest.dropFirst(count) } else { _ = Poll.wait(ends.write, .writable, milliseconds: -1) }
      }
      _ = Descriptor(owning: ends.write)
    }
    Intake(ends.read, spool) {}.run()
    writer.join()
    _ = Descriptor(owning: ends.read)
  }

  private static func all(_ spool: Spool, _ destination: String) throws -> [[UInt8]] {
    var records: [[UInt8]] = []
    while let record = try spool.next(destination) {
      records.append(record)
      spool.advance(destination, by: record.count)
    }
    return records
  }

  @Test func everyDestinationGetsEverythingOnceAndInOrder() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "queue")
    // Many files, and records that begin in one and end in the next.
    let records = (0..<5000).map { Self.record($0, size: 60 + $0 % 500) }
    do {
      let spool = try Spool(path, limit: 64 << 20, destinations: ["program", "url"], cutsOff: true)
      try Self.take(records[..<2500].flatMap { $0 }, into: spool)
      #expect(try Self.all(spool, "program") == Array(records[..<2500]))
    }
    let spool = try Spool(path, limit: 64 << 20, destinations: ["program", "url"], cutsOff: true)
    try Self.take(records[2500...].flatMap { $0 }, into: spool)
    #expect(try Self.all(spool, "program") == Array(records[2500...]))
    #expect(try Self.all(spool, "url") == records)
  }

  @Test func smallFilesAreRemovedWhenAllHavePassed() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "queue")
    let spool = try Spool(path, limit: 131_072, destinations: ["program", "url"], cutsOff: true)
    #expect(spool.fileSize == 16_384)
    try Self.take((0..<600).flatMap { Self.record($0) }, into: spool)
    let files = { try directory.names(in: "queue").count { $0.hasSuffix(".records") } }
    #expect(try files() == 4)
    _ = try Self.all(spool, "program")
    #expect(try files() == 4)
    #expect(try Self.all(spool, "url").count == 600)
    #expect(try files() == 1)
  }

  @Test func whatHasNoRoomIsLostAsAWhole() throws {
    let directory = try TemporaryDirectory()
    let spool = try Spool(directory.path(of: "queue"), limit: 65_536, destinations: ["url"], cutsOff: true)
    let records = (0..<20_000).map { Self.record($0) }
    try Self.take(records.flatMap { $0 }, into: spool)
    let kept = try Self.all(spool, "url")
    #expect(kept.count >= 655)
    // As much as one call moves may come on top.
    #expect(kept.reduce(0) { $0 + $1.count } <= 65_536 + (1 << 20))
    #expect(kept == Array(records[..<kept.count]))
    // Afterwards there is room again.
    try Self.take(records[..<10].flatMap { $0 }, into: spool)
    #expect(try Self.all(spool, "url") == Array(records[..<10]))
  }

  @Test func aBeginningWithoutAnEndIsCutOff() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "queue")
    let whole = [Self.record(1), Self.record(2)]
    do {
      let spool = try Spool(path, limit: 1 << 20, destinations: ["url"], cutsOff: true)
      try Self.take(whole.flatMap { $0 } + Self.record(3).dropLast(20), into: spool)
    }
    do {
      // The same pipe goes on: nothing is lost.
      let spool = try Spool(path, limit: 1 << 20, destinations: ["url"], cutsOff: false)
      try Self.take(Array(Self.record(3).suffix(20)) + Self.record(4).dropLast(20), into: spool)
    }
    let spool = try Spool(path, limit: 1 << 20, destinations: ["url"], cutsOff: true)
    try Self.take(Self.record(5), into: spool)
    #expect(try Self.all(spool, "url") == whole + [Self.record(3), Self.record(5)])
  }

  @Test func aNewDestinationBeginsNowAndAnOldOneIsForgotten() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "queue")
    do {
      let spool = try Spool(path, limit: 1 << 20, destinations: ["url"], cutsOff: true)
      try Self.take(Self.record(1), into: spool)
    }
    let spool = try Spool(path, limit: 1 << 20, destinations: ["program"], cutsOff: true)
    try Self.take(Self.record(2), into: spool)
    #expect(try Self.all(spool, "program") == [Self.record(2)])
    #expect(!directory.exists("queue/position.url"))
  }

  @Test func aSpoiltPositionRepeatsRatherThanLoses() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path(of: "queue")
    do {
      let spool = try Spool(path, limit: 1 << 20, destinations: ["url"], cutsOff: true)
      try Self.take(Self.record(1) + Self.record(2), into: spool)
      _ = try Self.all(spool, "url")
    }
    try directory.write("queue/position.url", "nonsense")
    let spool = try Spool(path, limit: 1 << 20, destinations: ["url"], cutsOff: true)
    #expect(try Self.all(spool, "url") == [Self.record(1), Self.record(2)])
  }

  @Test func idsAreFound() {
    #expect(Deliverer.id(of: Self.record(7)) == "00000000-0000-4000-8000-000000000007")
    for broken in ["", "\n", "{}\n", "{\"id\":\"x\"}\n", "{\"id\":\"00000000-0000-4000-8000-000000000007\"}"] {
      #expect(Deliverer.id(of: Array(broken.utf8)) == nil)
    }
  }
}
