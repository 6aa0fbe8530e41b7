// The bytes of a file handed on to a socket: all of them, some of them, slowly, and to nobody.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct RelayTests {
  /// Two sockets that are connected to each other; the first one does not block.
  private struct Pair: ~Copyable {
    let near: Descriptor
    let far: Descriptor

    init() throws {
      var ends: [Int32] = [-1, -1]
      try require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0, "no pair of sockets")
      try Socket.setBlocking(ends[0], false)
      near = Descriptor(owning: ends[0])
      far = Descriptor(owning: ends[1])
    }
  }

  private static func readAll(_ socket: Int32) -> [UInt8] {
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 10_000)
    while true {
      let count = read(socket, &piece, piece.count)
      if count <= 0 { return all }
      all += piece[..<count]
    }
  }

  @Test(arguments: [ClientOptions.Security.off, .required]) func allOfAFile(_ security: ClientOptions.Security)
    async throws
  {
    try await Peer.with { peer in
      try await peer.session(ClientOptions.underTLS.with { $0.security = security }) { session in
        for size in [0, 1, 5000, 3_000_001] {
          let content = pattern(size, seed: UInt64(size + 1))
          try peer.home.write("file", content)
          let pair = try Pair()
          let far = pair.far.number
          async let read = Blocking.onOwnThread { Self.readAll(far) }
          let near = pair.near.number
          let moved = try await session.read("file", expecting: UInt64(size)) { bytes in
            let moved = try await bytes.relay(to: near, atMost: .max)
            for try await _ in bytes { Issue.record("bytes behind the end") }
            return moved
          }
          shutdown(near, Int32(SHUT_WR))
          #expect(moved == UInt64(size))
          #expect(try await read == content)
        }
        try await session.noop()
      }
    }
  }

  @Test(arguments: [ClientOptions.Security.off, .required]) func someOfAFile(_ security: ClientOptions.Security)
    async throws
  {
    try await Peer.with { peer in
      let content = pattern(200_000)
      try peer.home.write("file", content)
      try await peer.session(ClientOptions.underTLS.with { $0.security = security }) { session in
        let pair = try Pair()
        let near = pair.near.number
        let rest = try await session.read("file", from: 1000) { bytes in
          #expect(try await bytes.relay(to: near, atMost: 0) == 0)
          #expect(try await bytes.relay(to: near, atMost: 99) == 99)
          #expect(try await bytes.relay(to: near, atMost: 70_001) == 70_001)
          var rest: [UInt8] = []
          for try await piece in bytes { rest += piece }
          return rest
        }
        #expect(rest == Array(content[71_100...]))
        shutdown(near, Int32(SHUT_WR))
        #expect(Self.readAll(pair.far.number) == Array(content[1000..<71_100]))
        // Who has enough takes no more.
        _ = try await session.read("file") { bytes in try await bytes.relay(to: near, atMost: 0) }
        try await session.noop()
      }
    }
  }

  @Test(arguments: [ClientOptions.Security.off, .required]) func nobodyReads(_ security: ClientOptions.Security)
    async throws
  {
    try await Peer.with { peer in
      try peer.home.write("file", pattern(3_000_000))
      try await peer.session(ClientOptions.underTLS.with { $0.security = security }) { session in
        let pair = try Pair()
        shutdown(pair.far.number, Int32(SHUT_RDWR))
        let near = pair.near.number
        let error = try await clientError {
          _ = try await session.read("file") { bytes in try await bytes.relay(to: near, atMost: .max) }
        }
        #expect(error.code == .localFile)
        #expect(try await contents(session, "file").count == 3_000_000)
      }
    }
  }

  @Test func aReaderThatStandsStillIsLeftWhenTheTaskIsCancelled() async throws {
    try await Peer.with { peer in
      try peer.home.makeSparse("endless", size: 1 << 34)
      try await peer.session { session in
        let pair = try Pair()
        let near = pair.near.number
        let task = Task {
          try await session.read("endless") { bytes in try await bytes.relay(to: near, atMost: .max) }
        }
        try await until("the socket is full") { !Poll.wait(near, .writable, milliseconds: 0) }
        task.cancel()
        let error = try await clientError { _ = try await task.value }
        #expect(error.code == .cancelled)
      }
    }
  }

  @Test func whatTheTypeChangesIsNotHandedOn() async throws {
    try await Peer.with { peer in
      try peer.home.write("file", pattern(10))
      try await peer.session { session in
        await session.use(TransferFormat(type: .ascii(.nonPrint)))
        let pair = try Pair()
        let near = pair.near.number
        let error = try await clientError {
          _ = try await session.read("file") { bytes in try await bytes.relay(to: near, atMost: .max) }
        }
        #expect(error.code == .unsupported)
        try await session.noop()
      }
    }
  }
}
