// Coded uploads in trouble: bombs on a full disk, drips, floods of nothing, and a server that is killed.

import FTPProtocol
import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct CodedUploadTests {
    // MARK: a full disk

    @Test(.enabled(if: getuid() == 0, "only root can mount a small file system"))
    func aBombThatFillsTheDiskLeavesNothing() async throws {
      let bomb = try deflated(zeros: 512 << 20)
      try await Blocking.run {
        try Self.onSmallDisk { server in
          let client = try server.session("alice")
          try Self.prepare(client, "MODE Z")
          let meter = ProcessMeter(server.process.id)
          try Self.upload(client, "warm", try deflated(zeros: 100_000), expecting: 226)
          try client.command("DELE warm", expecting: 250)
          let before = try meter.peakResidentBytes()
          for command in ["STOR f", "APPE f", "STOU f"] {
            try Self.upload(client, command, bomb, expecting: 452)
            try require(try server.root.names().isEmpty, "\(command) left \(try server.root.names())")
          }
          let grown = try meter.peakResidentBytes() - before
          report("three bombs of \(bomb.count) bytes for 512 MiB each: peak memory grew by \(grown >> 10) KiB")
          try require(grown < 4 << 20, "peak memory grew by \(grown) bytes")
          // The room is there again, and the session goes on.
          try Self.upload(client, "f", try deflated(zeros: 6 << 20), expecting: 226)
          try require(try server.root.read("f") == [UInt8](repeating: 0, count: 6 << 20), "the file is another")
          try client.quit()
        }
      }
    }

    @Test(.enabled(if: getuid() == 0, "only root can mount a small file system"))
    func whatIsPutTogetherOnAFullDiskLeavesNothing() async throws {
      try await Blocking.run {
        try Self.onSmallDisk { server in
          let part = pattern(3 << 20)
          for name in ["a", "b"] { try server.root.write(name, part) }
          let client = try server.session("alice")
          for command in ["COMB t a b", "SITE COPY a c", "COMB a b"] {
            try client.command(command, expecting: 452)
            try require(try server.root.names().sorted() == ["a", "b"], "\(try server.root.names())")
          }
          try require(try server.root.read("a") == part && server.root.read("b") == part, "a part has changed")
          try client.quit()
        }
      }
    }

    // MARK: drips and floods

    @Test(arguments: ["MODE Z", "MODE B", "STRU R"]) func aDripEndsByTheTimeOut(_ mode: String) async throws {
      let bytes: [UInt8] = try mode == "MODE Z" ? deflated(zeros: 100_000) : [0, 0, 5, 0x68, 0x65]
      try await Blocking.run {
        try Server.with(Server.Options(settings: ["timeouts.data-stall=1s"])) { server in
          let client = try server.session("alice")
          try Self.prepare(client, mode)
          let data = try client.passive()
          try client.command("STOR f", expecting: 150)
          let spent = try ProcessMeter(server.process.id).processorTime()
          for byte in bytes.prefix(5) {
            try data.send([byte])
            try data.waitUntilPeerHasRead()
          }
          try client.expect(426, after: "a drip that stopped")
          let cost = try ProcessMeter(server.process.id).processorTime() - spent
          try require(cost < .milliseconds(200), "waiting cost \(cost) of CPU time")
          try require(try server.root.names().isEmpty, "left: \(try server.root.names())")
          try client.command("NOOP", expecting: 200)
          try client.quit()
        }
      }
    }

    /// Bytes that are no bytes of a file, for ever: empty blocks of mode B, empty stored blocks of zlib.
    private static let nothings: [(mode: String, start: [UInt8], empty: [UInt8])] = [
      ("MODE B", [], [0, 0, 0]), ("MODE Z", [0x78, 0x01], [0, 0, 0, 0xFF, 0xFF]), ("MODE C", [], [0xC0]),
    ]

    @Test(arguments: 0..<3) func emptyBlocksDoNotKeepAnUploadAlive(_ index: Int) async throws {
      let nothing = Self.nothings[index]
      try await Blocking.run {
        try Server.with(Server.Options(settings: ["timeouts.data-stall=1s"])) { server in
          let client = try server.session("alice")
          try Self.prepare(client, nothing.mode)
          let data = try client.passive()
          try client.command("STOR f", expecting: 150)
          try data.send(nothing.start)
          let end = Deadline.after(.seconds(15))
          while !client.control.isReadable(within: .milliseconds(20)) {
            try require(!end.hasPassed, "the upload goes on for ever")
            // The server may have closed it by now, which the reply tells.
            _ = try? data.send(nothing.empty)
          }
          try client.expect(426, after: "empty blocks only")
          try require(try server.root.names().isEmpty, "left: \(try server.root.names())")
          try client.quit()
        }
      }
    }

    @Test(arguments: 0..<3) func aborIsHeardInAFloodOfEmptyBlocks(_ index: Int) async throws {
      let nothing = Self.nothings[index]
      try await Blocking.run {
        try Server.with { server in
          let client = try server.session("alice")
          try Self.prepare(client, nothing.mode)
          let data = try client.passive()
          try client.command("STOR f", expecting: 150)
          try data.send(nothing.start)
          let flood = [[UInt8]](repeating: nothing.empty, count: 60_000).flatMap { $0 }
          try client.send("ABOR")
          var sent = 0
          while !client.control.isReadable(within: .zero) {
            try require(sent < 1 << 30, "ABOR is not heard in \(sent) bytes")
            // The server may have closed it by now, which the reply tells.
            _ = try? data.send(flood)
            sent += flood.count
          }
          try client.expect(426, after: "ABOR")
          try client.expect(225, 226)
          try require(try server.root.names().isEmpty, "left: \(try server.root.names())")
          try client.quit()
        }
      }
    }

    // MARK: a server that is killed

    @Test(arguments: ["MODE Z", "MODE B", "STRU R"]) func aKilledServerLeavesNothing(_ mode: String) async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        try root.write("f", bytes("old"))
        try Self.killed(root, mode) { client, data in
          try data.send(mode == "MODE Z" ? try deflated(zeros: 1 << 20).dropLast(6) : [0, 0, 5, 0x68, 0x65])
          try data.waitUntilPeerHasRead()
        }
        try require(try root.names() == ["f"], "left: \(try root.names())")
        try require(try root.read("f") == bytes("old"), "the old file has changed")
      }
    }

    /// RFC 959, section 3.5: restart markers are there for failures of a host or of an FTP process, too.
    @Test func whatWasMarkedOutlivesAKilledServer() async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        var mark = ""
        try Self.killed(root, "MODE B") { client, data in
          try data.send([0, 0, 5] + bytes("hello") + [0x10, 0, 3] + bytes("one") + [0, 0, 4] + bytes("junk"))
          mark = try client.expect(110).text.split(separator: " ").last.map(String.init) ?? ""
        }
        try require(try root.names() == [".weftpd-f.part"], "left: \(try root.names())")
        try Server.with(root: root) { server in
          let client = try server.session("alice")
          try Self.prepare(client, "MODE B")
          try client.command("REST \(mark)", expecting: 350)
          let data = try client.passive()
          try client.command("STOR f", expecting: 150)
          try data.send([0x40, 0, 6] + bytes(" world"))
          try client.expect(250)
          try require(try root.names() == ["f"], "left: \(try root.names())")
          try require(try root.read("f") == bytes("hello world"), "the file is another")
          try client.quit()
        }
      }
    }

    // MARK: ALLO

    @Test func reservedRoomIsGivenBack() async throws {
      try await Blocking.run {
        try Server.with { server in
          let client = try server.session("alice")
          for (line, wire) in [("MODE S", [UInt8]("abc".utf8)), ("MODE B", [0x40, 0, 3] + [UInt8]("abc".utf8))] {
            try Self.prepare(client, line)
            try client.command("ALLO 8000000", expecting: 200)
            let data = try client.passive()
            try client.command("STOR f", expecting: 150)
            try data.send(wire)
            data.close()
            // As bytes of the file it is not what was announced; the rest of it comes now.
            if line == "MODE S" {
              try client.expect(426)
              try client.command("REST 3", expecting: 350)
              try client.store("STOR f", [])
            } else {
              try client.expect(250)
            }
            var status = stat()
            try require(stat(server.root.path + "/f", &status) == 0 && status.st_size == 3, "not the file")
            try require(status.st_blocks * 512 <= 65536, "\(line): \(status.st_blocks * 512) bytes are still reserved")
          }
          try client.quit()
        }
      }
    }
  }
}

extension SystemTests.CodedUploadTests {
  /// TYPE I, and one line more.
  private static func prepare(_ client: FTPClient, _ line: String) throws {
    for line in ["TYPE I", line] { try client.command(line, expecting: 200) }
  }

  /// Sends `wire` for a file, or with a whole command; the server may refuse it before all has gone.
  private static func upload(_ client: FTPClient, _ command: String, _ wire: [UInt8], expecting code: Int) throws {
    let data = try client.passive()
    try client.command(command.contains(" ") ? command : "STOR \(command)", expecting: 150)
    _ = try? data.send(wire)
    data.close()
    try client.expect(code, after: command)
  }

  /// A server whose root is a file system of 8 MiB.
  private static func onSmallDisk(_ body: (Server) throws -> Void) throws {
    let root = try TemporaryDirectory()
    let mounted = try run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "weftpd-test", root.path])
    try require(mounted.exitCode == 0, mounted.errors)
    defer { umount2(root.path, Int32(MNT_DETACH)) }
    try Server.with(root: root, body)
  }

  /// Begins STOR f, lets `body` send, and kills the server.
  private static func killed(
    _ root: TemporaryDirectory, _ mode: String, _ body: (FTPClient, Connection) throws -> Void
  ) throws {
    let server = try Server(root: root)
    let client = try server.session("alice")
    try prepare(client, mode)
    let data = try client.passive()
    try client.command("STOR f", expecting: 150)
    try body(client, data)
    server.process.signal(SIGKILL)
    try require(server.process.waitForExit(patience: .seconds(10)) != nil, "it does not die")
  }
}

/// A zlib stream of `count` zeros.
private func deflated(zeros count: Int) throws -> [UInt8] {
  let stream = try DeflateStream(.compressing, level: 9)
  var encoder = DeflateEncoder(nil, over: stream)
  let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  defer {
    input.deallocate()
    output.deallocate()
  }
  input.initializeMemory(as: UInt8.self, repeating: 0)
  var (made, rest) = ([UInt8](), count)
  while rest > 0 {
    let step = try encoder.transform(UnsafeRawBufferPointer(rebasing: input[..<min(rest, input.count)]), into: output)
    made += output[..<step.produced]
    rest -= step.consumed
  }
  while true {
    let last = try encoder.finish(into: output)
    made += output[..<last.produced]
    if last.isDone { return made }
  }
}
