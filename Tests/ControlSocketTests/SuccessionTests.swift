// weftpd upgrade: another process takes the listeners while clients connect, transfers run and sessions idle (decision 0062).

import ControlProtocol
import ControlSocket
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite(.onThreads) struct SuccessionTests {
  /// A server and the processes that take its place, which are ended with it.
  final class Line {
    let control: ControlledServer
    private(set) var processes: [Int32]
    var current: Int32 { processes.last ?? 0 }

    init(_ settings: [String] = [], arguments: [String] = [], root: TemporaryDirectory? = nil) throws {
      control = try ControlledServer(settings, arguments: arguments, root: root)
      processes = [control.server.process.id]
    }

    deinit { for process in processes.dropFirst() where kill(process, 0) == 0 { kill(process, SIGKILL) } }

    /// Has another process take the place, and requires that it has.
    @discardableResult
    func upgrade(_ arguments: String...) throws -> Int32 {
      let result = try run(
        [try Server.binary(), "upgrade", "--socket", control.path] + arguments, patience: .seconds(120))
      try require(result.exitCode == 0, "upgrade: \(result)\n\(log)")
      let process = Int32(bitPattern: try control.status().process)
      try require(!processes.contains(process), "the same process: \(process)")
      processes.append(process)
      return process
    }

    var log: String { String(control.server.process.errorText.suffix(3000)) }

    func isRunning(_ process: Int32) -> Bool {
      // A child that has ended is a zombie until it is waited for.
      guard let stat = try? String(decoding: readFile("/proc/\(process)/stat"), as: UTF8.self) else { return false }
      return !stat.contains(") Z")
    }

    func waitForEnd(of process: Int32) throws {
      try require(
        Deadline.after(.seconds(60)).until { !isRunning(process) }, "process \(process) does not end\n\(log)")
    }

    /// Asks the last one to end, and requires that all do.
    func stop() throws {
      kill(current, SIGTERM)
      for process in processes { try waitForEnd(of: process) }
    }
  }

  private static let marks = [0, 1 << 29, (1 << 30) - 4096]

  /// A gigabyte, with a few blocks that can be told from others.
  private static func gigabyte(_ root: TemporaryDirectory, _ name: String) throws {
    try root.makeSparse(name, size: 1 << 30)
    let file = open(root.path(of: name), O_WRONLY)
    defer { close(file) }
    for (index, place) in marks.enumerated() {
      let block = pattern(4096, seed: UInt64(index) + 5)
      try require(pwrite(file, block, block.count, off_t(place)) == block.count, "pwrite")
    }
  }

  /// Reads `count` bytes from `data`, beginning at `place`, and compares those of the marks.
  private static func take(_ count: Int, at place: Int, _ data: Connection) throws {
    var position = place
    while position < place + count {
      let piece = try data.receive(limit: min(1 << 18, place + count - position))
      try require(!piece.isEmpty, "the download ends after \(position) bytes")
      for (index, mark) in marks.enumerated() where mark < position + piece.count && mark + 4096 > position {
        let block = pattern(4096, seed: UInt64(index) + 5)
        let (from, to) = (max(mark, position), min(mark + 4096, position + piece.count))
        let isRight = piece[(from - position)..<(to - position)] == block[(from - mark)..<(to - mark)]
        try require(isRight, "the download differs at \(from)")
      }
      position += piece.count
    }
  }

  @Test func aGigabyteAnIdleSessionAndFiftyClientsSpanIt() async throws {
    try await Blocking.run(slots: Blocking.width) {
      let line = try Line(["passive.ports=41000-41199", "limits.sessions-per-address=0"])
      let (server, root) = (line.control.server, line.control.server.root)
      let endpoint = server.endpoint
      try Self.gigabyte(root, "gigabyte")
      try root.write("small", pattern(3000))
      let idle = try server.session("alice")
      try idle.command("TYPE I", expecting: 200)
      let session = try server.session("alice")
      try session.command("TYPE I", expecting: 200)
      let data = try session.passive()
      try session.command("RETR gigabyte", expecting: 150)
      try Self.take(1 << 28, at: 0, data)
      let uploader = try server.session("alice")
      try uploader.command("TYPE I", expecting: 200)
      let upload = try uploader.passive()
      try uploader.command("STOR up", expecting: 150)
      let content = pattern(8 << 20)
      try upload.send(Array(content[..<(4 << 20)]))

      let served = Atomic(0)
      let isOver = Atomic(false)
      let first = line.current
      let path = line.control.path
      // One of the threads upgrades twice; the others connect all the while.
      try inParallel(51) { index in
        if index == 50 {
          defer { isOver.store(true, ordering: .sequentiallyConsistent) }
          for round in 0..<2 {
            let wanted = (round + 1) * 100
            try require(
              Deadline.after(.seconds(60)).until { served.load(ordering: .relaxed) >= wanted }, "clients are not served"
            )
            let result = try run([try Server.binary(), "upgrade", "--socket", path], patience: .seconds(120))
            try require(result.exitCode == 0, "upgrade: \(result)")
          }
          let wanted = served.load(ordering: .relaxed) + 100
          try require(
            Deadline.after(.seconds(60)).until { served.load(ordering: .relaxed) >= wanted }, "clients are not served")
          return
        }
        while !isOver.load(ordering: .sequentiallyConsistent) {
          // A refusal throws, and so does a reset before the greeting.
          let client = FTPClient(try Connection(to: endpoint))
          try client.expect(220)
          try client.logIn("alice")
          try client.command("TYPE I", expecting: 200)
          try require(try client.retrieve("RETR small") == pattern(3000), "a small download differs")
          try client.quit()
          served.add(1, ordering: .relaxed)
        }
      }
      let status = try line.control.status()
      #expect(Int32(bitPattern: status.process) != first)
      print("measured: succession: \(served.load(ordering: .relaxed)) sessions by 50 clients, none refused")
      // What was under way goes on in the first process.
      try Self.take((1 << 30) - (1 << 28), at: 1 << 28, data)
      #expect(try data.receive().isEmpty)
      try session.expect(226)
      try upload.send(Array(content[(4 << 20)...]))
      upload.close()
      try uploader.expect(226)
      #expect(try root.read("up") == content)
      try idle.command("NOOP", expecting: 200)
      #expect(try idle.retrieve("RETR small") == pattern(3000))
      #expect(line.isRunning(first))
      for client in [idle, session, uploader] { try client.quit() }
      try line.waitForEnd(of: first)
      kill(Int32(bitPattern: status.process), SIGTERM)
      try line.waitForEnd(of: Int32(bitPattern: status.process))
    }
  }

  @Test func operatorsReachBothAndTheLastOneEndsAll() throws {
    let line = try Line(["shutdown.grace=1s"])
    let client = try line.control.server.session("alice")
    let first = line.current
    let second = try line.upgrade()
    var status = try line.control.status()
    #expect(status.predecessors == [UInt32(first)])
    #expect(try line.control.sessions().isEmpty)
    var aside = try ControlClient(path: line.control.path + ".\(first)")
    #expect(try aside.sessions(refreshingPaths: false).map(\.user) == [Array("alice".utf8)])
    status = try aside.status()
    #expect(status.successor == UInt32(second))
    #expect(!status.isDraining)
    let text = try run([try Server.binary(), "status", "--socket", line.control.path])
    #expect(text.output.contains("process \(first) goes on with its sessions"))
    let old = try run([try Server.binary(), "status", "--socket", line.control.path + ".\(first)"])
    #expect(old.exitCode == 2 && old.output.contains("process \(second) accepts now"))
    // A session of the new one has a number of its own, and a kick at the one reaches those of the other.
    let another = try line.control.server.session("alice")
    let ids = try aside.sessions(refreshingPaths: false).map(\.id) + line.control.sessions().map(\.id)
    #expect(Set(ids).count == 2)
    let kick = try line.control.weftpd("kick", "\(ids[0])", "--say", "Go.")
    #expect(kick.exitCode == 0, "\(kick.output) \(kick.errors)")
    #expect(try client.reply().text.contains("Go."))
    try line.waitForEnd(of: first)
    // Its main thread may be gone while others still close what it had.
    let isGone = try Deadline.after(.seconds(60)).until { try line.control.status().predecessors.isEmpty }
    #expect(isGone)
    // The end of the last is the end of those before it.
    let third = try line.upgrade()
    try another.command("NOOP", expecting: 200)
    #expect(line.isRunning(second))
    kill(third, SIGTERM)
    try another.expect(421)
    try line.waitForEnd(of: second)
    try line.waitForEnd(of: third)
  }

  @Test func whatCannotStartChangesNothing() throws {
    let place = try TemporaryDirectory()
    try place.write("weftpd.yaml", "server: {greeting: one}\n")
    let line = try Line(arguments: ["--config", place.path + "/weftpd.yaml"])
    let client = try line.control.server.session("alice")
    try place.write("weftpd.yaml", "server: {greetin: one}\n")
    let failed = try run([try Server.binary(), "upgrade", "--socket", line.control.path], patience: .seconds(120))
    #expect(failed.exitCode == 1)
    #expect(failed.errors.contains("the daemon goes on as it was"))
    #expect(try line.control.status().process == UInt32(line.current))
    try client.command("NOOP", expecting: 200)
    try line.control.server.session("alice").quit()
    // A successor that dies between the two steps is none either.
    do {
      var half = try line.control.client()
      var passed = PassedDescriptors()
      let entry = try half.takeOver(&passed)
      #expect(entry.process == UInt32(line.current))
    }
    try line.control.server.session("alice").quit()
    // With settings that only a restart changes, it is a restart.
    try place.write("weftpd.yaml", "server: {greeting: two}\nlog: {xferlog: \(place.path)/xferlog}\n")
    try line.upgrade()
    let another = FTPClient(try Connection(to: line.control.server.endpoint))
    #expect(try another.expect(220).text.contains("two"))
    #expect(place.exists("xferlog"))
    try client.command("NOOP", expecting: 200)
    try client.quit()
    try line.stop()
  }

  @Test func aReloadIsAllThereIsToDoForTheSameProgram() throws {
    let line = try Line()
    let result = try run([try Server.binary(), "upgrade", "--or-reload", "--socket", line.control.path])
    #expect(result.exitCode == 0)
    #expect(line.control.server.process.errorText.contains("reloaded: "))
    #expect(try line.control.status().process == UInt32(line.current))
    let copy = try TemporaryDirectory()
    try run(["cp", try Server.binary(), copy.path + "/weftpd"])
    let other = try run(
      [copy.path + "/weftpd", "upgrade", "--or-reload", "--socket", line.control.path], patience: .seconds(120))
    #expect(other.exitCode == 0)
    let process = Int32(bitPattern: try line.control.status().process)
    #expect(process != line.current)
    #expect(try File.resolvedPath("/proc/\(process)/exe") == copy.path + "/weftpd")
    kill(process, SIGTERM)
    try line.waitForEnd(of: process)
  }

  @Test(.enabled(if: getuid() == 0, "needs root"))
  func theGroupMayNotTakeTheListeners() throws {
    let line = try Line()
    for command in [["upgrade"], ["status"]] {
      let result = try run(
        ["setpriv", "--reuid", "65534", "--regid", "0", "--clear-groups", try Server.binary()] + command
          + ["--socket", line.control.path])
      #expect(result.exitCode == (command == ["upgrade"] ? 1 : 0))
      if command == ["upgrade"] { #expect(result.errors.contains("only root and the server's own user")) }
    }
    #expect(try line.control.status().process == UInt32(line.current))
  }

  /// Counts that one process keeps and the other goes on with, and a password that is in no environment any more.
  @Test func quotasBansMetricsAndThePasswordGoAlong() throws {
    let place = try TemporaryDirectory()
    let line = try Line([
      "quotas.store=\(place.path)/quotas.db", "quotas.bytes=10485760", "bans.file=\(place.path)/bans",
      "metrics.listen=\(place.path)/metrics",
    ])
    let server = line.control.server
    let client = try server.session("alice")
    try client.command("TYPE I", expecting: 200)
    #expect(try client.store("STOR a", pattern(1 << 20)).code == 226)
    let upload = try client.passive()
    try client.command("STOR b", expecting: 150)
    try upload.send(pattern(1 << 20))
    try line.upgrade()
    let scraped = try run(["curl", "-sf", "--unix-socket", place.path + "/metrics", "http://x/metrics"])
    #expect(scraped.output.contains("weftpd_sessions"), "\(scraped)")
    let other = try server.session("alice")
    try other.command("TYPE I", expecting: 200)
    #expect(try other.store("STOR c", pattern(2 << 20)).code == 226)
    upload.close()
    try client.expect(226)
    try client.quit()
    try line.waitForEnd(of: line.processes[0])
    // The one that has ended has left word; the other has counted again.
    let isCounted = try Deadline.after(.seconds(60)).until {
      try other.command("SITE QUOTA").description.contains(" \(4 << 20) of ")
    }
    #expect(isCounted)
    try line.control.ask(.ban(address: "192.0.2.1", seconds: 0, reason: "abuse"))
    try other.quit()
    let isKept = try Deadline.after(.seconds(60)).until {
      try place.exists("bans") && latin1(place.read("bans")).contains("192.0.2.1")
    }
    #expect(isKept)
    try line.stop()
  }

  /// systemd is told which process is the service's main one, and keeps the listeners.
  @Test func theServiceManagerFollows() throws {
    let place = try TemporaryDirectory()
    let manager = try DatagramReceiver(place.path + "/notify")
    var options = Server.Options(settings: ["server.control=\(place.path)/control"])
    options.environment = ["NOTIFY_SOCKET": manager.address, "FDSTORE": "8"]
    let server = try Server(options)
    // (The receiver reads what a descriptor holds that comes along; a listener holds nothing.)
    let client = try server.session("alice")
    try manager.wait(for: "READY=1")
    let result = try run(
      [try Server.binary(), "upgrade", "--socket", place.path + "/control"], patience: .seconds(120))
    #expect(result.exitCode == 0, "\(result)")
    var control = try ControlClient(path: place.path + "/control")
    let process = Int32(bitPattern: try control.status().process)
    defer { if kill(process, 0) == 0 { kill(process, SIGKILL) } }
    try manager.wait(for: "MAINPID=\(process)")
    let ready = try manager.wait(for: "READY=1")
    #expect(ready.contains("MAINPID=\(process)"))
    try client.command("NOOP", expecting: 200)
    kill(process, SIGTERM)
    try manager.wait(for: "STOPPING=1")
    try client.expect(421)
    #expect(server.process.waitForExit(patience: .seconds(60)) == 0)
  }
}
