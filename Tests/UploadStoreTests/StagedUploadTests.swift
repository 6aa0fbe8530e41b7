// Tests of uploads that get their name when they are whole, and of what is kept of those that break off.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import Testing

@testable import UploadStore

@Suite struct StagedUploadTests {
  private let root: ScratchRoot
  private var jail: Jail { root.jail }

  init() throws { root = try ScratchRoot() }

  private func path(_ name: String) throws -> VirtualPath { try VirtualPath.root.resolving(Array(name.utf8)) }

  private func write(_ text: String, to target: any UploadTarget) throws {
    try Array(text.utf8).withUnsafeBytes { try File.write(target.number, $0, at: target.start) }
  }

  // MARK: staged

  private func staged(
    _ name: String, at start: StagedUpload.Start = .new, keeping remainder: UploadOptions.Remainder = .toMarker
  ) throws -> StagedUpload {
    var options = UploadOptions()
    options.remainder = remainder
    return try StagedUpload(path(name), in: jail, at: start, options)
  }

  @Test func theOldFileStaysUntilTheNewOneIsWhole() throws {
    try root.write("old", to: "f")
    let target = try staged("f")
    try target.begin()
    try write("new text", to: target)
    #expect(try root.read("f") == "old")
    try target.commit { true }
    #expect(try root.read("f") == "new text")
    #expect(root.names == ["f"])
  }

  @Test func nothingIsLeftOfAStagedUploadThatFails() throws {
    try root.write("old", to: "f")
    let target = try staged("f")
    try target.begin()
    try write("half", to: target)
    target.abandon()
    #expect(try root.read("f") == "old")
    #expect(root.names == ["f"])
  }

  /// An upload that ends after a marker was answered, and lets go of its file.
  private func breakOff(_ text: String, at marker: Int64) throws {
    let target = try staged("f")
    try target.begin()
    try write(text, to: target)
    #expect(target.keep(upTo: marker))
    target.abandon()
  }

  @Test func aMarkerLetsItResume() throws {
    try breakOff("0123456789", at: 6)
    #expect(root.names == [".weftpd-f.part"])
    let second = try staged("f", at: .offset(6))
    try second.begin()
    #expect(second.start == 6)
    try write("abcd", to: second)
    try second.commit { true }
    #expect(try root.read("f") == "012345abcd")
    #expect(root.names == ["f"])
  }

  @Test func whatWasChangedMeanwhileIsNotGoneOnWith() throws {
    let first = try staged("f", keeping: .everything)
    try first.begin()
    try write("0123456789", to: first)
    first.abandon()
    try root.write("XX", to: ".weftpd-f.part")
    #expect { try staged("f", at: .offset(1), keeping: .everything) } throws: { error in
      if case .changedMeanwhile? = error as? UploadError { true } else { false }
    }
    // One that starts anew replaces it.
    let second = try staged("f", keeping: .everything)
    try second.begin()
    try write("whole", to: second)
    try second.commit { true }
    #expect(root.names == ["f"])
  }

  @Test func itCanBreakOffTwice() throws {
    let first = try staged("f", keeping: .everything)
    try first.begin()
    try write("0123", to: first)
    first.abandon()
    let second = try staged("f", at: .offset(4), keeping: .everything)
    try second.begin()
    try write("45", to: second)
    second.abandon()
    let third = try staged("f", at: .offset(6), keeping: .everything)
    try third.begin()
    try write("6789", to: third)
    try third.commit { true }
    #expect(try root.read("f") == "0123456789")
  }

  @Test func aResumedUploadThatCannotBeginLeavesThePartial() throws {
    let first = try staged("f")
    try first.begin()
    try write("0123456789", to: first)
    #expect(first.keep(upTo: 10))
    // Another session is at it.
    let name = try path("f")
    do throws(UploadError) {
      _ = try StagedUpload(name, in: jail, at: .offset(6), UploadOptions())
      Issue.record("two sessions resume the same upload")
    } catch {
      guard case .inUse = error else { throw error }
    }
    first.abandon()
  }

  @Test func whatCannotBeResumed() throws {
    func refusal(_ name: String, from offset: UInt64) -> String {
      do throws(UploadError) {
        _ = try StagedUpload(VirtualPath.root.appending(name), in: jail, at: .offset(offset), UploadOptions())
        return "none"
      } catch {
        switch error {
        case .nothingToResume: return "nothing"
        case .partialTooShort(10): return "too short"
        default: return "\(error)"
        }
      }
    }
    #expect(refusal("f", from: 5) == "nothing")
    try breakOff("0123456789", at: 10)
    #expect(refusal("f", from: 11) == "too short")
    #expect(refusal("f", from: 10) == "none")
    // A name too long for a partial beside it promises nothing.
    let long = try staged(String(repeating: "x", count: 250))
    try long.begin()
    #expect(!long.keep(upTo: 0))
    long.abandon()
  }

  @Test func appendedInOnePieceOrNotAtAll() throws {
    try root.write("abc", to: "f")
    let good = try staged("f", at: .end)
    try good.begin()
    try write("def", to: good)
    #expect(!good.keep(upTo: 3))
    try good.commit { true }
    #expect(good.place == 3)
    #expect(try root.read("f") == "abcdef")
    let stopped = try staged("f", at: .end)
    try stopped.begin()
    try write("ghi", to: stopped)
    do throws(UploadError) {
      try stopped.commit { false }
      Issue.record("it went on")
    } catch {
      guard case .stopped = error else { throw error }
    }
    stopped.abandon()
    #expect(try root.read("f") == "abcdef")
    #expect(root.names == ["f"])
  }

  @Test func nobodysFirstPieceIsLostWhenTwoBegin() throws {
    let first = try staged("f", at: .end)
    let second = try staged("f", at: .end)
    for (upload, text) in [(first, "abc"), (second, "def")] {
      try upload.begin()
      try write(text, to: upload)
    }
    try second.commit { true }
    try first.commit { true }
    #expect(second.place == 0)
    #expect(first.place == 3)
    #expect(try root.read("f") == "defabc")
    #expect(root.names == ["f"])
  }

  // MARK: what comes is what the file will be

  /// An upload whose bytes are kept, and that breaks off.
  private func breakOffInTheMiddle(_ text: String) throws {
    let target = try staged("f", keeping: .everything)
    try target.begin()
    try write(text, to: target)
    target.abandon()
  }

  @Test func allThatHasComeIsKeptAndGoneOnWith() throws {
    try breakOffInTheMiddle("01234")
    #expect(root.names == [".weftpd-f.part"])
    let second = try staged("f", at: .offset(5), keeping: .everything)
    try second.begin()
    try write("56789", to: second)
    try second.commit { true }
    #expect(try root.read("f") == "0123456789")
    #expect(root.names == ["f"])
  }

  @Test func anAppendGoesOnWithWhatIsKeptOnlyWhereThereIsNoFile() throws {
    try breakOffInTheMiddle("012")
    let second = try staged("f", at: .end, keeping: .everything)
    try second.begin()
    // As SIZE tells: all but the last byte.
    #expect(second.start == 2)
    try write("2345", to: second)
    try second.commit { true }
    #expect(try root.read("f") == "012345")
    try breakOffInTheMiddle("xy")
    let third = try staged("f", at: .end, keeping: .everything)
    try third.begin()
    try write("6", to: third)
    try third.commit { true }
    #expect(try root.read("f") == "0123456")
  }

  @Test func aNewBeginningTakesThePlaceOfWhatIsKept() throws {
    try breakOffInTheMiddle("a longer first try")
    try breakOffInTheMiddle("second")
    #expect(try root.read(".weftpd-f.part") == "second")
    let third = try staged("f", keeping: .everything)
    try third.begin()
    try write("whole", to: third)
    try third.commit { true }
    #expect(root.names == ["f"])
  }

  @Test func anOffsetBeyondWhatIsKeptMeansTheFile() throws {
    try root.write("0123456789", to: "f")
    let target = try staged("f", at: .offset(8), keeping: .everything)
    try target.begin()
    try write("ab", to: target)
    // The old one stays as it is until the end, and what lies behind the new bytes stays in the new one.
    #expect(try root.read("f") == "0123456789")
    try target.commit { true }
    #expect(try root.read("f") == "01234567ab")
    let middle = try staged("f", at: .offset(2), keeping: .everything)
    try middle.begin()
    try write("XY", to: middle)
    try middle.commit { true }
    #expect(try root.read("f") == "01XY4567ab")
    do throws(UploadError) {
      _ = try StagedUpload(VirtualPath.root.appending("f"), in: jail, at: .offset(11), keepingAll)
      Issue.record("it leaves a hole")
    } catch {
      guard case .beyondEnd(11, 10) = error else { throw error }
    }
  }

  @Test func nothingOfTheOldFilesEndIsKept() throws {
    try root.write("0123456789", to: "f")
    let target = try staged("f", at: .offset(4), keeping: .everything)
    try target.begin()
    try write("ab", to: target)
    target.abandon()
    #expect(try root.read("f") == "0123456789")
    // Who goes on at its size gets neither a hole nor bytes of another file.
    #expect(try root.read(".weftpd-f.part") == "0123ab")
    let second = try staged("f", at: .offset(2), keeping: .everything)
    second.abandon()
    try jail.removePartial(Array(".weftpd-f.part".utf8), beside: path("f"))
    // Nor when it turns out too late that it is not what it should be.
    let wrong = try staged("f", at: .offset(4), keeping: .everything)
    try wrong.begin()
    try write("ab", to: wrong)
    try wrong.complete { true }
    #expect(try File.status(wrong.number).size == 10)
    wrong.abandon()
    #expect(try root.read(".weftpd-f.part") == "0123ab")
  }

  @Test func anAppendWaitsForTheOneBeforeIt() throws {
    try root.write("a", to: "f")
    let target = try staged("f", at: .end, keeping: .everything)
    try target.begin()
    try write("b", to: target)
    let before = try File.open(root.path + "/f", flags: O_RDWR)
    #expect(try File.lock(before.number))
    var asked = 0
    try target.commit {
      asked += 1
      if asked == 3 { File.unlock(before.number) }
      return true
    }
    #expect(asked >= 3)
    #expect(try root.read("f") == "ab")
  }

  private var keepingAll: UploadOptions {
    var options = UploadOptions()
    options.remainder = .everything
    return options
  }

  @Test func ofTwoTheLaterOneWinsWhole() throws {
    let (one, two) = (try staged("f", keeping: .everything), try staged("f", keeping: .everything))
    for (target, text) in [(one, "first"), (two, "second, and longer")] {
      try target.begin()
      try write(text, to: target)
    }
    try two.commit { true }
    #expect(try root.read("f") == "second, and longer")
    try one.commit { true }
    #expect(try root.read("f") == "first")
    #expect(root.names == ["f"])
  }

  @Test func aLinkStaysAndItsTargetIsReplaced() throws {
    try root.write("old", to: "real")
    #expect(symlink("real", root.path + "/link") == 0)
    #expect(symlink("not there yet", root.path + "/dangling") == 0)
    for (name, real) in [("link", "real"), ("dangling", "not there yet")] {
      let target = try staged(name, keeping: .everything)
      try target.begin()
      try write("new", to: target)
      try target.commit { true }
      #expect(try root.read(real) == "new")
      #expect(try jail.status(of: path(name), followingLink: false).isSymbolicLink)
    }
    #expect(symlink("loop", root.path + "/loop") == 0)
    #expect(throws: UploadError.self) { try staged("loop") }
  }

  @Test func otherNamesOfAReplacedFileKeepTheOldContents() throws {
    try root.write("old", to: "f")
    #expect(link(root.path + "/f", root.path + "/g") == 0)
    let target = try staged("f", keeping: .everything)
    try target.begin()
    try write("new", to: target)
    try target.commit { true }
    #expect(try root.read("f") == "new")
    #expect(try root.read("g") == "old")
  }

  @Test func anExclusiveNameIsNotReplaced() throws {
    var options = UploadOptions()
    (options.isExclusive, options.remainder) = (true, .nothing)
    let target = try StagedUpload(path("f"), in: jail, at: .new, options)
    try target.begin()
    try write("new", to: target)
    try root.write("taken meanwhile", to: "f")
    do throws(UploadError) {
      try target.commit { true }
      Issue.record("it was replaced")
    } catch {
      guard case .file(let cause) = error, cause.code == EEXIST else { throw error }
    }
    target.abandon()
    #expect(try root.read("f") == "taken meanwhile")
    #expect(root.names == ["f"])
  }

  @Test func aDurableUploadIsTheSame() throws {
    var options = keepingAll
    options.isDurable = true
    try root.write("old", to: "f")
    let target = try StagedUpload(path("f"), in: jail, at: .new, options)
    try target.begin()
    try write("new", to: target)
    // Not worth a name yet.
    target.progressed(by: 3)
    #expect(root.names == ["f"])
    target.progressed(by: 16 << 20)
    #expect(root.names == [".weftpd-f.part", "f"])
    try target.commit { true }
    #expect(try root.read("f") == "new")
    #expect(root.names == ["f"])
  }

  @Test func theModeOfAReplacedFileStaysWhoeverUploads() throws {
    try root.write("old", to: "f")
    #expect(chmod(root.path + "/f", 0o640) == 0)
    let target = try staged("f", keeping: .everything)
    try target.begin()
    try target.commit { true }
    #expect(try jail.status(of: path("f")).permissions & 0o777 == 0o640)
  }

  @Test func aReplacedFilesPermissionsStay() throws {
    try root.write("old", to: "f")
    #expect(chmod(root.path + "/f", 0o604) == 0)
    let target = try staged("f")
    try target.begin()
    try target.commit { true }
    #expect(try jail.status(of: path("f")).permissions & 0o777 == 0o604)
  }
}

extension VirtualPath {
  fileprivate func appending(_ name: String) -> VirtualPath { (try? resolving(Array(name.utf8))) ?? self }
}
