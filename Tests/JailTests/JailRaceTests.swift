// Tests that swapping a directory for a link while an operation runs lets nothing out of the jail.

import FTPProtocol
import Glibc
import LinuxSystem
import Synchronization
import Testing
import UnitSupport

@testable import Jail

@Suite(.timeLimit(.minutes(5))) struct JailRaceTests {
  /// What a client might try on `/d/…` while `d` is a directory at one moment and a link to the outside at the next.
  enum Operation: String, CaseIterable, Sendable {
    case read, write, create, makeDirectory, removeFile, removeDirectory, renameFrom, renameTo, permissions, time, list
    case status
  }

  @Test(arguments: Operation.allCases)
  func nothingOutsideIsTouched(_ operation: Operation) throws {
    let files = try JailDirectory()
    try files.write("outside/f", "outside")
    files.directory("root/d")
    files.link("root/link", to: "../outside")
    files.link("root/absolute", to: "\(files.path)/outside")
    try files.write("root/spare", "inside")
    let before = try files.outside()

    let state = Flip()
    let root = "\(files.path)/root"
    let flipper = OwnThread {
      // The three names take turns at being `d`.
      while !state.isDone.load(ordering: .relaxed) {
        if exchange("\(root)/d", "\(root)/link") { _ = exchange("\(root)/d", "\(root)/link") }
        if exchange("\(root)/d", "\(root)/absolute") { _ = exchange("\(root)/d", "\(root)/absolute") }
        state.turns.add(1, ordering: .relaxed)
      }
    }
    defer {
      state.isDone.store(true, ordering: .relaxed)
      flipper.join()
    }
    var results: [Int32?: Int] = [:]
    let deadline = MonotonicTime.now.advanced(by: 20_000_000_000)
    var rounds = 0
    // On until both sides of the race were met often enough.
    while rounds < 1500 || results[nil, default: 0] < 50 || results.count < 2 {
      guard MonotonicTime.now < deadline else { break }
      try prepare(operation, files)
      let code = failure { try attempt(operation, files.jail) }
      results[code, default: 0] += 1
      rounds += 1
      if code == -1 { break }
    }
    #expect(try files.outside() == before)
    #expect(results[nil, default: 0] > 0, "it never worked: \(results)")
    #expect(results.count > 1, "it was never disturbed: \(results)")
    #expect(
      results.keys.allSatisfy { [nil, ENOENT, ENOTDIR, EEXIST, EISDIR, EAGAIN, EXDEV].contains($0) }, "\(results)")
  }

  private final class Flip: Sendable {
    let isDone = Atomic<Bool>(false)
    let turns = Atomic<Int>(0)
  }

  /// Puts things where the operation expects them, by ways that do not lead over the names that change places.
  private func prepare(_ operation: Operation, _ files: JailDirectory) throws {
    switch operation {
    case .create, .makeDirectory:
      try? files.jail.removeFile(path("/d/n"))
      try? files.jail.removeDirectory(path("/d/n"))
    case .removeDirectory: try? files.jail.makeDirectory(path("/d/f"))
    case .renameTo: try files.write("root/spare", "inside")
    default:
      if let file = try? files.jail.openForWriting(path("/d/f"), truncating: true) { try file.close() }
    }
  }

  /// Something outside was seen.
  private struct Escape: Error {}

  private func attempt(_ operation: Operation, _ jail: Jail) throws {
    switch operation {
    case .read:
      if try contents(of: try jail.openForReading(path("/d/f")).descriptor) == "outside" { throw Escape() }
    case .write: _ = try jail.openForWriting(path("/d/f"), truncating: true)
    case .create: _ = try jail.openForWriting(path("/d/n"), truncating: false, exclusive: true)
    case .makeDirectory: try jail.makeDirectory(path("/d/n"))
    case .removeFile: try jail.removeFile(path("/d/f"))
    case .removeDirectory: try jail.removeDirectory(path("/d/f"))
    case .renameFrom: try jail.rename(path("/d/f"), to: path("/spare"))
    case .renameTo: try jail.rename(path("/spare"), to: path("/d/f"))
    case .permissions: try jail.setPermissions(path("/d/f"), 0o777)
    case .time: try jail.setModificationTime(path("/d/f"), seconds: 1, nanoseconds: 0)
    case .list: if try names(jail.openDirectory(path("/d"))).contains(Array("secret".utf8)) { throw Escape() }
    case .status: if try jail.status(of: path("/d/f")).size == 7 { throw Escape() }
    }
  }

  /// A FIFO that takes a file's place must neither block nor be read.
  @Test func aFileSwappedForAFIFONeverBlocks() throws {
    let files = try JailDirectory()
    try files.write("root/f", "inside")
    #expect(mkfifo("\(files.path)/root/fifo", 0o666) == 0)
    let state = Flip()
    let root = "\(files.path)/root"
    let flipper = OwnThread {
      while !state.isDone.load(ordering: .relaxed) { _ = exchange("\(root)/f", "\(root)/fifo") }
    }
    var results: [Int32?: Int] = [:]
    let deadline = MonotonicTime.now.advanced(by: 20_000_000_000)
    for round in 0... {
      let code = failure {
        if round % 2 == 0 {
          let contents = try contents(of: try jail(files).openForReading(path("/f")).descriptor)
          #expect(contents == "inside")
        } else {
          _ = try jail(files).openForWriting(path("/f"), truncating: false)
        }
      }
      results[code, default: 0] += 1
      if MonotonicTime.now > deadline || (round > 3000 && results.count > 1) { break }
    }
    state.isDone.store(true, ordering: .relaxed)
    flipper.join()
    #expect(results[nil, default: 0] > 0)
    #expect(results[ENXIO, default: 0] > 0)
    #expect(results.count == 2, "\(results)")
  }

  private func jail(_ files: JailDirectory) -> Jail { files.jail }
}
