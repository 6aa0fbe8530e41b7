// Tests of mirror plans: what is copied, made, deleted and left alone.

import FTPClient
import FTPProtocol
import Testing

@Suite struct MirrorPlanTests {
  private func tree(_ entries: [(String, FileTree.Entry)]) -> FileTree {
    var tree = FileTree()
    for (path, entry) in entries { tree.entries[Array(path.utf8)] = entry }
    return tree
  }

  private func file(_ size: UInt64, _ seconds: Int64 = 1000, _ precision: ListedTime.Precision = .second)
    -> FileTree.Entry
  { FileTree.Entry(.file, size: size, modified: ListedTime(seconds: seconds, precision: precision)) }

  private func texts(_ paths: [[UInt8]]) -> [String] { paths.map { String(decoding: $0, as: UTF8.self) } }

  @Test func onlyWhatIsNewOrChanged() {
    let source = tree([
      ("d", .init(.directory)), ("d/new", file(1)), ("same", file(2)), ("grown", file(3)), ("newer", file(4, 2000)),
      ("older", file(4, 500)),
    ])
    let target = tree([("same", file(2, 1001)), ("grown", file(2)), ("newer", file(4)), ("older", file(4))])
    let plan = MirrorPlan(from: source, to: target)
    #expect(texts(plan.directories) == ["d"])
    #expect(texts(plan.copies.map(\.path)) == ["d/new", "grown", "newer", "older"])
    #expect(plan.copies.map(\.replaces) == [false, true, true, true])
    #expect(plan.unchanged == 1)
    #expect(plan.bytes == 12)
    #expect(plan.deletions.isEmpty)
    #expect(MirrorPlan(from: source, to: source).isEmpty)
  }

  @Test func bySizeAlone() {
    var options = MirrorOptions()
    options.comparison = .size
    #expect(MirrorPlan(from: tree([("a", file(1, 5))]), to: tree([("a", file(1, 9))]), options).isEmpty)
    #expect(!MirrorPlan(from: tree([("a", file(1, 5))]), to: tree([("a", file(2, 5))]), options).isEmpty)
  }

  @Test func whatAListingTellsInMinutes() {
    let source = tree([("a", file(1, 119))])
    #expect(MirrorPlan(from: source, to: tree([("a", file(1, 60, .minute))])).isEmpty)
    #expect(!MirrorPlan(from: source, to: tree([("a", file(1, 0, .minute))])).isEmpty)
    #expect(MirrorPlan(from: source, to: tree([("a", file(1, 86_000, .day))])).isEmpty)
  }

  @Test func aTargetThatKeepsNoTimes() {
    var options = MirrorOptions()
    options.targetKeepsNoTimes = true
    #expect(MirrorPlan(from: tree([("a", file(1, 100))]), to: tree([("a", file(1, 900))]), options).isEmpty)
    #expect(!MirrorPlan(from: tree([("a", file(1, 900))]), to: tree([("a", file(1, 100))]), options).isEmpty)
  }

  @Test func deletionsComeInsideOut() {
    var options = MirrorOptions()
    options.deletes = true
    let target = tree([
      ("d", .init(.directory)), ("d/e", .init(.directory)), ("d/e/f", file(1)), ("keep", file(1)), ("z", file(1)),
    ])
    let plan = MirrorPlan(from: tree([("keep", file(1))]), to: target, options)
    #expect(texts(plan.deletions.map(\.path)) == ["z", "d/e/f", "d/e", "d"])
    #expect(plan.deletions.map(\.isDirectory) == [false, false, true, true])
  }

  @Test func aFileWhereADirectoryIsStaysAsItIs() {
    let plan = MirrorPlan(
      from: tree([("a", file(1)), ("b", .init(.directory)), ("l", .init(.other))]),
      to: tree([("a", .init(.directory)), ("b", file(1))]))
    #expect(plan.isEmpty)
    #expect(texts(plan.conflicts) == ["a", "b", "l"])
  }

  @Test func filters() {
    var options = MirrorOptions()
    options.excludes = ["*.tmp", ".git", "cache/*"]
    options.includes = ["keep.tmp"]
    func isWanted(_ path: String) -> Bool { options.isWanted(Array(path.utf8)) }
    #expect(!isWanted("a.tmp"))
    #expect(!isWanted("d/a.tmp"))
    #expect(isWanted("d/keep.tmp"))
    #expect(!isWanted("x/.git"))
    #expect(!isWanted("cache/a"))
    #expect(isWanted("other/a"))
    #expect(!isWanted("d/.a.weftp-part"))
  }

  @Test func theClockOfATargetThatKeepsNoTimes() {
    var options = MirrorOptions()
    options.targetKeepsNoTimes = true
    // Copied at 1000 by our clock, which is 600 behind the server's.
    let target = tree([("a", file(1, 1600))])
    options.clockDifference = 600
    #expect(MirrorPlan(from: tree([("a", file(1, 990))]), to: target, options).isEmpty)
    #expect(!MirrorPlan(from: tree([("a", file(1, 1200))]), to: target, options).isEmpty)
    // And 600 ahead of it.
    options.clockDifference = -600
    #expect(MirrorPlan(from: tree([("a", file(1, 2190))]), to: target, options).isEmpty)
    #expect(!MirrorPlan(from: tree([("a", file(1, 2400))]), to: target, options).isEmpty)
  }

  private func link(_ target: String?) -> FileTree.Entry {
    var entry = FileTree.Entry(.link)
    entry.linkTarget = target.map { Array($0.utf8) }
    return entry
  }

  @Test func linksAreKeptOnlyInside() {
    var options = MirrorOptions()
    options.links = .keep
    let source = tree([
      ("d", .init(.directory)), ("d/up", link("../a")), ("same", link("x")), ("other", link("y")),
      ("out", link("../x")), ("d/out", link("../../x")), ("absolute", link("/etc")), ("untold", link(nil)),
      ("d/round", link("./../d/../a")),
    ])
    let target = tree([("same", link("x")), ("other", link("x"))])
    let plan = MirrorPlan(from: source, to: target, options)
    #expect(texts(plan.links.map(\.path)) == ["d/round", "d/up", "other"])
    #expect(plan.links.map(\.replaces) == [false, false, true])
    #expect(texts(plan.conflicts) == ["absolute", "d/out", "out", "untold"])
    #expect(plan.unchanged == 1)
    options.links = .skip
    #expect(MirrorPlan(from: source, to: target, options).links.isEmpty)
  }

  @Test func modesComeInsideOut() {
    func with(_ mode: UInt16, _ entry: FileTree.Entry) -> FileTree.Entry {
      var entry = entry
      entry.mode = mode
      return entry
    }
    var options = MirrorOptions()
    options.keepsModes = true
    let source = tree([
      ("d", with(0o555, .init(.directory))), ("d/f", with(0o600, file(1))), ("same", with(0o644, file(1))),
      ("chmod", with(0o640, file(1))),
    ])
    let target = tree([("same", with(0o644, file(1))), ("chmod", with(0o666, file(1)))])
    let plan = MirrorPlan(from: source, to: target, options)
    #expect(texts(plan.modes.map(\.path)) == ["d/f", "d", "chmod"])
    #expect(plan.modes.map(\.mode) == [0o600, 0o555, 0o640])
    #expect(MirrorPlan(from: source, to: source, options).isEmpty)
    options.keepsModes = false
    #expect(MirrorPlan(from: source, to: target, options).modes.isEmpty)
  }
}
