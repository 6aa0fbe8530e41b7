import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import Jail

@Suite struct JailPendingTests {
  @Test func isSeenUnderItsNameOnlyWhenItIsDone() throws {
    let files = try JailDirectory()
    try files.write("root/f", "old")
    let pending = try files.jail.makePending(for: path("/f"), mode: 0o640)
    try put("new contents", into: pending.descriptor.number)
    #expect(files.text("root/f") == "old")
    try files.jail.commit(pending)
    #expect(files.text("root/f") == "new contents")
    #expect(try files.jail.status(of: path("/f")).permissions == 0o640)
    #expect(try names(files.jail.openDirectory(.root)).count == 1)
  }

  @Test func isGoneWhenItIsDiscarded() throws {
    let files = try JailDirectory()
    try files.write("root/f", "old")
    let pending = try files.jail.makePending(for: path("/f"), mode: nil)
    try put("new", into: pending.descriptor.number)
    files.jail.discard(pending)
    #expect(files.text("root/f") == "old")
    #expect(try names(files.jail.openDirectory(.root)).count == 1)
  }

  @Test func aLinkIsReplacedAndNotFollowed() throws {
    let files = try JailDirectory()
    files.link("root/l", to: "../outside/secret")
    let before = try files.outside()
    let pending = try files.jail.makePending(for: path("/l"), mode: nil)
    try put("mine", into: pending.descriptor.number)
    try files.jail.commit(pending)
    #expect(files.text("root/l") == "mine")
    #expect(try files.outside() == before)
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
      } == EEXIST)
    files.directory("root/d")
    #expect(
      failure { _ = try files.jail.openForWriting(path("/d"), truncating: true, exclusive: false, exactMode: 0o600) }
        == EISDIR)
  }
}
