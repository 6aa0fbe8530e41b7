// Every verb with every permission, inside and outside a virtual directory, against a model that is written here once more.

import Accounts
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import FTPServer

@Suite(.onThreads, .timeLimit(.minutes(10))) struct PermissionMatrixTests {
  /// What one line of commands needs to succeed, told here apart from the server's own tables.
  struct Row: Sendable {
    let commands: [String]
    let needs: @Sendable (AccountPermissions) -> Bool

    init(_ commands: String..., needs: @escaping @Sendable (AccountPermissions) -> Bool) {
      self.commands = commands
      self.needs = needs
    }
  }

  /// `@` is the directory with the rule. In it are the files `f` and `h` and the directories `d` and `full`, which has a file in it.
  static let rows: [Row] = [
    Row("LIST @") { $0.contains(.list) }, Row("NLST @") { $0.contains(.list) }, Row("MLSD @") { $0.contains(.list) },
    Row("STAT @") { $0.contains(.list) }, Row("LIST @/f") { $0.contains(.list) },
    Row("MLST @/f") { !$0.isDisjoint(with: [.list, .read]) }, Row("SIZE @/f") { !$0.isDisjoint(with: [.list, .read]) },
    Row("MDTM @/f") { !$0.isDisjoint(with: [.list, .read]) }, Row("DSIZ @") { !$0.isDisjoint(with: [.list, .read]) },
    Row("CWD @/d") { _ in true }, Row("RETR @/f") { $0.contains(.read) },
    Row("REST 1", "RETR @/f") { $0.contains(.read) },
    Row("HASH @/f") { $0.contains(.read) }, Row("XCRC @/f") { $0.contains(.read) },
    Row("XSHA256 @/f") { $0.contains(.read) }, Row("STOR @/new") { $0.contains(.write) },
    Row("STOR @/f") { $0.contains(.overwrite) }, Row("STOU @/new") { $0.contains(.write) },
    Row("APPE @/f") { $0.contains(.append) }, Row("APPE @/new") { $0.contains(.append) },
    Row("RANG 0 3", "STOR @/f") { $0.isSuperset(of: [.write, .overwrite]) },
    Row("RNFR @/f", "RNTO @/new") { $0.contains(.rename) },
    Row("RNFR @/f", "RNTO @/h") { $0.isSuperset(of: [.rename, .overwrite]) },
    Row("RNFR @/d", "RNTO @/e") { $0.contains(.rename) }, Row("DELE @/f") { $0.contains(.delete) },
    Row("MKD @/new") { $0.contains(.makeDirectory) }, Row("RMD @/d") { $0.contains(.removeDirectory) },
    Row("MFMT 20200101000000 @/f") { $0.contains(.changeMode) },
    Row("MDTM 20200101000000 @/f") { $0.contains(.changeMode) && !$0.isDisjoint(with: [.list, .read]) },
    Row("MFF UNIX.mode=0600; @/f") { $0.contains(.changeMode) }, Row("SITE CHMOD 600 @/f") { $0.contains(.changeMode) },
    Row("SITE UTIME 20200101000000 @/f") { $0.contains(.changeMode) },
    Row("SITE MKDIR @/a/b") { $0.contains(.makeDirectory) },
    Row("SITE RMDIR @/full") { $0.isSuperset(of: [.removeDirectory, .delete]) },
    Row("SITE SYMLINK f @/new") { $0.contains([.write, .site]) },
    Row("SITE COPY @/f @/new") { $0.isSuperset(of: [.read, .write]) },
    Row("SITE COPY @/f @/h") { $0.isSuperset(of: [.read, .overwrite]) },
    Row("SITE CPFR @/f", "SITE CPTO @/new") { $0.isSuperset(of: [.read, .write]) },
    Row("COMB @/f @/h") { $0.isSuperset(of: [.append, .read, .delete]) },
  ]

  /// Nothing, everything, each permission alone, and all but each.
  static let sets: [AccountPermissions] = {
    let single = AccountPermissions.named.map(\.permission).filter { $0 != .site && $0 != .siteToSite }
    return [[], .readAndWrite] + single + single.map { AccountPermissions.readAndWrite.subtracting($0) }
  }()

  private static func prepare(_ path: String) throws {
    for name in names(in: path) { removeTree("\(path)/\(name)") }
    makeDirectories("\(path)/d", "\(path)/full")
    for name in ["f", "h", "full/x"] { try writeFile(Array("\(path)/\(name)".utf8), Array("12345678".utf8)) }
  }

  private static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  private static func makeDirectories(_ paths: String...) { for path in paths { mkdir(path, 0o755) } }

  /// Every name beneath `path`, and what is in the files.
  private static func contents(of path: String) throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for name in names(in: path) {
      let inner = "\(path)/\(name)"
      var status = stat()
      lstat(inner, &status)
      contents[inner] = status.st_mode & S_IFMT == S_IFREG ? try readFile(inner) : []
      contents["mode of \(inner)"] = Array("\(status.st_mode)".utf8)
      if status.st_mode & S_IFMT == S_IFDIR { contents.merge(try Self.contents(of: inner)) { first, _ in first } }
    }
    return contents
  }

  /// Sends the commands, with data connections where one is needed; true if the last one succeeded.
  private static func succeeds(_ commands: [String], _ client: FTPClient) throws -> Bool {
    for (index, command) in commands.enumerated() {
      let isLast = index == commands.count - 1
      let verb = command.prefix { $0 != " " }
      var reply: FTPReply
      if ["LIST", "NLST", "MLSD", "RETR", "STOR", "STOU", "APPE"].contains(verb) {
        let data = try client.extendedPassive()
        if verb.hasPrefix("STO") || verb == "APPE" {
          try data.send(Array("1234".utf8))
          data.finishSending()
        }
        reply = try client.command(command)
        if reply.code / 100 == 1 {
          if !verb.hasPrefix("STO"), verb != "APPE" { _ = try data.readToEnd() }
          reply = try client.reply()
        }
      } else {
        reply = try client.command(command)
      }
      let isFine = reply.code / 100 == 2 || reply.code / 100 == 3 && !isLast
      if !isFine {
        // Whatever it is refused with, it is a refusal and no fault of the server's.
        try require([450, 550, 553].contains(reply.code), "\(command): \(reply)")
        return false
      }
    }
    return true
  }

  @Test(arguments: PermissionMatrixTests.sets)
  func everyVerb(_ permissions: AccountPermissions) async throws {
    let home = try TemporaryDirectory()
    let elsewhere = try TemporaryDirectory()
    Self.makeDirectories(home.path + "/p", elsewhere.path + "/t")
    let names = permissions.names
    let options = try AccountOptions([
      "permissions": "/p=\(names);/v=\(names)", "directories": "v=\(elsewhere.path)/t",
    ])
    let bob = UserEntry(
      name: Array("bob".utf8), hash: SampleHash.ofSecret, home: home.path, permissions: .readOnly, options: options)
    var configuration = ServerConfiguration()
    configuration.uploads.durability = .relaxed
    let accounts = AccountSource(single: bob)
    try await withServer(accounts, configuration) { _, address in
      let client = try FTPClient(address)
      try client.expect(220)
      try client.logIn("bob", "secret")
      _ = try client.command("TYPE I", expecting: 200)
      for (place, path) in [("/p", home.path + "/p"), ("/v", elsewhere.path + "/t")] {
        for row in Self.rows {
          try Self.prepare(path)
          let commands = row.commands.map { $0.replacing("@", with: place) }
          let explained = Self.explained(commands, accounts)
          let isDone = try Self.succeeds(commands, client)
          #expect(isDone == row.needs(permissions), "\(commands) with \(names)")
          if let explained { #expect(explained == isDone, "explain \(commands) with \(names)") }
        }
        try Self.prepare(path)
        if permissions.contains(.list) { try Self.checkFacts(place, permissions, client) }
      }
      try client.quit()
    }
  }

  /// What `weftpd explain` says of a single command with a single path; nil of others.
  private static func explained(_ commands: [String], _ accounts: AccountSource) -> Bool? {
    let words = (commands.last ?? "").split(separator: " ").map(String.init)
    let isSite = words.first == "SITE"
    let verb = words.prefix(isSite ? 2 : 1).joined(separator: " ")
    let paths = commands.joined(separator: " ").split(separator: " ").filter { $0.hasPrefix("/") }
    guard commands.count == 1, paths.count == 1, let path = paths.first, words[0] != "MDTM" else { return nil }
    let question = AccessQuestion(user: Array("bob".utf8), verb: verb, path: Array(path.utf8))
    return accounts.explain(question) { _ in "the test" }.isAllowed
  }

  /// MLSD's `perm` says what the verbs do.
  private static func checkFacts(_ place: String, _ granted: AccountPermissions, _ client: FTPClient) throws {
    let data = try client.extendedPassive()
    _ = try client.command("MLSD \(place)", expecting: 150)
    let lines = latin1(try data.readToEnd()).split(separator: "\r\n")
    try client.expect(226)
    func facts(_ name: String) throws -> Set<Character> {
      let line = try #require(lines.first { $0.hasSuffix(" \(name)") })
      let perm = try #require(line.lowercased().split(separator: ";").first { $0.hasPrefix("perm=") })
      return Set(perm.dropFirst(5))
    }
    let ofFiles: [(Character, AccountPermissions)] = [
      ("r", .read), ("a", .append), ("w", .overwrite), ("d", .delete), ("f", .rename),
    ]
    let ofDirectories: [(Character, AccountPermissions)] = [
      ("l", .list), ("c", .write), ("m", .makeDirectory), ("p", .delete), ("d", .removeDirectory), ("f", .rename),
    ]
    for (name, table) in [("f", ofFiles), ("d", ofDirectories)] {
      let facts = try facts(name)
      for (letter, permission) in table {
        #expect(facts.contains(letter) == granted.contains(permission), "\(letter) of \(name) with \(granted.names)")
      }
    }
  }

  /// What a link leads to is asked about, not the name of the link.
  @Test func linksLeadToTheRulesOfWhatTheyLeadTo() async throws {
    let home = try TemporaryDirectory()
    Self.makeDirectories(home.path + "/p", home.path + "/open")
    try Self.prepare(home.path + "/p")
    symlink("../p", home.path + "/open/link")
    symlink("../p/f", home.path + "/open/file")
    let options = try AccountOptions(["permissions": "/p=none"])
    let bob = UserEntry(
      name: Array("bob".utf8), hash: SampleHash.ofSecret, home: home.path, permissions: .readAndWrite, options: options)
    try await withServer(AccountSource(single: bob)) { _, address in
      let client = try FTPClient(address)
      try client.expect(220)
      try client.logIn("bob", "secret")
      _ = try client.command("TYPE I", expecting: 200)
      let refused = Self.rows.filter { !$0.needs([]) }
      for row in refused {
        let commands = row.commands.map { $0.replacing("@", with: "/open/link") }
        #expect(try !Self.succeeds(commands, client), "\(commands)")
      }
      for command in ["RETR /open/file", "STOR /open/file", "APPE /open/file", "SIZE /open/file", "HASH /open/file"] {
        #expect(try !Self.succeeds([command], client), "\(command)")
      }
      // The link itself lies where it may be removed.
      #expect(try Self.succeeds(["DELE /open/file"], client))
      #expect(try home.read("p/f") == Array("12345678".utf8))
      try client.quit()
    }
  }

  /// A directory with parts of its own rules does not move, or the parts would lose them.
  @Test func aTreeWithRulesInsideDoesNotMove() async throws {
    let home = try TemporaryDirectory()
    Self.makeDirectories(home.path + "/a", home.path + "/a/secret", home.path + "/b")
    let options = try AccountOptions(["permissions": "/a/secret=none"])
    let bob = UserEntry(
      name: Array("bob".utf8), hash: SampleHash.ofSecret, home: home.path, permissions: .readAndWrite, options: options)
    try await withServer(AccountSource(single: bob)) { _, address in
      let client = try FTPClient(address)
      try client.expect(220)
      try client.logIn("bob", "secret")
      #expect(try !Self.succeeds(["RNFR /a", "RNTO /c"], client))
      #expect(try Self.succeeds(["RNFR /b", "RNTO /c"], client))
      #expect(try !Self.succeeds(["SITE RMDIR /a"], client))
      #expect(try !Self.succeeds(["RNFR /c", "RNTO /a/secret/c"], client))
      try client.quit()
    }
  }

  /// While links and directories change places, nothing is done where nothing may be done.
  @Test func racesWithLinksAndRenames() async throws {
    let home = try TemporaryDirectory()
    Self.makeDirectories(home.path + "/p", home.path + "/open", home.path + "/open/a")
    try Self.prepare(home.path + "/p")
    try Self.prepare(home.path + "/open/a")
    symlink("a", home.path + "/open/x")
    let before = try Self.contents(of: home.path + "/p")
    let options = try AccountOptions(["permissions": "/p=none"])
    let bob = UserEntry(
      name: Array("bob".utf8), hash: SampleHash.ofSecret, home: home.path, permissions: .readAndWrite, options: options)
    var configuration = ServerConfiguration()
    configuration.uploads.durability = .relaxed
    let path = home.path
    let isOver = Atomic<Bool>(false)
    async let flipping: Void = Blocking.onOwnThread {
      var isInside = true
      while !isOver.load(ordering: .relaxed) {
        symlink(isInside ? "../p" : "a", path + "/open/y")
        rename(path + "/open/y", path + "/open/x")
        isInside.toggle()
      }
    }
    defer { isOver.store(true, ordering: .relaxed) }
    try await withServer(AccountSource(single: bob), configuration) { _, address in
      let client = try FTPClient(address)
      try client.expect(220)
      try client.logIn("bob", "secret")
      _ = try client.command("TYPE I", expecting: 200)
      let changing = Self.rows.filter { !$0.needs([.list, .read]) }
      var done = 0
      for round in 0..<40 {
        if round % 4 == 0 { try Self.prepare(path + "/open/a") }
        for row in changing {
          let commands = row.commands.map { $0.replacing("@", with: "/open/x") }
          do { if try Self.succeeds(commands, client) { done += 1 } } catch let error as TestFailure {
            // A name that is a link now and none a moment later has other refusals, too.
            try require("\(error)".contains(" 45"), "\(error)")
          }
        }
      }
      #expect(done > 0)
      try client.quit()
    }
    isOver.store(true, ordering: .relaxed)
    try await flipping
    #expect(try Self.contents(of: home.path + "/p") == before)
  }
}
