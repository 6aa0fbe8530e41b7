// Listings of a huge directory: the first line at once, memory constant.

import TestSupport
import Testing

extension SystemTests {
  @Suite struct ListingTests {
    private static let count = 100_000

    @Test func aHugeDirectoryStreams() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let root = try TemporaryDirectory(parent: "/dev/shm")
        try root.makeDirectory("huge")
        for index in 0..<Self.count { try root.write("huge/a-file-with-a-name-of-some-length-\(index)", []) }
        try Server.with(root: root) { server in
          let meter = ProcessMeter(server.process.id)
          let client = try server.session()
          for command in ["LIST", "NLST", "MLSD"] { _ = try client.retrieve(command) }
          for command in ["LIST huge", "NLST huge", "MLSD huge"] {
            let before = try meter.peakResidentBytes()
            let data = try client.passive()
            var first: [UInt8]?
            let delay = try duration {
              try client.command(command, expecting: 150)
              first = try data.readLine()
            }
            try require(first != nil, "no line")
            var lines = 1
            while try data.readLine() != nil { lines += 1 }
            try client.expect(226)
            let growth = (try meter.peakResidentBytes() - before) / 1024
            report("\(command) of 100,000: first line after \(delay.milliseconds) ms, \(growth) KiB growth")
            let extra = command.hasPrefix("MLSD") ? 2 : 0
            try require(lines == Self.count + extra, "\(command): \(lines) lines")
            try require(delay < .milliseconds(300), "\(command): the first line came after \(delay)")
            try require(growth < 8 * 1024, "\(command): \(growth) KiB growth")
          }
          try client.quit()
        }
      }
    }

    @Test func listingsUpToTheLimitAreSorted() async throws {
      try await Blocking.run {
        let root = try TemporaryDirectory()
        for index in 0..<3000 { try root.write("n\((index * 7919) % 3000)", []) }
        try Server.with(root: root) { server in
          let client = try server.session()
          let names = try client.retrieve("NLST").split(separator: 0x0A).map { Array($0.dropLast()) }
          try require(names.count == 3000, "\(names.count) names")
          let isSorted = zip(names, names.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }
          try require(isSorted, "the names are not sorted by bytes")
          try client.quit()
        }
      }
    }
  }
}
