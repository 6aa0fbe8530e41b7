// Pipelines against scripted servers: without MODE B, without patience for commands sent ahead, and with bad intentions.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct OneByOneServerTests {
  private static let impatient = ClientOptions.inClear.with {
    $0.timeouts.reply = .seconds(10)
    $0.timeouts.abort = .seconds(10)
  }

  private func files(_ count: Int) -> [TransferBatch.File] {
    (0..<count).map {
      TransferBatch.File(
        RemotePath("f\($0)"), local: Array("f\($0)".utf8), size: 1000,
        modified: ListedTime(seconds: 1_700_000_000, nanoseconds: 0, precision: .second))
    }
  }

  /// Fetches three files of 1,000 bytes from a scripted server.
  ///
  /// - Returns: the directory they were fetched to.
  private func fetched(
    failures: [Int: ClientError.Code] = [:], _ server: @escaping @Sendable (Script) throws -> Void
  ) async throws -> TemporaryDirectory {
    let place = try TemporaryDirectory()
    try await Script.run { peer in
      try peer.welcome()
      try peer.expect("TYPE")
      try peer.say("200 ok")
      try server(peer)
      while try peer.hear() != nil {}
    } client: { port, runtime in
      let session = try await ClientSession.connect(
        to: "127.0.0.1", port: port, options: Self.impatient, runtime: runtime)
      try await session.login(.anonymous())
      var failed: [Int: ClientError.Code] = [:]
      try await TransferBatch(.down, session, try LocalDirectory(place.path)).run(files(3)) { event in
        if case .failed(let index, let error) = event { failed[index] = error.code }
      }
      #expect(failed == failures)
      await session.close()
    }
    return place
  }

  private static func send(_ peer: Script, _ data: Connection, _ bytes: [UInt8]) throws {
    try peer.say("150 comes")
    try data.send(bytes)
    data.close()
    try peer.say("226 done")
  }

  @Test func withoutModeBTheNextPortIsAskedForInOneBreath() async throws {
    let place = try await fetched { peer in
      try peer.expect("MODE B")
      try peer.say("504 no")
      var listener = try Listener()
      try peer.extendedPassive(listener)
      for index in 0..<3 {
        let data = try listener.accept()
        try peer.expect("RETR f\(index)")
        // It is there before the answer.
        if index < 2 { try peer.expect("EPSV") }
        try Self.send(peer, data, pattern(1000, seed: UInt64(index)))
        listener = try Listener()
        if index < 2 { try peer.say("229 Here (|||\(listener.endpoint.port)|)") }
      }
    }
    for index in 0..<3 { try require(place.read("f\(index)") == pattern(1000, seed: UInt64(index)), "f\(index)") }
  }

  @Test func aServerThatDropsItsTransferForTheNextPortIsAskedOneByOne() async throws {
    let place = try await fetched { peer in
      try peer.expect("MODE B")
      try peer.say("504 no")
      var listener = try Listener()
      try peer.extendedPassive(listener)
      let data = try listener.accept()
      try peer.expect("RETR f0")
      try peer.say("150 comes")
      // As pyftpdlib does: EPSV ends the transfer without a word.
      try peer.expect("EPSV")
      data.close()
      try peer.say("229 Here (|||\(listener.endpoint.port)|)")
      try peer.expect("NOOP")
      try peer.say("200 ok")
      for index in [1, 2, 0] {
        listener = try Listener()
        try peer.extendedPassive(listener)
        let data = try listener.accept()
        try peer.expect("RETR f\(index)")
        try Self.send(peer, data, pattern(1000, seed: UInt64(index)))
      }
    }
    for index in 0..<3 { try require(place.read("f\(index)") == pattern(1000, seed: UInt64(index)), "f\(index)") }
  }

  @Test func moreThanWasListedIsNotTaken() async throws {
    let place = try await fetched(failures: [0: .incomplete]) { peer in
      try peer.expect("MODE B")
      try peer.say("504 no")
      var listener = try Listener()
      try peer.extendedPassive(listener)
      let data = try listener.accept()
      try peer.expect("RETR f0")
      try peer.expect("EPSV")
      try peer.say("150 comes")
      try? data.send(pattern(500_000))
      data.close()
      listener = try Listener()
      try peer.say("226 done", "229 Here (|||\(listener.endpoint.port)|)")
      // The rest goes well; then the first one again, and again too much.
      for index in [1, 2, 0] {
        if index != 1 {
          listener = try Listener()
          try peer.extendedPassive(listener)
        }
        let data = try listener.accept()
        try peer.expect("RETR f\(index)")
        try? Self.send(peer, data, index == 0 ? pattern(500_000) : pattern(1000, seed: UInt64(index)))
      }
    }
    #expect(!place.exists("f0"))
    for index in 1..<3 { try require(place.read("f\(index)") == pattern(1000, seed: UInt64(index)), "f\(index)") }
  }

  /// A file of one block, the last one (RFC 959, section 3.4.2).
  private static func block(_ bytes: [UInt8]) -> [UInt8] {
    [0x40, UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
  }

  @Test func aKeptConnectionThatBreaksIsMadeAnew() async throws {
    let place = try await fetched { peer in
      try peer.expect("MODE B")
      try peer.say("200 ok")
      var listener = try Listener()
      try peer.extendedPassive(listener)
      var data = try listener.accept()
      for index in 0..<3 { try peer.expect("RETR f\(index)") }
      try peer.say("150 comes")
      try data.send(Self.block(pattern(1000)))
      try peer.say("250 done", "125 comes")
      // In the midst of the second one.
      try data.send(Array(Self.block(pattern(1000)).prefix(400)))
      data.close()
      try peer.say("426 broken", "425 no data connection")
      for index in [2, 1] {
        listener = try Listener()
        if index == 2 {
          try peer.expect("MODE S")
          try peer.say("200 ok")
        }
        try peer.extendedPassive(listener)
        data = try listener.accept()
        try peer.expect("RETR f\(index)")
        try Self.send(peer, data, pattern(1000, seed: UInt64(index)))
      }
    }
    try require(place.read("f0") == pattern(1000), "f0")
    for index in 1..<3 { try require(place.read("f\(index)") == pattern(1000, seed: UInt64(index)), "f\(index)") }
  }
}
