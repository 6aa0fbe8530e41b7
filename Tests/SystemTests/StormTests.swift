// Clients that break off everywhere, many at once: the server survives, serves the well-behaved and leaks nothing.

import Foundation
import Synchronization
import TestSupport
import Testing

extension SystemTests {
  @Suite struct StormTests {
    @Test func resettingClientsDoNoHarm() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let root = try TemporaryDirectory()
        try root.write("data", pattern(300_000))
        try Server.with(root: root) { server in
          let meter = ProcessMeter(server.process.id)
          try server.session().quit()
          let descriptors = try meter.descriptorCount()
          let spare = 40  // listeners a server may keep for the next sessions, however long the storm
          let end = Deadline.after(.seconds(setting("WEFTPD_STORM_SECONDS", default: 20)))
          let broken = Atomic(0)
          let served = Atomic(0)
          let endpoint = server.endpoint
          try inParallel(5) { index in
            var turn = index * 1_000_003
            while !end.hasPassed {
              turn += 1
              if index == 0 {
                try Self.behave(endpoint)
                served.add(1, ordering: .relaxed)
              } else {
                try? Self.misbehave(endpoint, turn)
                broken.add(1, ordering: .relaxed)
              }
            }
          }
          report("storm: \(broken.load(ordering: .relaxed)) broken, \(served.load(ordering: .relaxed)) good sessions")
          try server.requireAlive()
          let isFreed = try Deadline.after(.seconds(20)).until { try meter.descriptorCount() <= descriptors + spare }
          try require(isFreed, "\(try meter.descriptorCount()) descriptors after the storm, \(descriptors) before")
          try Self.behave(server.endpoint)
        }
      }
    }

    /// A session as it should be.
    private static func behave(_ endpoint: Endpoint) throws {
      let client = FTPClient(try Connection(to: endpoint))
      try client.expect(220)
      try client.logIn()
      try client.command("TYPE I", expecting: 200)
      try require(try client.retrieve("RETR data") == pattern(300_000), "a wrong download in the storm")
      try client.quit()
    }

    /// A session that breaks off by a reset at a place that `turn` chooses.
    private static func misbehave(_ endpoint: Endpoint, _ turn: Int) throws {
      let client = FTPClient(try Connection(to: endpoint, patience: .seconds(5)))
      defer { client.control.reset() }
      switch turn % 8 {
      case 0: return
      case 1: return try client.control.send(bytes("USER anon"))
      case 2: return try client.control.send(bytes("USER anonymous\r\nPASS x\r\nPASV\r\nLIST\r\n"))
      default: break
      }
      try client.expect(220)
      try client.logIn()
      let data = try client.passive()
      switch turn % 8 {
      case 3: data.reset()
      case 4: try client.send("RETR data")
      case 5:
        try client.command("RETR data", expecting: 150)
        _ = try data.read(exactly: 10)
        data.reset()
      case 6:
        try client.send("LIST")
        client.control.reset()
        _ = try? data.drain()
      default:
        try client.send("RETR data\r\nABOR\r\nNOOP")
      }
    }

    @Test func tenThousandPassivePortsAreNotLeaked() async throws {
      try await Blocking.run(slots: Blocking.width) {
        try Server.with { server in
          let meter = ProcessMeter(server.process.id)
          let client = try server.session()
          try client.command("PASV", expecting: 227)
          let before = try meter.descriptorCount()
          var ports: Set<UInt16> = []
          for _ in 0..<100 {
            try client.control.send(Array(repeatElement(bytes("PASV\r\n"), count: 100).joined()))
            for _ in 0..<100 { ports.insert(FTPClient.passiveEndpoint(try client.expect(227))?.port ?? 0) }
          }
          let after = try meter.descriptorCount()
          try require(after <= before + 16, "\(after) descriptors after 10,000 PASV, \(before) before")
          try require(ports.count > 100, "only \(ports.count) different ports: they can be predicted")
        }
      }
    }
  }
}
