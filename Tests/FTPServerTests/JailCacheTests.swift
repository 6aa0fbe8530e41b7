// The roots of sessions: opened once, opened anew when another directory has the name, refused where they cannot be served.

import Accounts
import Glibc
import Jail
import LinuxSystem
import Logging
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct JailCacheTests {
  private let directory: TemporaryDirectory
  private let home: String
  private let cache = JailCache(roots: nil, fault: nil)

  init() throws {
    directory = try TemporaryDirectory()
    directory.directory("home")
    home = directory.path(of: "home")
  }

  /// Another directory of the same name, with a file in it.
  private func replace() throws {
    // Moved away and not removed: the new one must not get the old one's inode.
    #expect(rename(home, home + ".old") == 0)
    directory.directory("home")
    try directory.file("home/new")
  }

  @Test func oneJailForAll() throws {
    let jail = try cache.jail(home)
    #expect(try cache.jail(home) === jail)
  }

  @Test func anotherDirectoryOfTheNameIsSeen() throws {
    let jail = try cache.jail(home)
    try replace()
    let new = try cache.jail(home)
    #expect(new !== jail)
    #expect(try new.status(of: path("/new")).isRegular)
  }

  @Test func aRemovedDirectoryIsNotServed() throws {
    _ = try cache.jail(home)
    #expect(rmdir(home) == 0)
    #expect(throws: HomeError.self) { try cache.jail(home) }
    directory.directory("home")
    _ = try cache.jail(home)
  }

  @Test func whatLandlockForbidsIsRefused() throws {
    let forbidden = home
    let cache = JailCache(roots: nil) { $0 == forbidden ? "was not included" : nil }
    do throws(HomeError) {
      _ = try cache.jail(home)
      Issue.record("it was opened")
    } catch {
      #expect("\(error)" == "it was not included")
    }
    _ = try cache.jail(directory.path)
  }

  @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
  func aHomeThatCannotBeWrittenIsToldOnce() throws {
    _ = try cache.jail(home)
    #expect(!cache.isFoundUnwritable(home))
    #expect(chmod(home, 0o555) == 0)
    let cache = JailCache(roots: nil, fault: nil)
    _ = try cache.jail(home)
    #expect(cache.isFoundUnwritable(home))
    #expect(!cache.isFoundUnwritable(home))
  }

  @Test func theNextLoginSeesTheNewDirectory() async throws {
    let bob = UserEntry(
      name: Array("bob".utf8), hash: SampleHash.ofSecret, home: home, permissions: .readAndWrite)
    try await withServer(AccountSource(single: bob)) { _, address in
      let first = try FTPClient(address)
      try first.expect(220)
      try first.logIn("bob", "secret")
      try first.command("TYPE I", expecting: 200)
      try replace()
      try first.command("SIZE new", expecting: 550)
      let second = try FTPClient(address)
      try second.expect(220)
      try second.logIn("bob", "secret")
      try second.command("TYPE I", expecting: 200)
      try second.command("SIZE new", expecting: 213)
    }
  }
}
