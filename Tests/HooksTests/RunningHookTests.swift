// Hooks of a real weftpd: programs and an HTTPS server that fail and come back, and processes that are killed in between.

import Glibc
import TestSupport
import Testing

@Suite(.serialized) struct RunningHookTests {
  /// A place with a program that notes each record in `got`, and fails while there is a file `down`.
  private struct Place: Sendable {
    let directory: TemporaryDirectory
    let root: TemporaryDirectory

    init() throws {
      directory = try TemporaryDirectory()
      root = try TemporaryDirectory()
      try directory.write(
        "hook",
        """
        #!/bin/sh
        [ -e \(directory.path)/down ] && exit 1
        { cat; env | sort | tr '\\n' ' ' >> \(directory.path)/env; } >> \(directory.path)/got
        """, mode: 0o755)
    }

    func options(_ settings: String...) -> Server.Options {
      Server.Options(settings: ["hooks.queue=\(directory.path)/queue"] + settings)
    }

    var program: String { "hooks.program=\(directory.path)/hook" }

    func lines(_ name: String) -> [String] {
      guard let bytes = try? directory.read(name) else { return [] }
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Waits until `count` lines of a file contain `words`.
    func wait(_ name: String, _ count: Int, _ words: String, _ server: Server) throws {
      let isThere = Deadline.after(.seconds(90)).until { lines(name).count { $0.contains(words) } >= count }
      try require(
        isThere,
        "not \(count) times '\(words)' in \(name): \(lines(name).suffix(3))\n\(server.process.errorText.suffix(2000))")
    }
  }

  private static func upload(_ server: Server, _ names: [String]) throws {
    let client = try server.session("alice")
    for name in names { try client.store("STOR \(name)", bytes(name)) }
  }

  @Test func everyEventComesWithItsFacts() async throws {
    try await Blocking.run {
      let place = try Place()
      try Server.with(place.options(place.program, "bans.failures=1", "bans.duration=1s"), root: place.root) { server in
        let client = try server.session("alice")
        try client.store("STOR a b", bytes("content"))
        _ = try client.retrieve("RETR a b")
        _ = try client.retrieve("LIST")
        try client.command("MKD d", expecting: 257)
        try client.command("RNFR a b", expecting: 350)
        try client.command("RNTO d/c", expecting: 250)
        try client.command("DELE d/c", expecting: 250)
        try client.command("RMD d", expecting: 250)
        try client.command("DELE d/c", expecting: 550)
        let other = try server.client(from: "127.0.0.9")
        try other.command("USER alice", expecting: 331)
        try other.command("PASS wrong", expecting: 530)
        try place.wait("got", 1, "\"event\":\"ban\"", server)
        let got = place.lines("got")
        let events = got.compactMap { line in line.split(separator: "\"event\":\"").last?.prefix { $0 != "\"" } }
        try require(
          events == ["login", "upload", "download", "mkdir", "rename", "delete", "rmdir", "ban"],
          "the events were \(events)")
        try require(got[1].contains("\"path\":\"/a b\",\"bytes\":7"), got[1])
        try require(got[4].contains("\"path\":\"/a b\",\"target\":\"/d/c\""), got[4])
        try require(got[7].contains("\"subject\":\"127.0.0.9\""), got[7])
        // A clean environment.
        let environment = Set(place.lines("env")[0].split(separator: " ").map { $0.prefix { $0 != "=" } })
        try require(environment.isSubset(of: ["LANG", "PATH", "PWD", "OLDPWD", "SHLVL", "_"]), "\(environment)")
      }
    }
  }

  @Test func aQuotaThatIsUsedUpIsTold() async throws {
    try await Blocking.run {
      let place = try Place()
      try Server.with(place.options(place.program, "quotas.bytes=1000"), root: place.root) { server in
        let client = try server.session("alice")
        try client.command("TYPE I", expecting: 200)
        try client.store("STOR small", pattern(900))
        let data = try client.passive()
        // Refused when the room is used up, or before if ALLO has said so.
        try client.command("STOR large", expecting: 150)
        try? data.send(pattern(5000))
        data.finishSending()
        try client.expect(552)
        try client.command("ALLO 101", expecting: 200)
        _ = try client.passive()
        try client.command("STOR announced", expecting: 552)
        try place.wait("got", 2, "\"event\":\"quota-exceeded\"", server)
        let got = place.lines("got").filter { $0.contains("\"event\":\"quota-exceeded\"") }
        try require(got[0].contains("\"path\":\"/large\"") && got[1].contains("\"path\":\"/announced\""), "\(got)")
        try require(place.lines("got").count { $0.contains("\"event\":\"upload\"") } == 1, "one upload was complete")
      }
    }
  }

  /// A file can also be made from others, without an upload: whoever looks at all that is uploaded has to be told.
  @Test func whatTheServerMakesFromOtherFilesIsTold() async throws {
    try await Blocking.run {
      let place = try Place()
      try Server.with(place.options(place.program), root: place.root) { server in
        let client = try server.session("alice")
        try client.command("TYPE I", expecting: 200)
        for name in ["a", "b"] { try client.store("STOR \(name)", pattern(10)) }
        try client.command("SITE MKDIR p/q", expecting: 200)
        try client.command("SITE COPY a p/copy", expecting: 250)
        try client.command("COMB whole a b", expecting: 250)
        try client.command("SITE RMDIR p", expecting: 200)
        for (event, field) in [
          ("mkdir", #""path":"/p/q""#), ("copy", #""path":"/a","target":"/p/copy","bytes":10"#),
          ("copy", #""path":"/whole","target":"/whole","bytes":20"#), ("rmdir", #""path":"/p""#),
        ] {
          try place.wait("got", 1, field, server)
          let lines = place.lines("got").filter { $0.contains(field) }
          try require(lines.contains { $0.contains("\"event\":\"\(event)\"") }, "\(event): \(lines)")
        }
      }
    }
  }

  @Test func recordsOutliveAKilledDaemonAndAKilledHelper() async throws {
    try await Blocking.run {
      let place = try Place()
      try place.directory.write("down", "")
      let names = (0..<40).map { "file\($0)" }
      let first = try Server(place.options(place.program), root: place.root)
      try Self.upload(first, Array(names[..<20]))
      // The reply to the last upload has just come.
      first.process.signal(SIGKILL)
      _ = first.process.waitForExit(patience: .seconds(60))

      let second = try Server(place.options(place.program), root: place.root)
      try Self.upload(second, Array(names[20..<30]))
      let workers = try TestSupport.run(["pgrep", "-f", "--", "--worker.*--queue \(place.directory.path)/queue"]).output
      for worker in workers.split(separator: "\n").compactMap({ Int32($0) }) { kill(worker, SIGKILL) }
      try Self.upload(second, Array(names[30...]))
      unlink(place.directory.path + "/down")
      try place.wait("got", 40, "\"event\":\"upload\"", second)
      let got = place.lines("got").filter { $0.contains("\"event\":\"upload\"") }
      for name in names { try require(got.contains { $0.contains("\"path\":\"/\(name)\"") }, "\(name) is missing") }
      // What came twice has the same id, so nobody takes it for two.
      try require(Set(got).count == 40, "\(Set(got).count) different records")
      try second.stop()
      try require(second.process.errorText.contains("broke down"), "no worker was killed")
    }
  }

  @Test func aProgramThatHangsHoldsUpNobody() async throws {
    try await Blocking.run {
      let place = try Place()
      try place.directory.write("hang", "#!/bin/sh\nexec sleep 600\n", mode: 0o755)
      let settings = place.options(
        "hooks.program=\(place.directory.path)/hang", "hooks.timeout=200ms", "hooks.retry-for=0s")
      try Server.with(settings, root: place.root) { server in
        let clock = ContinuousClock()
        let start = clock.now
        try Self.upload(server, (0..<50).map { "file\($0)" })
        try require(start.duration(to: clock.now) < .seconds(30), "uploads waited for the hook")
        try waitForLog(server.process, "took longer than 200 ms")
        try waitForLog(server.process, "gave up")
      }
    }
  }

  @Test func aFullQueueLosesTheNewest() async throws {
    try await Blocking.run {
      let place = try Place()
      try place.directory.write("down", "")
      try Server.with(place.options(place.program, "hooks.queue-size=64KiB"), root: place.root) { server in
        let client = try server.session("alice")
        for number in 0..<700 {
          try client.command("MKD d\(number)", expecting: 257)
        }
        try waitForLog(server.process, "the queue is full")
        let sizes = try place.directory.names(in: "queue").filter { $0.hasSuffix(".records") }.map {
          try place.directory.read("queue/\($0)").count
        }
        try require(sizes.reduce(0, +) < 128 << 10, "the queue has \(sizes) bytes")
        unlink(place.directory.path + "/down")
        try place.wait("got", 200, "\"event\":\"mkdir\"", server)
      }
    }
  }

  @Test func whatIsNoSettingRefusesTheStart() async throws {
    try await Blocking.run {
      let place = try Place()
      func check(_ settings: String...) throws -> String {
        let set = settings.flatMap { ["--set", $0] }
        let result = try TestSupport.run([try Server.binary(), "check", "--anonymous", place.root.path] + set)
        try require(result.exitCode == 1, "\(settings): \(result)")
        return result.output + result.errors
      }
      let queue = "hooks.queue=\(place.directory.path)/queue"
      #expect(try check(place.program).contains("needs hooks.queue"))
      #expect(try check(queue, "hooks.url=http://127.0.0.1/").contains("does not begin with https://"))
      #expect(try check(queue, "hooks.program=/does/not/exist").contains("cannot be run"))
      #expect(try check(queue, "hooks.program=hook.sh").contains("absolute path"))
      #expect(try check(queue, place.program, "hooks.events=upload,nonsense").contains("nonsense"))
    }
  }

  // MARK: - HTTPS

  private static func certificate(_ place: Place, _ name: String, for host: String = "localhost") throws {
    let path = place.directory.path
    let result = try TestSupport.run([
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(path)/\(name).key", "-out",
      "\(path)/\(name).pem", "-days", "2", "-subj", "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)",
    ])
    try require(result.exitCode == 0, result.errors)
  }

  /// Starts receiver.py; gives its port.
  private static func receive(
    _ place: Place, port: UInt16 = 0, _ certificate: String, _ statuses: Int...
  ) throws -> (process: ChildProcess, port: UInt16) {
    let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let path = place.directory.path
    let process = try ChildProcess(
      [
        "python3", here + "/receiver.py", "\(port)", "\(path)/\(certificate).pem", "\(path)/\(certificate).key",
        "\(path)/posted",
      ]
        + statuses.map(String.init))
    guard let line = try process.waitForLines(1, patience: .seconds(60)).first, let port = UInt16(line) else {
      throw TestFailure("no receiver: \(process.errorText)")
    }
    return (process, port)
  }

  @Test(.enabled(if: isInstalled("python3") && isInstalled("openssl"), "python3 or openssl is not installed"))
  func postsUntilItIsTaken() async throws {
    try await Blocking.run {
      let place = try Place()
      try Self.certificate(place, "right")
      // Busy twice, then one it will never take.
      let receiver = try Self.receive(place, "right", 503, 429, 400)
      let settings = [
        "hooks.url=https://localhost:\(receiver.port)/hook", "hooks.ca-file=\(place.directory.path)/right.pem",
        "hooks.queue=\(place.directory.path)/queue", "hooks.events=upload,delete",
      ]
      let server = try Server(.init(settings: settings), root: place.root)
      try Self.upload(server, ["one", "two", "three"])
      try place.wait("posted", 5, " upload ", server)
      let posted = place.lines("posted").map { $0.split(separator: " ").map(String.init) }
      try require(posted.map { $0[0] } == ["503", "429", "400", "204", "204"], "\(posted)")
      try require(posted.allSatisfy { $0[1] == "True" }, "headers and records disagree")
      try require(posted.map { $0[4] } == ["/one", "/one", "/one", "/two", "/three"], "\(posted)")
      try require(Set(posted[0...2].map { $0[2] }).count == 1, "a record that comes again has another id")
      try waitForLog(server.process, "gave up")
      // The receiver is away while weftpd is killed and started again.
      receiver.process.signal(SIGKILL)
      _ = receiver.process.waitForExit(patience: .seconds(60))
      try Self.upload(server, ["four", "five"])
      try waitForLog(server.process, "is tried again")
      server.process.signal(SIGKILL)
      _ = server.process.waitForExit(patience: .seconds(60))
      try Server.with(.init(settings: settings), root: place.root) { server in
        let again = try Self.receive(place, port: receiver.port, "right")
        defer { again.process.signal(SIGKILL) }
        try place.wait("posted", 1, "/four", server)
        try place.wait("posted", 1, "/five", server)
      }
    }
  }

  @Test(.enabled(if: isInstalled("python3") && isInstalled("openssl"), "python3 or openssl is not installed"))
  func aWrongCertificateGetsNothing() async throws {
    try await Blocking.run {
      let place = try Place()
      try Self.certificate(place, "right")
      try Self.certificate(place, "other", for: "example.org")
      for authority in ["right", "other"] {
        // Of another authority, and for another name.
        let receiver = try Self.receive(place, "other")
        defer { receiver.process.signal(SIGKILL) }
        let settings = [
          "hooks.url=https://localhost:\(receiver.port)/", "hooks.ca-file=\(place.directory.path)/\(authority).pem",
          "hooks.queue=\(place.directory.path)/queue-\(authority)",
        ]
        try Server.with(.init(settings: settings), root: place.root) { server in
          try Self.upload(server, ["file"])
          try waitForLog(server.process, "is tried again: SSL")
        }
      }
      try require(place.lines("posted").isEmpty, "a record went to the wrong server")
    }
  }
}
