// Tests of jails under a rule: the kernel says what a path leads to, also while directories move.

import FTPProtocol
import Glibc
import LinuxSystem
import Synchronization
import Testing
import UnitSupport

@testable import Jail

@Suite(.timeLimit(.minutes(5))) struct JailRulesTests {
  /// Nothing may be done beneath `/closed`.
  private struct NothingInClosed: PathRule {
    static let closed = path("/closed")
    func verdict(on path: VirtualPath) -> PathVerdict { path.isWithin(Self.closed) ? .refused : .granted }
    func mayReplace(_ path: VirtualPath) -> Bool { true }
    func mayMoveTree(_ path: VirtualPath) -> Bool { true }
  }

  @Test func aNameIsWhereThePathSaysUnlessThereIsALink() throws {
    let files = try JailDirectory()
    for name in ["root/open", "root/open/d", "root/closed"] { files.directory(name) }
    for name in ["root/f", "root/open/d/f", "root/closed/f"] { try files.write(name, name) }
    files.link("root/link", to: "closed/f")
    files.link("root/way", to: "closed")
    files.link("root/open/out", to: "../closed")
    let jail = files.jail.ruled(by: NothingInClosed())
    #expect(try contents(of: jail.openForReading(path("/f")).descriptor) == "root/f")
    #expect(try contents(of: jail.openForReading(path("/open/d/f")).descriptor) == "root/open/d/f")
    for closed in ["/closed/f", "/link", "/way/f", "/open/out/f"] {
      #expect(failure { _ = try jail.openForReading(path(closed)) } == EACCES, "\(closed)")
      #expect(failure { _ = try jail.status(of: path(closed)) } == EACCES, "\(closed)")
      #expect(failure { _ = try jail.openForWriting(path(closed), truncating: true) } == EACCES, "\(closed)")
    }
    #expect(failure { try jail.removeFile(path("/open/out/f")) } == EACCES)
    #expect(files.text("root/closed/f") == "root/closed/f")
  }

  @Test func aMoveIsSeenByWhoeverLooksMeanwhile() throws {
    let before = TreeMoves.moment
    try TreeMoves.during { () throws(SystemError) in
      #expect(TreeMoves.moment == nil)
      #expect(!TreeMoves.isUndisturbed(since: before))
    }
    #expect(!TreeMoves.isUndisturbed(since: before))
    #expect(!TreeMoves.isUndisturbed(since: nil))
  }

  /// A directory that a client moves while a path is looked up counts where it is now.
  @Test func aDirectoryThatIsMovedMeanwhileIsAskedAboutWhereItIs() throws {
    let files = try JailDirectory()
    for name in ["root/open", "root/closed", "root/open/moved", "root/open/d"] { files.directory(name) }
    for name in ["root/open/moved/f", "root/open/d/f"] { try files.write(name, name) }
    let (mover, jail) = (files.jail, files.jail.ruled(by: NothingInClosed()))
    let wanted = path("/open/moved/f")
    // Other tests look paths up, too.
    TreeMoves.lookedUp.withLock { hook in
      hook = { path in
        if path == wanted { try? mover.rename(wanted.parent, to: VirtualPath(Array("/closed/moved".utf8))) }
      }
    }
    defer { TreeMoves.lookedUp.withLock { $0 = nil } }
    #expect(failure { _ = try jail.openForReading(wanted) } == EACCES)
    #expect(files.exists("root/closed/moved/f"))
    #expect(try contents(of: jail.openForReading(path("/open/d/f")).descriptor) == "root/open/d/f")
  }
}
