// Tests of what an upload leaves behind, whatever becomes of it, for each kind of target.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import Testing

@testable import UploadStore

@Suite struct UploadTargetTests {
  private let root: ScratchRoot
  private var jail: Jail { root.jail }

  init() throws { root = try ScratchRoot() }

  private func path(_ name: String) throws -> VirtualPath { try VirtualPath.root.resolving(Array(name.utf8)) }

  private func write(_ text: String, to target: any UploadTarget) throws {
    try Array(text.utf8).withUnsafeBytes { try File.write(target.number, $0, at: target.start) }
  }

  // MARK: in place

  @Test func nothingIsTouchedBeforeItBegins() throws {
    try root.write("old", to: "f")
    let target = try InPlaceUpload(path("f"), in: jail, at: .from(0), mode: nil)
    #expect(try root.read("f") == "old")
    target.abandon()
    #expect(try root.read("f") == "old")
    #expect(throws: Never.self) { try InPlaceUpload(path("new"), in: jail, at: .from(0), mode: nil).abandon() }
    #expect(root.names == ["f"])
  }

  @Test func fromTheBeginningEmptiesTheFile() throws {
    try root.write("a long old text", to: "f")
    let target = try InPlaceUpload(path("f"), in: jail, at: .from(0), mode: nil)
    try target.begin()
    try write("new", to: target)
    try target.commit { true }
    #expect(try root.read("f") == "new")
  }

  @Test func fromAnOffsetCutsNothingOff() throws {
    try root.write("0123456789", to: "f")
    let target = try InPlaceUpload(path("f"), in: jail, at: .from(3), mode: nil)
    try target.begin()
    #expect(target.start == 3)
    try write("ab", to: target)
    try target.commit { true }
    #expect(try root.read("f") == "012ab56789")
  }

  @Test func atTheEndIsBehindWhatIsThere() throws {
    try root.write("abc", to: "f")
    let target = try InPlaceUpload(path("f"), in: jail, at: .end, mode: nil)
    try target.begin()
    #expect(target.start == 3)
    try write("def", to: target)
    try target.commit { true }
    #expect(try root.read("f") == "abcdef")
  }

  @Test func placesThatCannotBe() throws {
    try root.write("abc", to: "f")
    #expect(mkdir(root.path + "/d", 0o755) == 0)
    func refusal(_ name: String, _ place: InPlaceUpload.Place) -> String {
      do throws(UploadError) {
        _ = try InPlaceUpload(VirtualPath.root.appending(name), in: jail, at: place, mode: nil)
        return "none"
      } catch {
        switch error {
        case .beyondEnd(4, 3): return "beyond end"
        case .beyondLimit: return "beyond limit"
        case .rangeBeyondEnd(4, 3): return "range beyond end"
        case .file(let cause): return "errno \(cause.code)"
        default: return "\(error)"
        }
      }
    }
    #expect(refusal("f", .from(4)) == "beyond end")
    #expect(refusal("f", .from(3)) == "none")
    #expect(refusal("f", .from(UInt64(Int64.max) + 1)) == "beyond limit")
    #expect(refusal("f", .within(4...9)) == "range beyond end")
    #expect(refusal("f", .within(3...9)) == "none")
    #expect(refusal("d", .from(0)) == "errno \(EISDIR)")
    #expect(refusal("x/y", .from(0)) == "errno \(ENOENT)")
  }

  @Test func aFileThatBecameShorterIsNotWrittenBeyondItsEnd() throws {
    try root.write("0123456789", to: "f")
    let one = try InPlaceUpload(path("f"), in: jail, at: .from(8), mode: nil)
    let other = try InPlaceUpload(path("f"), in: jail, at: .within(8...9), mode: nil)
    try root.write("0", to: "f")
    do throws(UploadError) {
      try one.begin()
      Issue.record("it has begun")
    } catch {
      guard case .beyondEnd(8, 1) = error else { throw error }
    }
    do throws(UploadError) {
      try other.begin()
      Issue.record("it has begun")
    } catch {
      guard case .becameShorter = error else { throw error }
    }
    #expect(try root.read("f") == "0")
  }

  @Test func aClaimedNameGoesIfNobodyConnects() throws {
    try root.write("", to: "claimed")
    try InPlaceUpload(path("claimed"), in: jail, at: .from(0), mode: nil, isClaimed: true).abandon()
    #expect(root.names.isEmpty)
    // Once it has begun, what has come stays.
    try root.write("", to: "claimed")
    let target = try InPlaceUpload(path("claimed"), in: jail, at: .from(0), mode: nil, isClaimed: true)
    try target.begin()
    try write("some", to: target)
    target.abandon()
    #expect(try root.read("claimed") == "some")
  }

  @Test func aNewFileGetsTheModeAskedFor() throws {
    let target = try InPlaceUpload(path("f"), in: jail, at: .from(0), mode: 0o640)
    try target.begin()
    try target.commit { true }
    #expect(try jail.status(of: path("f")).permissions & 0o777 == 0o640)
  }

  // MARK: room

  @Test func reservedRoomIsGivenBack() throws {
    let target = try InPlaceUpload(path("f"), in: jail, at: .from(0), mode: nil)
    try target.begin()
    guard let reservation = try Reservation(of: 1 << 20, in: target.number, at: 0) else { return }
    try write("abc", to: target)
    var raw = stat()
    #expect(fstat(target.number, &raw) == 0)
    #expect(raw.st_blocks * 512 >= 1 << 20)
    reservation.giveBack()
    #expect(fstat(target.number, &raw) == 0)
    #expect(raw.st_blocks * 512 < 1 << 20)
    try target.commit { true }
    #expect(try root.read("f") == "abc")
  }

  @Test func alloMayTellTheWholeOrTheRest() {
    #expect(Reservation.rest(of: 100, behind: 0) == 100)
    #expect(Reservation.rest(of: 100, behind: 30) == 70)
    #expect(Reservation.rest(of: 30, behind: 30) == 30)
    #expect(Reservation.rest(of: 30, behind: 100) == 30)
  }
}

extension VirtualPath {
  fileprivate func appending(_ name: String) -> VirtualPath { (try? resolving(Array(name.utf8))) ?? self }
}
