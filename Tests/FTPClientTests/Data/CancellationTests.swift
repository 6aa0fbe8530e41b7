// A transfer whose task is cancelled is aborted, and the session goes on.

import FTPClient
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct CancellationTests {
  @Test(arguments: [ClientOptions.Security.off, .required]) func aDownload(_ security: ClientOptions.Security)
    async throws
  {
    try await Peer.with { peer in
      try peer.home.makeSparse("endless", size: 1 << 36)
      let local = try TemporaryDirectory()
      try await peer.session(.underTLS.with { $0.security = security }) { session in
        for _ in 0..<3 {
          let meter = TransferMeter()
          let path = local.path(of: "part")
          let task = Task {
            let file = try File.open(path, flags: O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
            try await session.download("endless", into: file.number, meter: meter)
          }
          try await until("bytes move") { meter.bytes > 0 }
          task.cancel()
          let error = try await clientError { try await task.value }
          #expect(error.code == .cancelled)
          #expect(await session.isOpen)
          #expect(try await session.workingDirectory() == "/")
        }
      }
    }
  }

  @Test func anUpload() async throws {
    try await Peer.with { peer in
      try await peer.session { session in
        let meter = TransferMeter()
        let task = Task {
          try await session.write("up", from: AsyncStream { [UInt8](repeating: 1, count: 1000) }, meter: meter)
        }
        try await until("bytes move") { meter.bytes > 0 }
        task.cancel()
        let error = try await clientError { _ = try await task.value }
        #expect(error.code == .cancelled)
        // What was cut off is no file.
        #expect(!peer.home.exists("up"))
        try await session.write("up", from: pieces([1, 2], of: 1))
        #expect(try peer.home.read("up") == [1, 2])
      }
    }
  }

  @Test func whoIsCancelledBeforeHisTurnDoesNothing() async throws {
    try await Peer.with { peer in
      try await peer.session { session in
        let task = Task {
          while !Task.isCancelled { await Task.yield() }
          try await session.makeDirectory("no")
        }
        task.cancel()
        let error = try await clientError { try await task.value }
        #expect(error.code == .cancelled)
        #expect(!peer.home.exists("no"))
      }
    }
  }

  @Test func aSilentServerDoesNotHoldWhoIsCancelledInATransfer() async throws {
    try await Script.run { script in
      try script.welcome()
      let data = try script.beginDownload()
      try data.send([1, 2, 3])
      try script.expect("ABOR")
      // One reply for both: the client finds out with NOOP.
      try script.say("226 aborted")
      try script.expect("NOOP")
      try script.say("200 ok")
      try script.expect("PWD")
      try script.say("257 \"/x\"")
      _ = try script.hear()
    } client: { port, runtime in
      let session = try await ClientSession.connect(to: "127.0.0.1", port: port, options: .inClear, runtime: runtime)
      try await session.login(.anonymous())
      let meter = TransferMeter()
      let local = try TemporaryDirectory()
      let path = local.path(of: "a")
      let task = Task {
        let file = try File.open(path, flags: O_RDWR | O_CREAT, mode: 0o600)
        try await session.download("a", into: file.number, meter: meter)
      }
      try await until("bytes move") { meter.bytes > 0 }
      task.cancel()
      let error = try await clientError { try await task.value }
      #expect(error.code == .cancelled)
      #expect(try await session.workingDirectory() == "/x")
      await session.close()
    }
  }
}
