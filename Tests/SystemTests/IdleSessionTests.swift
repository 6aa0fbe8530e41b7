// Thousands of sessions that do nothing, or whose clients do not read: they cost kilobytes and hold no thread.

import TestSupport
import Testing

extension SystemTests {
  @Suite struct IdleSessionTests {
    @Test func thousandsOfIdleSessionsCostLittle() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let wanted = setting("WEFTPD_SESSIONS", default: 5000)
        let count = min(wanted, raiseDescriptorLimit() - 500)
        try Server.with { server in
          let meter = ProcessMeter(server.process.id)
          try server.session().quit()
          let before = try meter.residentBytes()
          var sessions: [FTPClient] = []
          for _ in 0..<count { sessions.append(try server.session()) }
          let each = (try meter.residentBytes() - before) / count
          let logIn = try duration { try server.session().quit() }
          report("\(count) idle sessions, \(each) bytes resident each, new login \(logIn.milliseconds) ms")
          report("threads with \(count) idle sessions: \(try meter.threadCount())")
          try require(each < 48 * 1024, "an idle session costs \(each) bytes")
          try require(logIn < .seconds(2), "a new login takes \(logIn)")
          try require(try meter.threadCount() < 100, "\(try meter.threadCount()) threads")
          let idle = try meter.processorTime(during: .seconds(1))
          try require(idle < .milliseconds(200), "idle sessions cost \(idle) of CPU per second")
          for index in stride(from: 0, to: count, by: 97) { try sessions[index].command("NOOP", expecting: 200) }
          sessions.removeAll()
          let isFreed = try Deadline.after(.seconds(20)).until { try meter.descriptorCount() < 200 }
          try require(isFreed, "\(try meter.descriptorCount()) descriptors are left after all clients have gone")
        }
      }
    }

    @Test func stalledTransfersHoldNoThread() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let root = try TemporaryDirectory()
        try root.makeSparse("big", size: 1 << 30)
        try Server.with(root: root) { server in
          let meter = ProcessMeter(server.process.id)
          var transfers: [(client: FTPClient, data: Connection)] = []
          for _ in 0..<300 { transfers.append(try stalledTransfer(server, "big")) }
          let threads = try meter.threadCount()
          report("threads with 300 stalled transfers: \(threads)")
          try require(threads < 100, "\(threads) threads serve 300 stalled transfers")
          let answer = try duration {
            let other = try server.session("alice")
            _ = try other.retrieve("LIST")
            try other.quit()
          }
          try require(answer < .seconds(5), "beside 300 stalled transfers a login and LIST take \(answer)")
          let idle = try meter.processorTime(during: .seconds(1))
          try require(idle < .milliseconds(200), "300 stalled transfers cost \(idle) of CPU per second")
          for transfer in transfers { transfer.data.reset() }
          for transfer in transfers { try transfer.client.expect(426, after: "a reset") }
        }
      }
    }

    @Test func stalledUploadsHoldNoThread() async throws {
      try await Blocking.run(slots: Blocking.width) {
        try Server.with { server in
          var uploads: [(client: FTPClient, data: Connection)] = []
          for index in 0..<100 {
            let client = try server.session("alice")
            let data = try client.passive()
            try client.command("STOR up\(index)", expecting: 150)
            uploads.append((client, data))
          }
          let threads = try ProcessMeter(server.process.id).threadCount()
          try require(threads < 100, "\(threads) threads serve 100 stalled uploads")
          for upload in uploads { try upload.data.send(bytes("done")) }
          for upload in uploads { upload.data.close() }
          for upload in uploads { try upload.client.expect(226) }
          try require(try server.root.read("up99") == bytes("done"), "an upload is incomplete")
        }
      }
    }
  }
}
