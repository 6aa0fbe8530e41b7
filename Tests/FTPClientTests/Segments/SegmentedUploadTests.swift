// One file up over several connections: into one partial, which has its name when it is whole.

import Accounts
import FTPProtocol
import FTPServer
import LinuxSystem
import TestSupport
import Testing

@testable import FTPClient

@Suite(.timeLimit(.minutes(5)), .onThreads) struct SegmentedUploadTests {
  private static let content = SegmentedTransferTests.content
  private static let size = SegmentedTransferTests.size
  private static let name = Array("b".utf8)

  private static var slow: ServerConfiguration {
    var slow = ServerConfiguration.relaxed { _ in }
    slow.rates.up = ByteRate(bytesPerSecond: 5_000_000)
    return slow
  }

  private func with(
    _ configuration: ServerConfiguration = .relaxed { _ in },
    _ body: (SegmentedTransferTests.Scene) async throws -> Void
  ) async throws {
    try await SegmentedTransferTests.with(configuration) { scene in
      try scene.place.write("b", Self.content)
      try await body(scene)
    }
  }

  private func upload(
    _ scene: SegmentedTransferTests.Scene, _ connections: Int, verifies: Bool = false
  ) async throws -> (SegmentedTransfer, WholeFileReport) {
    let transfer = scene.transfer(.count(connections))
    var whole = WholeFileOptions()
    whole.verifies = verifies
    return (transfer, try await transfer.deliver(Self.name, in: scene.directory, to: "up", whole))
  }

  @Test(arguments: [1, 4, 10]) func up(_ count: Int) async throws {
    try await with { scene in
      let (transfer, report) = try await upload(scene, count)
      #expect(report.resumedAt == 0)
      #expect(report.size == UInt64(Self.size))
      #expect(transfer.progress.bytes == UInt64(Self.size))
      #expect(try scene.peer.home.read("up") == Self.content)
      #expect(Set(try scene.peer.home.names()) == ["a", "up"])
      let time = try File.status(at: scene.place.path(of: "b")).modified
      #expect(try File.status(at: scene.peer.home.path(of: "up")).modified == time)
    }
  }

  @Test func verifiedBeforeItHasItsName() async throws {
    try await with { scene in
      let (_, report) = try await upload(scene, 3, verifies: true)
      #expect(report.moved == UInt64(Self.size))
      #expect(try scene.peer.home.read("up") == Self.content)
    }
  }

  @Test func whatTheServerHasIsNotSentAgain() async throws {
    try await with(Self.slow) { scene in
      let first = scene.transfer(.count(3))
      let directory = scene.directory
      let task = Task { try await first.deliver(Self.name, in: directory, to: "up") }
      try await until("half of it has moved") { first.progress.bytes >= 5_000_000 }
      task.cancel()
      #expect(try await clientError { _ = try await task.value }.code == .cancelled)
      #expect(!(try scene.peer.home.names().contains("up")))
      let (second, report) = try await upload(scene, 3)
      #expect(try scene.peer.home.read("up") == Self.content)
      #expect(report.resumedAt > 1_000_000)
      #expect(second.progress.bytes + report.resumedAt == UInt64(Self.size))
    }
  }

  @Test func whatIsKeptOfAnotherFileIsNotMixedIn() async throws {
    try await with(Self.slow) { scene in
      var other = Self.content
      other[10] ^= 1
      other[Self.size - 10] ^= 1
      try scene.place.write("b", other)
      let first = scene.transfer(.count(3))
      let directory = scene.directory
      let task = Task { try await first.deliver(Self.name, in: directory, to: "up") }
      try await until("half of it has moved") { first.progress.bytes >= 5_000_000 }
      task.cancel()
      _ = try await clientError { _ = try await task.value }
      try scene.place.write("b", Self.content)
      _ = try await upload(scene, 3)
      #expect(try scene.peer.home.read("up") == Self.content)
    }
  }

  @Test func aSessionThatEndsIsReplaced() async throws {
    var slow = Self.slow
    slow.rates.up = ByteRate(bytesPerSecond: 3_000_000)
    try await with(slow) { scene in
      let transfer = scene.transfer(.count(3)) { $0.pause = .milliseconds(20) }
      try await whileSessionsEnd(scene.peer.server, at: [1_500_000, 3_000_000, 4_500_000]) {
        transfer.progress.bytes
      } of: {
        _ = try await transfer.deliver(Self.name, in: scene.directory, to: "up")
      }
      #expect(try scene.peer.home.read("up") == Self.content)
      #expect(transfer.progress.retries > 0)
      #expect(transfer.progress.bytes < UInt64(Self.size) + 6_000_000)
    }
  }

  @Test func whereFilesGrowUnderTheirNamesItGoesOverOneConnection() async throws {
    try await with(.relaxed { $0.uploads.mode = .direct }) { scene in
      _ = try await upload(scene, 4)
      #expect(try scene.peer.home.read("up") == Self.content)
    }
  }

  @Test func aFileThatIsThereIsReplacedWhole() async throws {
    try await with { scene in
      try scene.peer.home.write("up", [1, 2, 3])
      _ = try await upload(scene, 4)
      #expect(try scene.peer.home.read("up") == Self.content)
    }
  }
}
