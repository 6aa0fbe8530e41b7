// Files that are unusual: names of every byte, nothing in them, more than 32 bits can count; directories of thousands; IPv6.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct UnusualFileTests {
  @Test func namesOfEveryByte() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      let directory = try LocalDirectory(place.path)
      // All but NUL, CR and LF, which no command can say, and the slash.
      let letters = (1...255).map { UInt8($0) }.filter { ![0x0A, 0x0D, 0x2F].contains($0) }
      let names = letters.map { [0x61, $0, 0x7A] } + [Array(letters.prefix(120)), Array(letters.suffix(120))]
      try await peer.session { session in
        for name in names { try await session.write(RemotePath(name), from: pieces(name, of: 7)) }
        // weftpd tells only names that are no danger to a line; what it tells can be fetched again.
        let listed = Set(try await session.list().map(\.name))
        #expect(listed.isSuperset(of: names.filter { name in !name.contains { $0 < 0x20 || $0 == 0x7F } }))
        for name in names {
          try await session.fetch(RemotePath(name), to: name, in: directory)
          #expect(try directory.status(name)?.size == UInt64(name.count))
        }
      }
    }
  }

  @Test func moreThanFourGibibytesBothWays() async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      let directory = try LocalDirectory(place.path)
      let size: UInt64 = 5 << 30
      try peer.home.makeSparse("huge", size: Int(size))
      // Only the last bytes travel: the rest is there already.
      try place.makeSparse("part", size: Int(size) - 100_000)
      let file = try File.open(place.path(of: "part"), flags: O_RDWR)
      try await peer.session { session in
        #expect(try await session.size("huge") == size)
        let report = try await session.download("huge", into: file.number, from: size - 100_000, expecting: 100_000)
        #expect(report.bytes == 100_000)
        #expect(try File.status(file.number).size == size)
        // The other way round, appended behind 5 GiB.
        try await session.upload(file.number, to: "huge", .resume(at: size - 70_000))
        #expect(try await session.size("huge") == size)
        #expect(try await session.facts("huge").size == size)
        try await session.deliver(Array("part".utf8), in: directory, to: "huge")
      }
    }
  }

  @Test func tenThousandNames() async throws {
    try await Peer.with { peer in
      try peer.home.makeDirectory("many")
      for index in 0..<10_000 { try peer.home.write("many/file-\(index)", []) }
      try await peer.session { session in
        for form in [ListingForm.machine, .list, .names] {
          // NLST of a directory gives paths.
          let names = Set(try await session.list("many", form).map { RemotePath($0.name).name })
          let isThere = names.contains(Array("file-9999".utf8))
          #expect(isThere && names.count == 10_000, "\(form)")
        }
        let tree = try await FileTree.read(session, "many")
        #expect(tree.entries.count == 10_000)
      }
    }
  }
}
