// Files down and up against a server of this process: every way to a data connection, in clear and under TLS, bytes compared.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct TransferTests {
  /// A way to transfer.
  struct Way: Sendable, CustomTestStringConvertible {
    let security: ClientOptions.Security
    let mode: ClientOptions.DataMode

    var testDescription: String { "\(security) \(mode)" }

    var options: ClientOptions {
      ClientOptions.underTLS.with {
        $0.security = security
        $0.dataMode = mode
      }
    }

    static let all = [ClientOptions.Security.off, .required, .implicit].flatMap { security in
      [ClientOptions.DataMode.automatic, .passive, .active].map { Way(security: security, mode: $0) }
    }
  }

  @Test(arguments: Way.all) func bothWays(_ way: Way) async throws {
    try await Peer.with(.relaxed { $0.security.dataSession = .require }) { peer in
      let local = try TemporaryDirectory()
      try await peer.session(way.options) { session in
        for (name, size) in [("empty", 0), ("one", 1), ("small", 5000), ("large", 3_000_001)] {
          let content = pattern(size, seed: UInt64(size + 1))
          try local.write(name, content)
          let source = try File.open(local.path(of: name), flags: O_RDONLY)
          let sent = try await session.upload(source.number, to: RemotePath(name))
          #expect(sent.bytes == UInt64(size))
          #expect(try peer.home.read(name) == content)
          let target = try File.open(local.path(of: "back"), flags: O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
          let fetched = try await session.download(RemotePath(name), into: target.number, expecting: UInt64(size))
          #expect(fetched.bytes == UInt64(size))
          #expect(try local.read("back") == content)
          #expect((fetched.protection != nil) == (way.security != .off))
          #expect(fetched.isResumed == (way.security != .off))
          #expect(try await contents(session, RemotePath(name)) == content)
        }
      }
    }
  }

  @Test(arguments: [Way(security: .off, mode: .passive), Way(security: .required, mode: .passive)])
  func streams(_ way: Way) async throws {
    try await Peer.with { peer in
      let content = pattern(700_000)
      try await peer.session(way.options) { session in
        let report = try await session.write("up", from: pieces(content, of: 70_001))
        #expect(report.bytes == 700_000)
        #expect(try peer.home.read("up") == content)
        #expect(try await contents(session, "up", from: 699_000) == Array(content[699_000...]))
        try await session.write("up", from: pieces([1, 2, 3], of: 1), .append)
        #expect(try peer.home.read("up") == content + [1, 2, 3])
        try await session.write("up", from: pieces([9], of: 1), .resume(at: 700_002))
        #expect(try peer.home.read("up") == content + [1, 2, 9])
        let (name, _) = try await session.writeUnique(from: pieces([7], of: 1))
        #expect(try peer.home.read(try #require(name).description) == [7])
      }
    }
  }

  @Test func whoHasEnoughTakesNoMore() async throws {
    try await Peer.with { peer in
      try peer.home.makeSparse("endless", size: 1 << 34)
      try await peer.session { session in
        for _ in 0..<5 {
          let first = try await session.read("endless") { bytes -> Int in
            for try await piece in bytes { return piece.count }
            return 0
          }
          #expect(first > 0)
          #expect(try await session.workingDirectory() == "/")
        }
      }
    }
  }

  @Test func aCallWithinATransferIsRefusedAndDoesNotHang() async throws {
    try await Peer.with { peer in
      try peer.home.write("a", pattern(10))
      try await peer.session { session in
        let error = try await clientError {
          try await session.read("a") { _ in try await session.noop() }
        }
        #expect(error.code == .usage)
        try await session.noop()
      }
    }
  }

  @Test func whatTheCallerThrowsComesBack() async throws {
    struct Mine: Error {}
    try await Peer.with { peer in
      try peer.home.write("a", pattern(1_000_000))
      try await peer.session { session in
        let error = try await clientError { try await session.read("a") { _ in throw Mine() } }
        #expect(error.code == .caller)
        #expect(error.cause is Mine)
        #expect(try await contents(session, "a").count == 1_000_000)
      }
    }
  }

  @Test func whatIsNotThereIsTold() async throws {
    try await Peer.with { peer in
      try await peer.session { session in
        let error = try await clientError { _ = try await contents(session, "nothing") }
        #expect(error.code == .refused)
        #expect(error.reply?.code == 550)
        let upload = try await clientError {
          try await session.write("no/such/directory", from: pieces([1], of: 1))
        }
        #expect(upload.code == .refused)
        try await session.noop()
      }
    }
  }

  @Test func aSizeThatDoesNotComeIsAFailure() async throws {
    try await Peer.with { peer in
      try peer.home.write("a", pattern(100))
      let local = try TemporaryDirectory()
      try await peer.session { session in
        let file = try File.open(local.path(of: "a"), flags: O_RDWR | O_CREAT, mode: 0o600)
        let error = try await clientError {
          try await session.download("a", into: file.number, expecting: 101)
        }
        #expect(error.code == .incomplete)
        try await session.noop()
      }
    }
  }

  static let otherForms = [
    TransferFormat(type: .image, mode: .block), TransferFormat(type: .image, mode: .compressed),
    TransferFormat(type: .image, mode: .deflate), TransferFormat(type: .ascii(.nonPrint)),
    TransferFormat(type: .image, structure: .record),
  ]

  @Test(arguments: TransferTests.otherForms)
  func everyOtherForm(_ format: TransferFormat) async throws {
    try await Peer.with { peer in
      let text = Array(String(repeating: "a line of text\n", count: 5000).utf8)
      let local = try TemporaryDirectory()
      try local.write("text", text)
      try await peer.session { session in
        await session.use(format)
        let source = try File.open(local.path(of: "text"), flags: O_RDONLY)
        try await session.upload(source.number, to: "text")
        #expect(try peer.home.read("text") == text)
        let target = try File.open(local.path(of: "back"), flags: O_RDWR | O_CREAT, mode: 0o600)
        try await session.download("text", into: target.number)
        #expect(try local.read("back") == text)
        #expect(try await contents(session, "text") == text)
        try await session.write("streamed", from: pieces(text, of: 1000))
        #expect(try peer.home.read("streamed") == text)
        #expect(try await session.list().count == 2)
      }
    }
  }
}
