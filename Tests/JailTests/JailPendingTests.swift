// Tests of files that get their name when they are whole: committed, discarded, kept for later.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing
import UnitSupport

@testable import Jail

@Suite struct JailPendingTests {
  /// With a name of its own meanwhile, and without.
  @Test(arguments: [true, false]) func isSeenUnderItsNameOnlyWhenItIsDone(_ unnamed: Bool) throws {
    let files = try JailDirectory()
    try files.write("root/f", "old")
    for name in ["f", "g"] {
      let pending = try files.jail.makePending(for: path("/\(name)"), mode: 0o660, unnamed: unnamed)
      try put("new contents", into: pending.descriptor.number)
      #expect(files.text("root/\(name)") == (name == "f" ? "old" : nil))
      #expect(try names(files.jail.openDirectory(.root)).count == (unnamed ? 1 : 2))
      try files.jail.commit(pending)
      #expect(files.text("root/\(name)") == "new contents")
      #expect(try files.jail.status(of: path("/\(name)")).permissions == 0o660)
    }
    #expect(try names(files.jail.openDirectory(.root)).count == 2)
  }

  @Test(arguments: [true, false]) func isGoneWhenItIsDiscarded(_ unnamed: Bool) throws {
    let files = try JailDirectory()
    try files.write("root/f", "old")
    let pending = try files.jail.makePending(for: path("/f"), mode: nil, unnamed: unnamed)
    try put("new", into: pending.descriptor.number)
    files.jail.discard(pending)
    #expect(files.text("root/f") == "old")
    #expect(try names(files.jail.openDirectory(.root)).count == 1)
  }

  @Test(arguments: [true, false]) func aLinkIsReplacedAndNotFollowed(_ unnamed: Bool) throws {
    let files = try JailDirectory()
    files.link("root/l", to: "../outside/secret")
    let before = try files.outside()
    let pending = try files.jail.makePending(for: path("/l"), mode: nil, unnamed: unnamed)
    try put("mine", into: pending.descriptor.number)
    try files.jail.commit(pending)
    #expect(files.text("root/l") == "mine")
    #expect(try files.outside() == before)
  }

  @Test(arguments: [true, false]) func whatIsKeptCanBeGoneOnWithByOneAtATime(_ unnamed: Bool) throws {
    let files = try JailDirectory()
    let kept = Array(".f.part".utf8)
    try files.write("root/.f.part", "of an earlier try")
    do {
      var pending = try files.jail.makePending(for: path("/f"), mode: nil, unnamed: unnamed)
      try put("begun", into: pending.descriptor.number)
      try files.jail.keep(&pending, as: kept)
      try files.jail.keep(&pending, as: kept)
      #expect(files.text("root/.f.part") == "begun")
      #expect(failure { _ = try files.jail.resumePending(for: path("/f"), keptAs: kept) } == EBUSY)
      var other = try files.jail.makePending(for: path("/f"), mode: nil, unnamed: unnamed)
      #expect(failure { try files.jail.keep(&other, as: kept) } == EBUSY)
      files.jail.removeKept(kept, beside: other)
      #expect(files.exists("root/.f.part"))
      try put("other", into: other.descriptor.number)
      try files.jail.commit(other)
    }
    #expect(files.text("root/f") == "other")
    let resumed = try files.jail.resumePending(for: path("/f"), keptAs: kept)
    try files.jail.commit(resumed)
    #expect(files.text("root/f") == "begun")
    #expect(failure { _ = try files.jail.resumePending(for: path("/f"), keptAs: kept) } == ENOENT)
    #expect(try names(files.jail.openDirectory(.root)).count == 1)
  }

  /// Whoever is not root gives a file its name by way of /proc/self/fd.
  @Test(.enabled(if: getuid() == 0, "only root acts as others"), arguments: [true, false])
  func filesOfALocalUserAreMadeAsThatUser(_ unnamed: Bool) throws {
    let files = try JailDirectory()
    #expect(chmod(files.path, 0o755) == 0)
    #expect(chown("\(files.path)/root", 65_534, 65_534) == 0)
    let jail = try Jail(
      root: "\(files.path)/root", as: FileCredentials(user: 65_534, group: 65_534, groups: [65_534]))
    for _ in 1...2 {
      var pending = try jail.makePending(for: path("/f"), mode: 0o600, unnamed: unnamed)
      try put("mine", into: pending.descriptor.number)
      try jail.keep(&pending, as: Array(".f.part".utf8))
      try jail.commit(pending)
      #expect(try jail.status(of: path("/f")).owner == 65_534)
    }
    #expect(files.text("root/f") == "mine")
    #expect(!files.exists("root/.f.part"))
    // Where it may make no file it may name none.
    #expect(chmod("\(files.path)/root", 0o555) == 0)
    #expect(failure { _ = try jail.makePending(for: path("/g"), mode: nil, unnamed: unnamed) } == EACCES)
  }

  @Test func aKeptFileThatLostItsNameTakesNobodyElses() throws {
    let files = try JailDirectory()
    let kept = Array(".f.part".utf8)
    var pending = try files.jail.makePending(for: path("/f"), mode: nil)
    try files.jail.keep(&pending, as: kept)
    #expect(rename("\(files.path)/root/.f.part", "\(files.path)/root/moved") == 0)
    try files.write("root/.f.part", "somebody's")
    #expect(failure { try files.jail.commit(pending) } == ENOENT)
    files.jail.discard(pending)
    #expect(files.text("root/.f.part") == "somebody's")
    #expect(!files.exists("root/f"))
  }

  @Test func whatIsLeftOfAnEarlierTryIsRemoved() throws {
    let files = try JailDirectory()
    try files.write("root/.f.part", "left")
    files.link("root/.g.part", to: "../outside/secret")
    let pending = try files.jail.makePending(for: path("/f"), mode: nil)
    files.jail.removeKept(Array(".f.part".utf8), beside: pending)
    files.jail.removeKept(Array(".g.part".utf8), beside: pending)
    #expect(!files.exists("root/.f.part"))
    #expect(files.text("outside/secret") == "secret")
    #expect(failure { _ = try files.jail.resumePending(for: path("/g"), keptAs: Array(".g.part".utf8)) } == ELOOP)
  }

  @Test func refusesDirectoriesAndTheRoot() throws {
    let files = try JailDirectory()
    files.directory("root/d")
    #expect(failure { _ = try files.jail.makePending(for: path("/d"), mode: nil) } == EISDIR)
    #expect(failure { _ = try files.jail.makePending(for: .root, mode: nil) } == EBUSY)
    #expect(failure { _ = try files.jail.makePending(for: path("/no/f"), mode: nil) } == ENOENT)
  }

  @Test func partsAreOpenedThemselvesOrNotAtAll() throws {
    let files = try JailDirectory()
    try files.write("root/f", "x")
    files.link("root/l", to: "f")
    files.directory("root/d")
    #expect(mkfifo("\(files.path)/root/p", 0o644) == 0)
    #expect(try files.jail.openUnfollowed(path("/f")).status.size == 1)
    #expect(failure { _ = try files.jail.openUnfollowed(path("/l")) } == ELOOP)
    #expect(failure { _ = try files.jail.openUnfollowed(path("/d")) } == EISDIR)
    #expect(failure { _ = try files.jail.openUnfollowed(path("/p")) } == ENXIO)
  }

  @Test func onlyTheFileThatWasMeantIsRemoved() throws {
    let files = try JailDirectory()
    try files.write("root/f", "x")
    try files.write("root/g", "y")
    let status = try files.jail.status(of: path("/f"))
    #expect(exchange("\(files.path)/root/f", "\(files.path)/root/g"))
    #expect(try !files.jail.removeFile(path("/f"), ifStill: status))
    #expect(files.exists("root/f"))
    #expect(try files.jail.removeFile(path("/g"), ifStill: status))
    #expect(!files.exists("root/g"))
  }

  @Test func modesAreExactWhateverTheUmask() throws {
    let files = try JailDirectory()
    let made = try files.jail.openForWriting(path("/f"), truncating: true, exclusive: false, exactMode: 0o666)
    #expect(try File.status(made.descriptor.number).permissions == 0o666)
    let again = try files.jail.openForWriting(path("/f"), truncating: true, exclusive: false, exactMode: 0o600)
    #expect(again.status.permissions == 0o666)
    #expect(
      failure { _ = try files.jail.openForWriting(path("/f"), truncating: false, exclusive: true, exactMode: 0o600) }
        == EEXIST)
    files.link("root/dangling", to: "nowhere/at/all")
    #expect(
      failure {
        _ = try files.jail.openForWriting(path("/dangling"), truncating: false, exclusive: false, exactMode: 0o600)
      } == ENOENT)
    files.link("root/leading", to: "new")
    let led = try files.jail.openForWriting(path("/leading"), truncating: false, exclusive: false, exactMode: 0o600)
    #expect(led.status.permissions == 0o600 && files.exists("root/new"))
    files.directory("root/d")
    #expect(
      failure { _ = try files.jail.openForWriting(path("/d"), truncating: true, exclusive: false, exactMode: 0o600) }
        == EISDIR)
  }
}
