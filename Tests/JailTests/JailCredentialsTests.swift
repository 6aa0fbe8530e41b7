// Tests that whatever is done in a local user's jail is done with that user's rights, and that the thread has its own ones afterwards.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem
import Testing
import UnitSupport

@testable import Jail

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct JailCredentialsTests {
  private static let user = FileCredentials(user: 61_001, group: 61_002, groups: [61_002, 61_003])
  private let files: JailDirectory
  private let jail: Jail

  /// A root that belongs to the user, with a file and a directory of root's in it.
  init() throws {
    files = try JailDirectory()
    chmod(files.path, 0o755)
    chown("\(files.path)/root", Self.user.user, Self.user.group)
    try files.write("root/roots", "root's")
    chmod("\(files.path)/root/roots", 0o600)
    files.directory("root/closed")
    chmod("\(files.path)/root/closed", 0o700)
    try files.write("root/closed/inner", "root's")
    jail = try Jail(root: "\(files.path)/root", as: Self.user)
  }

  /// The owner of what is in the root under this name.
  private func owner(_ name: String) -> [UInt32] {
    var status = stat()
    return lstat("\(files.path)/root/\(name)", &status) == 0 ? [status.st_uid, status.st_gid] : []
  }

  private static let owned = [user.user, user.group]

  /// Who the calling thread is to the file system.
  private func thread() -> FileCredentials {
    FileCredentials(user: weft_setfsuid(.max), group: weft_setfsgid(.max), groups: ThisProcess.groups)
  }

  /// Runs one method of the jail; requires that the thread is afterwards who it was before.
  private func used<Result>(_ body: (Jail) throws -> Result) rethrows -> Result {
    let before = thread()
    defer { #expect(thread() == before) }
    return try body(jail)
  }

  /// The errno one method fails with, under the same condition.
  private func refused(_ body: (Jail) throws -> Void) -> Int32? { used { jail in failure { try body(jail) } } }

  /// The user may write into the directory, but not to the file: replacing it would be a way around.
  @Test func whatMayNotBeWrittenIsNotReplaced() throws {
    try files.write("root/kept", "kept")
    chmod("\(files.path)/root/kept", 0o444)
    chown("\(files.path)/root/kept", Self.user.user, Self.user.group)
    #expect(refused { _ = try $0.makePending(for: path("/kept"), mode: nil) } == EACCES)
    #expect(refused { _ = try $0.makePending(for: path("/roots"), mode: nil) } == EACCES)
    #expect(files.text("root/kept") == "kept")
  }

  @Test func aDirectoryMayEndUpUnreadable() throws {
    try used { try $0.makeDirectory(path("/unreadable"), exactMode: 0o300) }
    var status = stat()
    #expect(stat("\(files.path)/root/unreadable", &status) == 0 && status.st_mode & 0o777 == 0o300)
  }

  @Test func aLinkToNothingIsFollowed() throws {
    files.link("root/link", to: "made")
    try used { _ = try $0.openForWriting(path("/link"), truncating: true, exclusive: false, exactMode: 0o640) }
    #expect(owner("made") == Self.owned)
  }

  @Test func whatIsMadeBelongsToTheUser() throws {
    try used { _ = try $0.openForWriting(path("/plain"), truncating: true) }
    try used { _ = try $0.openForWriting(path("/exact"), truncating: true, exclusive: false, exactMode: 0o640) }
    try used { try $0.makeDirectory(path("/d")) }
    try used { try $0.makeDirectory(path("/e"), exactMode: 0o750) }
    #expect(try used { try $0.makeDirectories(path("/d/a/b"), mode: 0o700) } == 2)
    try used { try $0.makeSymbolicLink(path("/l"), target: [0x61]) }
    try used { jail in
      for (name, unnamed) in [("/pending", File.canNameUnnamed), ("/named", false)] {
        let pending = try jail.makePending(for: path(name), mode: 0o600, unnamed: unnamed)
        try jail.commit(pending)
      }
    }
    try used { jail in
      var pending = try jail.makePending(for: path("/whole"), mode: 0o600)
      try jail.keep(&pending, as: Array("part".utf8))
      jail.removeKept(Array("other".utf8), beside: pending)
    }
    #expect(owner("part") == Self.owned)
    try used { jail in
      let pending = try jail.resumePending(for: path("/whole"), keptAs: Array("part".utf8))
      try jail.commit(pending)
    }
    for name in ["plain", "exact", "d", "e", "d/a", "d/a/b", "l", "pending", "named", "whole"] {
      #expect(owner(name) == Self.owned, "\(name)")
    }
    #expect(try used { try $0.status(of: path("/exact")).permissions } == 0o640)
    #expect(try used { try $0.status(of: path("/e")).permissions } == 0o750)
    try used { try $0.setPermissions(path("/plain"), 0o604) }
    try used { try $0.change(path("/plain"), FileChanges(permissions: 0o600, group: 61_003)) }
    #expect(owner("plain") == [Self.user.user, 61_003])
    try used { try $0.rename(path("/plain"), to: path("/d/moved")) }
    let status = try used { try $0.status(of: path("/d/moved")) }
    #expect(try used { try $0.removeFile(path("/d/moved"), ifStill: status) })
    let limits = TreeLimits(entries: 100, depth: 10)
    #expect(try used { try $0.measureTree(path("/d"), limits, shouldStop: { false }) }.entries == 2)
    try used { try $0.removeTree(path("/d"), limits, shouldStop: { false }, progress: {}) }
    try used { try $0.removeFile(path("/l")) }
    try used { try $0.removeDirectory(path("/e")) }
    #expect(owner("d").isEmpty && owner("e").isEmpty)
  }

  @Test func whatTheKernelRefusesTheUserIsRefused() throws {
    // The thread itself could do each of these.
    let time = FileTime(seconds: 1, nanoseconds: 0)
    let limits = TreeLimits(entries: 100, depth: 10)
    let attempts: [(String, (Jail) throws -> Void)] = [
      ("openForReading", { _ = try $0.openForReading(path("/roots")) }),
      ("openUnfollowed", { _ = try $0.openUnfollowed(path("/roots")) }),
      ("open", { _ = try $0.open(path("/roots"), flags: O_RDONLY) }),
      ("openForWriting", { _ = try $0.openForWriting(path("/roots"), truncating: false) }),
      (
        "openForWriting, exact",
        { _ = try $0.openForWriting(path("/roots"), truncating: false, exclusive: false, exactMode: 0o644) }
      ),
      ("openDirectory", { _ = try $0.openDirectory(path("/closed")) }),
      ("status", { _ = try $0.status(of: path("/closed/inner")) }),
      ("requireWritableKind", { try $0.requireWritableKind(path("/closed/inner")) }),
      ("makeDirectory", { try $0.makeDirectory(path("/closed/d")) }),
      ("makeDirectory, exact", { try $0.makeDirectory(path("/closed/d"), exactMode: 0o700) }),
      ("makeDirectories", { _ = try $0.makeDirectories(path("/closed/d/e"), mode: nil) }),
      ("removeFile", { try $0.removeFile(path("/closed/inner")) }),
      ("removeDirectory", { try $0.removeDirectory(path("/closed/inner")) }),
      ("rename", { try $0.rename(path("/closed/inner"), to: path("/mine")) }),
      ("makePending", { _ = try $0.makePending(for: path("/closed/new"), mode: nil) }),
      ("resumePending", { _ = try $0.resumePending(for: path("/closed/new"), keptAs: Array("inner".utf8)) }),
      ("resumePending, beside", { _ = try $0.resumePending(for: path("/new"), keptAs: Array("roots".utf8)) }),
      ("makeSymbolicLink", { try $0.makeSymbolicLink(path("/closed/l"), target: [0x61]) }),
      ("linkTarget", { _ = try $0.linkTarget(of: path("/closed/inner")) }),
      ("birthTime", { _ = try $0.birthTime(of: path("/closed/inner")) }),
      ("availableBytes", { _ = try $0.availableBytes(at: path("/closed/inner")) }),
      ("setTimes", { try $0.setTimes(path("/closed/inner"), accessed: 1, modified: time) }),
      ("setModificationTime", { try $0.setModificationTime(path("/closed/inner"), seconds: 1, nanoseconds: 0) }),
      ("measureTree", { _ = try $0.measureTree(path("/closed"), limits, shouldStop: { false }) }),
      ("removeTree", { try $0.removeTree(path("/closed"), limits, shouldStop: { false }, progress: {}) }),
    ]
    for (name, attempt) in attempts { #expect(refused(attempt) == EACCES, "\(name)") }
    // What is not the user's cannot be changed though it can be seen.
    #expect(refused { try $0.setPermissions(path("/roots"), 0o666) } == EPERM)
    #expect(refused { try $0.change(path("/roots"), FileChanges(permissions: 0o666)) } == EPERM)
    #expect(used { !$0.isAccessible(path("/roots"), mode: R_OK) })
    #expect(used { $0.isAccessible(path("/roots"), mode: F_OK) })
    #expect(files.text("root/closed/inner") == "root's")
  }

  @Test func whatFailsLeavesTheThreadAsItWas() throws {
    let pending = try jail.makePending(for: path("/gone"), mode: nil, unnamed: false)
    unlink("\(files.path)/root/\(String(decoding: pending.name ?? [], as: UTF8.self))")
    let before = thread()
    jail.discard(pending)
    #expect(thread() == before)
    // A throwing body, also one within another.
    #expect(
      refused { jail in
        try jail.acting { () throws(SystemError) in
          try jail.acting { () throws(SystemError) in throw SystemError(code: ENODATA, call: "test") }
        }
      } == ENODATA)
    // Within, the thread is the user; after an inner call it still is.
    try used { jail in
      try jail.acting { () throws(SystemError) in
        #expect(thread() == Self.user)
        _ = try jail.status(of: .root)
        #expect(thread() == Self.user)
      }
    }
  }

  /// What replaces another's file is the user's own, and still the group's, if the user is in it.
  @Test(arguments: [(61_003, 61_003, 0o660), (61_009, 61_002, 0o666)] as [(gid_t, UInt32, mode_t)])
  func whatReplacesAFileKeepsItsGroup(_ before: gid_t, _ after: UInt32, _ mode: mode_t) throws {
    let place = "\(files.path)/root/shared"
    try files.write("root/shared", "another's")
    chown(place, 61_008, before)
    chmod(place, before == 61_003 ? 0o660 : 0o676)
    let path = try VirtualPath.root.resolving(Array("shared".utf8))
    try used { jail in
      let pending = try jail.makePending(for: path, mode: nil)
      try jail.commit(pending, CommitOptions(carriesAttributes: true, sync: .everything))
    }
    #expect(owner("shared") == [Self.user.user, after])
    var status = stat()
    lstat(place, &status)
    #expect(status.st_mode & 0o777 == mode)
  }
}
