// Everything that is done to files without moving their bytes, with names of every byte that can be one.

import FTPClient
import FTPProtocol
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct FileCommandTests {
  @Test func directories() async throws {
    try await Peer.with { peer in
      try await peer.session { session in
        #expect(try await session.makeDirectory("a \"quoted\" name") == "/a \"quoted\" name")
        try await session.changeDirectory("a \"quoted\" name")
        #expect(try await session.workingDirectory() == "/a \"quoted\" name")
        try await session.changeToParent()
        #expect(try await session.workingDirectory() == "/")
        #expect(try await session.isDirectory("a \"quoted\" name"))
        try await session.removeDirectory("a \"quoted\" name")
        #expect(try await !session.isDirectory("a \"quoted\" name"))
        #expect(try peer.home.names() == [])
      }
    }
  }

  @Test func files() async throws {
    try await Peer.with { peer in
      try peer.home.write("a", pattern(321))
      try await peer.session { session in
        #expect(try await session.size("a") == 321)
        try await session.setModificationTime("a", 1_000_000_000)
        #expect(try await session.modificationTime("a").seconds == 1_000_000_000)
        let facts = try await session.facts("a")
        #expect(facts.kind == .file)
        #expect(facts.size == 321)
        #expect(facts.modified?.seconds == 1_000_000_000)
        #expect(try await session.facts("/").kind == .directory)
        try await session.setMode("a", 0o600)
        #expect(try await session.machineFacts("a").mode == 0o600)
        try await session.rename("a", to: "b")
        #expect(try peer.home.names() == ["b"])
        try await session.delete("b")
        #expect(try peer.home.names() == [])
        let missing = try await clientError { try await session.delete("b") }
        #expect(missing.code == .refused)
      }
    }
  }

  @Test func otherCommands() async throws {
    try await Peer.with { peer in
      try await peer.session { session in
        try await session.noop()
        #expect(try await session.status().lines.count > 1)
        #expect(try await session.system().hasPrefix("UNIX"))
        #expect(try await session.help().code == 214)
        #expect(try await session.site(Array("HELP".utf8)).code == 214)
        #expect(try await session.quote("NOOP").code == 200)
        let error = try await clientError { _ = try await session.quote("PASV") }
        #expect(error.code == .usage)
      }
    }
  }

  @Test func digests() async throws {
    try await Peer.with { peer in
      try peer.home.write("a", Array("abc".utf8))
      try await peer.session { session in
        let sha = try await session.digest("a", .sha256)
        #expect(sha.digest.prefix(4) == [0xBA, 0x78, 0x16, 0xBF])
        #expect(try await session.digest("a", .md5).digest.prefix(2) == [0x90, 0x01])
        let one = try await session.digest("a", .sha256, prefix: 1)
        #expect(one.digest.prefix(4) == [0xCA, 0x97, 0x81, 0x12])
        #expect(try await session.digest("a").algorithm == .sha256)
        #expect(try await session.digest("a", .crc32).digest == [0x35, 0x24, 0x41, 0xC2])
      }
    }
  }

  @Test func namesOfEveryByte() async throws {
    try await Peer.with { peer in
      try await peer.session { session in
        for byte in UInt8.min...UInt8.max {
          let name = RemotePath([0x78, byte, 0x78])
          if byte == 0 || byte == 0x0A || byte == 0x0D {
            let error = try await clientError { try await session.write(name, from: pieces([byte], of: 1)) }
            #expect(error.code == .usage)
            let rename = try await clientError { try await session.rename("a", to: name) }
            #expect(rename.code == .usage)
          } else if byte != 0x2F {
            try await session.write(name, from: pieces([byte], of: 1))
            #expect(try await session.size(name) == 1)
          }
        }
        for form in [ListingForm.machine, .list, .names] {
          let names = Set(try await session.list(nil, form).map(\.name))
          #expect(names.count == 252, "\(form)")
          for name in names {
            let content = try await contents(session, RemotePath(name))
            #expect(content == [name[1]])
          }
        }
      }
    }
  }
}
