// Tests of whole trees: removed, measured and made, within bounds and following no link.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing
import UnitSupport

@testable import Jail

@Suite struct JailTreesTests {
  private let limits = TreeLimits(entries: 1000, depth: 20)

  private func remove(_ files: JailDirectory, _ name: String, _ limits: TreeLimits? = nil) throws(SystemError) -> Int {
    var removed = 0
    try files.jail.removeTree(path(name), limits ?? self.limits, shouldStop: { false }, progress: { removed += 1 })
    return removed
  }

  @Test func removesATreeAndNothingBehindItsLinks() throws {
    let files = try JailDirectory()
    files.directory("root/d")
    files.directory("root/d/e")
    try files.write("root/d/e/f", "x")
    files.link("root/d/out", to: "../../outside")
    files.link("root/d/e/abs", to: "\(files.path)/outside")
    files.directory("root/keep")
    try files.write("root/keep/f", "x")
    files.link("root/d/keep", to: "../keep")
    let before = try files.outside()
    #expect(try remove(files, "/d") == 5)
    #expect(!files.exists("root/d"))
    #expect(files.text("root/keep/f") == "x")
    #expect(try files.outside() == before)
  }

  @Test func removesNeitherLinksNorFilesNorTheRoot() throws {
    let files = try JailDirectory()
    files.directory("root/d")
    files.link("root/l", to: "d")
    try files.write("root/f")
    #expect([ELOOP, ENOTDIR].contains(failure { _ = try remove(files, "/l") }))
    #expect(failure { _ = try remove(files, "/f") } == ENOTDIR)
    #expect(failure { _ = try remove(files, "/") } == EBUSY)
    #expect(failure { _ = try remove(files, "/missing") } == ENOENT)
    #expect(files.exists("root/d") && files.exists("root/f"))
  }

  @Test func stopsAtItsBoundsAndWhenAsked() throws {
    let files = try JailDirectory()
    files.directory("root/many")
    for number in 0..<50 { try files.write("root/many/\(number)") }
    #expect(failure { _ = try remove(files, "/many", TreeLimits(entries: 20, depth: 5)) } == EOVERFLOW)
    #expect(try files.jail.measureTree(path("/many"), limits, shouldStop: { false }).entries == 30)
    var deep = "root/deep"
    files.directory(deep)
    for _ in 0..<10 {
      deep += "/d"
      files.directory(deep)
    }
    #expect(failure { _ = try remove(files, "/deep", TreeLimits(entries: 100, depth: 5)) } == ELOOP)
    #expect(try remove(files, "/deep") == 10)
    let stopped = failure {
      try files.jail.removeTree(path("/many"), limits, shouldStop: { true }, progress: {})
    }
    #expect(stopped == ECANCELED)
    #expect(try files.jail.measureTree(path("/many"), limits, shouldStop: { false }).entries == 30)
  }

  @Test func measuresFilesWithoutFollowing() throws {
    let files = try JailDirectory()
    files.directory("root/d")
    files.directory("root/d/e")
    try files.write("root/d/f", "12345")
    try files.write("root/d/e/g", "123")
    files.link("root/d/out", to: "../../outside/secret")
    let tally = try files.jail.measureTree(path("/d"), limits, shouldStop: { false })
    #expect(tally.bytes == 8)
    #expect(tally.entries == 4)
    #expect(failure { _ = try files.jail.measureTree(path("/d/f"), limits, shouldStop: { false }) } == ENOTDIR)
  }

  /// A directory that may not be read counts, and what is in it does not.
  @Test(.enabled(if: geteuid() != 0, "root may read everything")) func whatMayNotBeReadIsLeftOut() throws {
    let files = try JailDirectory()
    files.directory("root/d")
    try files.write("root/d/f", "12345")
    files.directory("root/d/shut")
    try files.write("root/d/shut/g", "123")
    try files.jail.setPermissions(path("/d/shut"), 0)
    let tally = try files.jail.measureTree(path("/d"), limits, shouldStop: { false })
    #expect(tally.bytes == 5 && tally.entries == 2)
    try files.jail.setPermissions(path("/d/shut"), 0o700)
  }

  @Test func makesWhatIsMissing() throws {
    let files = try JailDirectory()
    #expect(try files.jail.makeDirectories(path("/a/b/c"), mode: nil) == 3)
    #expect(try files.jail.makeDirectories(path("/a/b/c/d"), mode: 0o777) == 1)
    #expect(try files.jail.status(of: path("/a/b/c/d")).permissions == 0o777)
    #expect(try files.jail.makeDirectories(path("/a/b"), mode: nil) == 0)
    #expect(try files.jail.makeDirectories(.root, mode: nil) == 0)
    try files.write("root/f")
    #expect(failure { _ = try files.jail.makeDirectories(path("/f/x"), mode: nil) } == ENOTDIR)
    files.link("root/out", to: "../outside")
    #expect(failure { _ = try files.jail.makeDirectories(path("/out/x"), mode: nil) } != nil)
    #expect(!files.exists("outside/x"))
  }
}
