// Tests that a listing promises what the kernel would grant, and tells what an entry is.

import Accounts
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing
import UnitSupport

@testable import FTPServer

@Suite struct EntryFormatterTests {
  let directory: TemporaryDirectory
  let jail: Held

  init() throws {
    directory = try TemporaryDirectory()
    jail = Held(try File.open(directory.path, flags: O_RDONLY | O_DIRECTORY))
  }

  private func formatter(granted: AccountPermissions = .readAndWrite, entering: Bool = true) -> EntryFormatter {
    var formatter = EntryFormatter(names: OwnerNames(), granted: granted, now: WallClock.seconds)
    if entering { formatter.enter(directory: jail.number) }
    return formatter
  }

  private func status(_ name: String) throws -> FileStatus { try File.status(in: jail.number, name: name) }

  /// Whoever runs the tests, root or not: the letters have to say what access(2) says.
  @Test(arguments: [0o000, 0o400, 0o200, 0o600, 0o644, 0o444, 0o111, 0o777] as [UInt32])
  func aFilesLettersAreTheKernelsAnswer(_ mode: UInt32) throws {
    try directory.file("f", mode: mode)
    let letters = formatter().permissions(try status("f"), .entry)
    let file = "\(directory.path)/f"
    #expect(letters.contains(.retrieve) == (access(file, R_OK) == 0))
    #expect(letters.contains(.store) == (access(file, W_OK) == 0))
    #expect(letters.contains(.append) == (access(file, W_OK) == 0))
    #expect(letters.isSuperset(of: [.delete, .rename]))
    #expect(letters.isDisjoint(with: [.enter, .list, .create, .makeDirectory, .purge]))
  }

  @Test(arguments: [0o000, 0o700, 0o500, 0o600, 0o300, 0o755, 0o111] as [mode_t])
  func aDirectorysLettersAreTheKernelsAnswer(_ mode: mode_t) throws {
    directory.directory("d")
    #expect(chmod("\(directory.path)/d", mode) == 0)
    defer { chmod("\(directory.path)/d", 0o700) }
    let letters = formatter().permissions(try status("d"), .entry)
    let path = "\(directory.path)/d"
    #expect(letters.contains(.enter) == (access(path, X_OK) == 0))
    #expect(letters.contains(.list) == (access(path, R_OK | X_OK) == 0))
    for letter in [Permissions.create, .makeDirectory, .purge] {
      #expect(letters.contains(letter) == (access(path, W_OK | X_OK) == 0))
    }
    #expect(letters.isDisjoint(with: [.retrieve, .store, .append]))
  }

  @Test func aReadOnlyAccountIsPromisedNoChange() throws {
    try directory.file("f")
    directory.directory("d")
    let formatter = formatter(granted: .readOnly)
    #expect(formatter.permissions(try status("f"), .entry) == .retrieve)
    #expect(formatter.permissions(try status("d"), .entry) == [.enter, .list])
  }

  /// Each letter is promised for one permission and for no other.
  @Test func lettersFollowPermissions() throws {
    try directory.file("f")
    directory.directory("d")
    let expected: [(AccountPermissions, file: Permissions, directory: Permissions)] = [
      (.list, [], [.enter, .list]), (.read, .retrieve, .enter), (.write, [], [.enter, .create]),
      (.overwrite, .store, .enter), (.append, .append, .enter), (.rename, .rename, [.enter, .rename]),
      (.delete, .delete, [.enter, .purge]), (.makeDirectory, [], [.enter, .makeDirectory]),
      (.removeDirectory, [], [.enter, .delete]), (.changeMode, [], .enter), (.site, [], .enter),
    ]
    for (granted, file, directory) in expected {
      #expect(formatter(granted: granted).permissions(try status("f"), .entry) == file, "\(granted)")
      #expect(formatter(granted: granted).permissions(try status("d"), .entry) == directory, "\(granted)")
    }
  }

  @Test func theDotsCannotBeRemoved() throws {
    directory.directory("d")
    for role in [MachineFormatter.Role.current, .parent] {
      let letters = formatter().permissions(try status("d"), role)
      #expect(letters.isDisjoint(with: [.delete, .rename]))
      #expect(letters.contains(.enter))
    }
  }

  @Test func whatIsNoFileCannotBeTransferred() throws {
    #expect(mkfifo("\(directory.path)/fifo", 0o666) == 0)
    #expect(symlink("f", "\(directory.path)/link") == 0)
    for name in ["fifo", "link"] {
      #expect(formatter().permissions(try status(name), .entry) == [.delete, .rename])
    }
    #expect(formatter(entering: false).permissions(try status("fifo"), .entry) == [])
  }

  @Test func kindsAndModes() throws {
    try directory.file("f", size: 5, mode: 0o4751)
    directory.directory("d")
    #expect(mkfifo("\(directory.path)/p", 0o600) == 0)
    #expect(mknod("\(directory.path)/s", S_IFSOCK | 0o600, 0) == 0)
    #expect(symlink("f", "\(directory.path)/l") == 0)
    let expected: [(String, FileFacts.Kind)] = [
      ("f", .file), ("d", .directory), ("p", .fifo), ("s", .socket), ("l", .symlink),
    ]
    for (name, kind) in expected { #expect(FileFacts(try status(name)).kind == kind) }
    let null = try File.open("/dev/null", flags: O_RDONLY)
    let nullStatus = try File.status(null.number)
    #expect(FileFacts(nullStatus).kind == .characterDevice)
    let facts = FileFacts(try status("f"))
    #expect(facts.mode == 0o4751)
    #expect(facts.size == 5)
    #expect(facts.owner == geteuid())
  }

  @Test func theThreeStyles() throws {
    try directory.file("f", size: 7)
    var formatter = formatter()
    func line(_ style: ListingRequest.Style, _ name: [UInt8] = [0x66], linkTarget: [UInt8]? = nil) throws -> String {
      var out: [UInt8] = []
      let status = try status("f")
      name.withUnsafeBytes {
        formatter.append($0, status, style: style, dot: 0, linkTarget: linkTarget, to: &out)
      }
      return String(decoding: out, as: UTF8.self)
    }
    #expect(try line(.names(prefix: [])) == "f\r\n")
    #expect(try line(.names(prefix: Array("d/".utf8))) == "d/f\r\n")
    let long = try line(.long)
    #expect(long.hasPrefix("-rw-r--r-- "))
    #expect(long.hasSuffix(" f\r\n"))
    #expect(long.split(separator: " ").count == 9)
    let machine = try line(.machine([.type, .size]))
    #expect(machine == "type=file;size=7; f\r\n")
    #expect(try line(.machine([.unixOwnerName])).hasPrefix("UNIX.ownername="))
    // No name splits a line.
    for style in [ListingRequest.Style.long, .names(prefix: []), .machine(.standard)] {
      let text = try line(style, [0x61, 0x0D, 0x0A, 0x62])
      #expect(Array(text.utf8).count { $0 == 0x0A } == 1)
      #expect(text.hasSuffix("a??b\r\n"))
    }
  }
}
