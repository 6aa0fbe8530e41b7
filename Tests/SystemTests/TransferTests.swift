// Transfers beyond what a dialogue can say: offsets past 4 GiB, ABOR by the clock, stalls and deadlines.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct TransferTests {
    @Test func offsetsGoPast4GiB() async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        let size = 5_000_000_000
        try root.makeSparse("big", size: size)
        let file = open(root.path + "/big", O_RDWR | O_CLOEXEC)
        defer { close(file) }
        try require(pwrite(file, "end", 3, size - 3) == 3, "pwrite failed")
        try Server.with(root: root) { server in
          let client = try server.session("alice")
          try client.command("TYPE I", expecting: 200)
          try client.command("SIZE big", expecting: 213)
          try client.command("REST \(size - 3)", expecting: 350)
          try require(try client.retrieve("RETR big") == bytes("end"), "the end of the file differs")
          try client.command("REST 4294967300", expecting: 350)
          try client.store("STOR big", bytes("XYZ"))
          // It is a new file, with the holes of the old one.
          let new = open(root.path + "/big", O_RDONLY | O_CLOEXEC)
          defer { close(new) }
          var status = stat()
          try require(fstat(new, &status) == 0 && status.st_size == size, "its size is another")
          try require(status.st_blocks * 512 < 1 << 20, "\(status.st_blocks) blocks: its holes are filled")
          var found = [UInt8](repeating: 0, count: 5)
          try require(pread(new, &found, 5, 4_294_967_299) == 5, "the file is too short")
          try require(found.prefix(4) == [0] + bytes("XYZ"), "the bytes past 4 GiB are \(found)")
          try client.quit()
        }
      }
    }

    @Test func aborEndsATransferAtOnce() async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        try root.makeSparse("big", size: 1 << 32)
        try Server.with(root: root) { server in
          let client = try server.session()
          try client.command("TYPE I", expecting: 200)
          var slowest = Duration.zero
          for _ in 0..<20 {
            let data = try client.passive(receiveBuffer: 16384)
            try client.command("RETR big", expecting: 150)
            _ = try data.read(exactly: 100)
            let took = try duration {
              try client.command("ABOR", expecting: 426)
              try client.expect(225, 226)
            }
            slowest = max(slowest, took)
          }
          report("ABOR of a stalled RETR, slowest of 20: \(slowest.milliseconds) ms")
          try require(slowest < .seconds(1), "ABOR took \(slowest)")
          try client.quit()
        }
      }
    }

    @Test func aStalledDownloadEndsWith426() async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        try root.makeSparse("big", size: 1 << 30)
        try Server.with(Server.Options(settings: ["timeouts.data-stall=1s"]), root: root) { server in
          let (client, data) = try stalledTransfer(server, "big")
          let took = try duration { _ = try client.expect(426, after: "a stall") }
          try require(took < .seconds(10), "the stall was noticed after \(took)")
          try client.command("NOOP", expecting: 200)
          data.close()
        }
      }
    }

    @Test func aSlowButSteadyTransferIsNoStall() async throws {
      try await Blocking.run {
        try Server.with(Server.Options(settings: ["timeouts.data-stall=1s"])) { server in
          let client = try server.session("alice")
          let data = try client.passive()
          try client.command("STOR slow", expecting: 150)
          for _ in 0..<8 {
            // More than a drip: a thousand bytes in each second.
            try data.send(bytes(String(repeating: "x", count: 600)))
            try require(!client.control.isReadable(within: .milliseconds(300)), "the server gave up")
          }
          data.close()
          try client.expect(226)
          try require(try server.root.read("slow").count == 8 * 600, "bytes are missing")
        }
      }
    }

    @Test func theIdleTimeoutDoesNotFireDuringATransfer() async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        try root.makeSparse("big", size: 50_000_000)
        try Server.with(Server.Options(settings: ["timeouts.idle=1s"]), root: root) { server in
          let (client, data) = try stalledTransfer(server, "big")
          try require(!client.control.isReadable(within: .milliseconds(2500)), "the idle timeout fired")
          try require(try data.drain() == 49_999_999, "the transfer was cut short")
          try client.expect(226)
          let took = try duration { _ = try client.expect(421, after: "the transfer, idle") }
          try require(took > .milliseconds(500) && took < .seconds(10), "421 came \(took) after the transfer")
        }
      }
    }

    @Test func anUnusedPassivePortIsClosed() async throws {
      try await Blocking.run {
        try Server.with(Server.Options(settings: ["timeouts.data-connect=1s"])) { server in
          let client = try server.session()
          let reply = try client.command("PASV", expecting: 227)
          guard let endpoint = FTPClient.passiveEndpoint(reply) else { throw TestFailure("\(reply)") }
          // Nobody takes it in before a transfer: the end of the port is its end.
          let visitor = try Connection(to: endpoint)
          try require(visitor.isReadable(within: .seconds(10)), "the port still accepts")
          try require(try visitor.isClosedByPeer(), "the visitor got bytes")
          try require((try? Connection(to: endpoint)) == nil, "the port accepts again")
          try client.command("NOOP", expecting: 200)
        }
      }
    }

    @Test func parallelTransfersDoNotMix() async throws {
      try await Blocking.run(slots: 2) {
        let root = try TemporaryDirectory()
        for index in 0..<16 { try root.write("f\(index)", pattern(500_000 + index, seed: UInt64(index + 1))) }
        try Server.with(root: root) { server in
          let endpoint = server.endpoint
          try inParallel(16) { index in
            let client = FTPClient(try Connection(to: endpoint))
            try client.expect(220)
            try client.logIn("alice")
            try client.command("TYPE I", expecting: 200)
            for round in 0..<3 {
              let content = try client.retrieve("RETR f\(index)")
              try require(content == pattern(500_000 + index, seed: UInt64(index + 1)), "f\(index) differs")
              try client.store("STOR up\(index)", content)
              try require(try client.retrieve("RETR up\(index)") == content, "up\(index) differs in round \(round)")
            }
            try client.quit()
          }
        }
      }
    }
  }
}
