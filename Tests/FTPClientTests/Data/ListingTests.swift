// Listings by MLSD, LIST and NLST, large ones, and directories of names that are no text.

import FTPClient
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct ListingTests {
  @Test(arguments: [ListingForm.automatic, .machine, .list, .names]) func everyForm(_ form: ListingForm) async throws {
    try await Peer.with { peer in
      try peer.home.write("a file", pattern(123))
      try peer.home.makeDirectory("dir")
      try peer.home.write("dir/inner", pattern(1))
      try await peer.session { session in
        let entries = try await session.list(nil, form).sorted { $0.name.lexicographicallyPrecedes($1.name) }
        #expect(entries.map { String(decoding: $0.name, as: UTF8.self) } == ["a file", "dir"])
        if form != .names {
          #expect(entries.map(\.kind) == [.file, .directory])
          #expect(entries[0].size == 123)
          #expect(entries[0].modified != nil)
        }
        #expect(try await session.list("dir", form).map(\.name).map { $0.suffix(5) } == [Array("inner".utf8)[...]])
      }
    }
  }

  @Test func tenThousandEntries() async throws {
    try await Peer.with { peer in
      for index in 0..<10_000 { try peer.home.write("f\(index)", []) }
      try await peer.session { session in
        let count = try await session.entries { listing in
          var count = 0
          for try await entry in listing where entry.isSafeName { count += 1 }
          return count
        }
        #expect(count == 10_000)
        #expect(try await session.list(nil, .list).count == 10_000)
        // One is enough: the rest is not fetched.
        let first = try await session.entries { listing in
          for try await entry in listing { return entry.name }
          return []
        }
        #expect(!first.isEmpty)
      }
    }
  }

  @Test func theLinesOfList() async throws {
    try await Peer.with { peer in
      try peer.home.write("one", [])
      try await peer.session { session in
        let lines = try await session.listingLines()
        #expect(lines.contains { String(decoding: $0, as: UTF8.self).hasSuffix(" one") })
        #expect(lines.allSatisfy { $0.last != 0x0D })
      }
    }
  }
}
