// Every change of an account in an SQLite file, by the editor that the commands use.

import Accounts
import Glibc
import TestSupport
import Testing

@testable import SQLiteAccounts

/// Bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// crypt(3) of `secret`, quick on purpose.
let quickHash = "$5$rounds=1000$weftpdtest$jaIc7vj1O6XBrypCrdT3oww7kPuzp1q2sYL0H/vJXYC"

/// The code of the error that `body` has to throw.
func code(_ body: () throws -> Void) -> UserTableError.Code? {
  do {
    try body()
    return nil
  } catch {
    return (error as? UserTableError)?.code
  }
}

@Suite(.onThreads) struct SQLiteStoreTests {
  private let directory: TemporaryDirectory
  private let path: String
  private let editor: StoreEditor<SQLiteStore>

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path(of: "users.db")
    editor = StoreEditor(SQLiteStore(path: path))
  }

  private func add(_ name: String, home: String = "/tmp", isReadOnly: Bool = false) throws {
    _ = try editor.add(name: bytes(name), hash: quickHash, home: home, isReadOnly: isReadOnly)
  }

  @Test func addMakesTheFileForItsOwnerAlone() throws {
    #expect(code { _ = try editor.listing() } == .missingFile)
    try editor.checkAdd(name: bytes("a"), home: "/tmp", replacing: false)
    try add("a")
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    let entry = try editor.entry(named: bytes("a"))
    #expect(entry.hash == quickHash && entry.home == "/tmp" && !entry.isReadOnly && entry.options.isEmpty)
    #expect(code { try add("a") } == .userExists)
    #expect(code { try editor.checkAdd(name: bytes("a"), home: "/tmp", replacing: false) } == .userExists)
  }

  @Test func everyChange() throws {
    try add("a")
    try add("b", isReadOnly: true)
    _ = try editor.update(bytes("a"), set: [("tls", "required"), ("admin", "yes"), ("access", "ro")], unset: [])
    let changes = try editor.update(bytes("a"), set: [("home", "/srv")], unset: ["tls"])
    #expect(changes.map(\.key).sorted() == ["home", "tls"])
    #expect(
      code { _ = try editor.update(bytes("a"), set: [("home", "/x"), ("tls", "perhaps")], unset: []) } == .invalidEntry)
    _ = try editor.changePassword(of: bytes("a"), hash: "!locked")
    var entry = try editor.entry(named: bytes("a"))
    #expect(entry.isLocked && entry.home == "/srv" && entry.isReadOnly && entry.options.texts == ["admin": "yes"])
    try editor.rename(bytes("a"), to: bytes("c"))
    #expect(code { try editor.rename(bytes("c"), to: bytes("b")) } == .userExists)
    entry = try editor.entry(named: bytes("c"))
    #expect(entry.options.texts == ["admin": "yes"])
    try editor.remove(bytes("b"))
    #expect(code { try editor.remove(bytes("b")) } == .unknownUser)
    #expect(try editor.listing().entries.map(\.name) == [bytes("c")])
    // No options of nobody are left behind.
    try editor.remove(bytes("c"))
    try add("c")
    #expect(try editor.entry(named: bytes("c")).options.isEmpty)
  }

  @Test func replacingKeepsTheOptions() throws {
    try add("a", isReadOnly: true)
    _ = try editor.update(bytes("a"), set: [("admin", "yes")], unset: [])
    _ = try editor.add(name: bytes("a"), hash: "*", home: "/srv", isReadOnly: nil, replacing: true)
    let entry = try editor.entry(named: bytes("a"))
    #expect(entry.hash == "*" && entry.home == "/srv" && entry.isReadOnly && entry.options.isAdministrator)
  }

  @Test func whatATextCannotBe() throws {
    #expect(code { _ = try editor.add(name: [0x61, 0xFF], hash: "*", home: "/tmp") } == .invalidEntry)
    try add("a")
    #expect(code { _ = try editor.entry(named: [0xFF]) } == .unknownUser)
    #expect(code { try editor.remove([0xFF]) } == .unknownUser)
    // Quotes are nothing special.
    try add("x' OR '1'='1")
    #expect(try editor.listing().entries.count == 2)
    try editor.remove(bytes("x' OR '1'='1"))
    #expect(try editor.listing().entries.count == 1)
  }

  @Test func allThereIsGoesBetweenPlaces() throws {
    let table = UserTableEditor(path: directory.path(of: "users"))
    _ = try table.add(name: bytes("a"), hash: quickHash, home: "/tmp")
    _ = try table.update(
      bytes("a"), set: [("totp", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), ("expires", "2030-01-01"), ("quota", "1GiB")])
    _ = try table.add(name: bytes("b"), hash: "*", home: "/srv", isReadOnly: true)
    let report = try editor.takeOver(try table.listing(), replacing: false)
    #expect(report.added == [bytes("a"), bytes("b")])
    let there = try editor.listing().entries
    #expect(there.map(\.ownOptions) == (try table.listing()).entries.map(\.ownOptions))
    #expect(there.map(\.hash) == [quickHash, "*"])
    // Once more: nothing is touched, unless it is asked for.
    _ = try editor.update(bytes("b"), set: [("admin", "yes")], unset: [])
    #expect(try editor.takeOver(try table.listing(), replacing: false).kept == [bytes("a"), bytes("b")])
    #expect(try editor.entry(named: bytes("b")).options.isAdministrator)
    #expect(try editor.takeOver(try table.listing(), replacing: true).replaced.count == 2)
    #expect(!(try editor.entry(named: bytes("b")).options.isAdministrator))
    let back = UserTableEditor(path: directory.path(of: "back"))
    _ = try back.takeOver(try editor.listing(), replacing: false)
    #expect(try directory.read("back") == directory.read("users"))
  }

  @Test func groupsGoAlong() throws {
    let group = AccountGroup(
      name: "staff", home: "/srv/%u", permissions: .readOnly,
      options: try AccountOptions(["group-sessions": "5", "admin": "yes"]))
    let entry = UserEntry(name: bytes("a"), hash: "*", home: "/a", permissions: .all, groups: [SharedGroup(group)])
    let listing = AccountListing(entries: [entry], groups: [group, AccountGroup(name: "empty")], warnings: [])
    _ = try editor.takeOver(listing, replacing: false)
    let other = StoreEditor(SQLiteStore(path: directory.path(of: "other.db")))
    _ = try other.takeOver(try editor.listing(), replacing: false)
    let copy = try other.listing()
    #expect(copy.groups == [AccountGroup(name: "empty"), group])
    #expect(copy.entries == [entry])
    #expect(copy.entries.first?.options.isAdministrator == true)
    // A table of lines has no groups, and says so.
    let table = UserTableEditor(path: directory.path(of: "users"))
    #expect(code { _ = try table.takeOver(copy, replacing: false) } == .invalidEntry)
    try other.rename(bytes("a"), to: bytes("b"))
    #expect(try other.entry(named: bytes("b")).groups.map(\.group) == [group])
  }

  @Test func editorsAtOnceLoseNothing() async throws {
    try add("first")
    try await withThrowingTaskGroup { tasks in
      for number in 0..<8 {
        tasks.addTask { [editor] in
          try await Blocking.onOwnThread {
            for turn in 0..<5 { _ = try editor.add(name: bytes("u\(number)-\(turn)"), hash: "*", home: "/tmp") }
          }
        }
      }
      try await tasks.waitForAll()
    }
    #expect(try editor.listing().entries.count == 41)
  }

  @Test func unsafeAndForeignFilesAreRefused() throws {
    try add("a")
    chmod(path, 0o666)
    #expect(code { _ = try editor.listing() } == .unsafeFile)
    try directory.write("text", "no database\n", mode: 0o600)
    #expect(code { _ = try StoreEditor(SQLiteStore(path: directory.path(of: "text"))).listing() } == .system)
    let foreign = directory.path(of: "foreign.db")
    try SQLiteConnection(path: foreign, .writing(creating: true)).run("CREATE TABLE t (x)")
    chmod(foreign, 0o600)
    #expect(
      code { _ = try StoreEditor(SQLiteStore(path: foreign)).add(name: bytes("a"), hash: "*", home: "/") } == .schema)
    #expect(code { _ = try SQLiteStore(path: foreign).migrate() } == .schema)
  }
}
