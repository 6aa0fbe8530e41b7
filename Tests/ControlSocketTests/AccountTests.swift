// Tests what operators see and change of accounts by the control socket of a real weftpd: its sessions follow at once.

import ControlProtocol
import ControlSocket
import Glibc
import TestSupport
import Testing

@Suite(.onThreads) struct AccountTests {
  /// A server with a table of its own, in which bob is.
  private struct Place {
    let directory: TemporaryDirectory
    let control: ControlledServer
    var table: String { directory.path + "/accounts/users.yaml" }
    var home: String { directory.path + "/bob" }

    init(_ settings: [String] = [], arguments: [String] = []) throws {
      directory = try TemporaryDirectory()
      for name in ["accounts", "bob"] { mkdir(directory.path + "/" + name, 0o755) }
      try directory.write(
        "accounts/users.yaml",
        """
        # ours
        groups:
          staff:
            welcome: Hello
        users:
          bob:
            password: '*'
            home: \(directory.path)/bob
            access: rw
            groups: [staff]
            account: a-secret

        """)
      chmod(directory.path + "/accounts/users.yaml", 0o600)
      control = try ControlledServer(
        ["server.control-accounts=true"] + settings,
        arguments: ["--users", directory.path + "/accounts/users.yaml"] + arguments)
    }

    var text: String { get throws { String(decoding: try directory.read("accounts/users.yaml"), as: UTF8.self) } }

    @discardableResult
    func edit(_ name: String, _ act: AccountEdit.Act, as author: String = "root") throws -> String {
      try lines(control.ask(.edit(AccountEdit(name: Array(name.utf8), act, author: author))))
    }

    func lines(_ replies: [ControlReply]) -> String {
      String(
        decoding: replies.flatMap { reply -> [UInt8] in if case .text(let part) = reply { part } else { [] } },
        as: UTF8.self)
    }

    func fields(_ name: String) throws -> [String: AccountFieldEntry] {
      var fields: [String: AccountFieldEntry] = [:]
      for case .accountFields(let part) in try control.ask(.account(Array(name.utf8))) {
        for field in part { fields[field.key] = field }
      }
      return fields
    }

    func list(_ pattern: String = "", from first: UInt32 = 0, count: UInt32 = 200) throws -> (
      names: [String], total: UInt32, place: AccountPlaceEntry?
    ) {
      var (names, total, place): ([String], UInt32, AccountPlaceEntry?) = ([], 0, nil)
      let request = ControlRequest.accounts(matching: Array(pattern.utf8), from: first, count: count)
      for reply in try control.ask(request) {
        switch reply {
        case .accounts(let accounts): names += accounts.map { String(decoding: $0.name, as: UTF8.self) }
        case .accountPlace(let told): place = told
        case .done(let count): total = count
        default: break
        }
      }
      return (names, total, place)
    }
  }

  @Test func everyFieldIsToldAndNoSecret() throws {
    let place = try Place()
    let (names, total, told) = try place.list()
    #expect(names == ["bob"])
    #expect(total == 1)
    #expect(told == AccountPlaceEntry(place: place.table, obstacle: ""))
    let fields = try place.fields("bob")
    #expect(fields["home"]?.value == place.home)
    #expect(fields["access"]?.value == "rw")
    #expect(fields["groups"]?.value == "staff")
    #expect(fields["password"]?.value == "locked")
    #expect(fields["welcome"]?.value == "Hello")
    #expect(fields["welcome"]?.origin == .group)
    #expect(fields["account"]?.isHidden == true)
    #expect(fields["account"]?.value == "")
    #expect(fields["quota"] == nil || fields["quota"]?.origin == AccountFieldEntry.Origin.none)
    // Those that are not set are told, too, with what they expect.
    #expect(fields["enabled"]?.origin == AccountFieldEntry.Origin.none)
    #expect(fields["enabled"]?.expected.isEmpty == false)
    #expect(throws: ControlClientError.self) { try place.fields("nobody") }
  }

  @Test func aUserIsAddedChangedDisabledAndRemovedWhileTheServerRuns() throws {
    let place = try Place()
    let control = place.control
    mkdir(place.directory.path + "/carol", 0o755)
    // The home is outside of what Landlock allowed at the start, unless it lies beneath it.
    try place.edit(
      "carol",
      .add(
        password: Array("correct horse".utf8),
        set: [AccountSetting(key: "home", value: place.home), AccountSetting(key: "access", value: "ro")]),
      as: "olga at 192.0.2.1")
    try waitForLog(control.server.process, "for \"olga at 192.0.2.1\": adds user \"carol\"")
    #expect(!control.server.process.errorText.contains("correct horse"))
    #expect(try place.text.hasPrefix("# ours\n"))
    let carol = try control.server.client()
    try carol.logIn("carol", "correct horse")
    try carol.command("STOR x", expecting: 550)
    // What a session may do follows at once.
    #expect(
      try place.edit("carol", .update(set: [AccountSetting(key: "access", value: "rw")], unset: [])).contains(
        "ro -> rw"))
    #expect(try carol.store("STOR x", [1]).code == 226)
    try place.edit("carol", .password(Array("battery staple".utf8)))
    let again = try control.server.client()
    try again.logIn("carol", "battery staple")
    // Disabled: running sessions end.
    try place.edit("carol", .update(set: [AccountSetting(key: "enabled", value: "no")], unset: []))
    #expect(try carol.reply().code == 421)
    #expect(try place.list("CAR").names == ["carol"])
    try place.edit("carol", .update(set: [], unset: ["enabled"]))
    try control.server.client().logIn("carol", "battery staple")
    try place.edit("carol", .remove)
    #expect(try place.list().names == ["bob"])
    let gone = try control.server.client()
    try gone.command("USER carol", expecting: 331)
    try gone.command("PASS battery staple", expecting: 530)
    #expect(try place.list(from: 1, count: 10).names == [])
  }

  @Test func whatCannotBeIsRefusedInWordsAndChangesNothing() throws {
    let place = try Place()
    let before = try place.text
    func refusal(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return ""
    }
    #expect(
      refusal {
        try place.edit("bob", .remove)
        try place.edit("bob", .remove)
      }.contains("there is no user bob"))
    try place.directory.write("accounts/users.yaml", before)
    #expect(
      refusal {
        try place.edit("bob", .update(set: [AccountSetting(key: "sesions", value: "3")], unset: []))
      }.contains("there is no option 'sesions'"))
    let wrong = AccountEdit.Act.add(
      password: [],
      set: [
        AccountSetting(key: "home", value: "/srv"), AccountSetting(key: "sessions", value: "many"),
      ])
    #expect(refusal { try place.edit("dave", wrong) }.contains("sessions"))
    #expect(refusal { try place.edit("dave", .add(password: [0x61, 0x0A], set: [])) }.contains("home"))
    #expect(refusal { try place.edit("bob", .password([0x61, 0x0A])) }.contains("no FTP client can send"))
    #expect(try place.text == before)
    #expect(try place.list().names == ["bob"])
  }

  @Test func whatTheServerMayNotWriteIsToldWithWhatToDo() throws {
    guard geteuid() == 0 else { return print("a table of root: skipped, needs root") }
    // The server is root here, and gives that up as under a unit.
    let place = try Place(["server.user=nobody", "server.landlock=off"])
    chmod(place.directory.path, 0o755)
    chmod(place.table, 0o644)
    let obstacle = try place.list().place?.obstacle ?? ""
    #expect(obstacle.contains("cannot write"), "\(obstacle)")
    #expect(obstacle.contains("weftpd user"), "\(obstacle)")
    #expect(throws: ControlClientError.self) { try place.edit("bob", .remove) }
    #expect(try place.list().names == ["bob"])
  }

  @Test func nothingIsChangedUnlessTheSettingsLetOperators() throws {
    let place = try Place(["server.control-accounts=false"])
    let obstacle = try place.list().place?.obstacle ?? ""
    #expect(obstacle.contains("server.control-accounts is off"), "\(obstacle)")
    #expect(throws: ControlClientError.self) { try place.edit("bob", .remove) }
    #expect(try place.list().names == ["bob"])
    try waitForLog(place.control.server.process, "removes user \"bob\": refused")
  }

  @Test func explainAndRecountAnswer() throws {
    let place = try Place()
    try place.directory.write("bob/file", [UInt8](repeating: 1, count: 1234))
    func ask(_ verb: String, _ path: String, _ address: String = "") throws -> [ControlReply] {
      try place.control.ask(
        .explain(AccountQuestion(name: Array("bob".utf8), verb: verb, path: Array(path.utf8), address: address)))
    }
    let no = try ask("RETR", "/file")
    #expect(no.last == .done(0))
    #expect(place.lines(no).contains("To allow it: Give a password"))
    try place.edit("bob", .password(Array("correct horse".utf8)))
    let yes = try ask("retr", "/file", "192.0.2.1")
    #expect(yes.last == .done(1), "\(place.lines(yes))")
    #expect(place.lines(yes).contains("RETR is granted"))
    #expect(throws: ControlClientError.self) { try ask("RETR", "/file", "nowhere") }
    #expect(try place.edit("bob", .recount).hasPrefix("1234 bytes, 1 files in "))
    guard case .certificates(let certificates)? = try place.control.ask(.certificates).first else {
      throw TestFailure("no certificates")
    }
    // The server's own, which it has made at its start.
    #expect(certificates.map(\.host) == [""])
    #expect(certificates.allSatisfy { $0.expires > UInt64(time(nil)) })
    guard case .disks(let disks)? = try place.control.ask(.disks).first else { throw TestFailure("no disks") }
    #expect(!disks.isEmpty)
    #expect(disks.allSatisfy { $0.total >= $0.free && $0.total > 0 && $0.directory.hasPrefix("/") })
  }

  @Test func anSQLiteFileIsChangedToo() throws {
    let directory = try TemporaryDirectory()
    let file = directory.path + "/accounts.sqlite"
    mkdir(directory.path + "/bob", 0o755)
    let made = try run([
      try Server.binary(), "user", "add", "bob", "--sqlite", file, "--home", directory.path + "/bob", "--hash", "*",
    ])
    #expect(made.exitCode == 0, "\(made.errors)")
    let control = try ControlledServer(
      ["accounts.backend=sqlite", "accounts.sqlite=\(file)", "server.control-accounts=true"])
    let edit = AccountEdit(name: Array("bob".utf8), .password(Array("correct horse".utf8)), author: "root")
    try control.ask(.edit(edit))
    try control.server.client().logIn("bob", "correct horse")
  }
}
