// Replays the fuzzer's kept inputs, and random ones, against what must hold for a client of any server.

import FTPClient
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5)), .serialized) struct SessionCheckTests {
  private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fuzz/Corpus/\(SessionCheck.name)")

  @Test func keptInputsHold() async throws {
    let check = SessionCheck(runtime: try ClientRuntime())
    let files = try FileManager.default.contentsOfDirectory(at: Self.corpus, includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    let inputs = try files.map { ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0))) }
    await run(inputs, check)
  }

  @Test func randomInputsHold() async throws {
    let check = SessionCheck(runtime: try ClientRuntime())
    var random = FixedNumbers()
    let inputs = (0..<60).map { _ in
      let input = (0..<Int.random(in: 0...120, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      return ("\(input)", input)
    }
    await run(inputs, check)
  }

  /// Several at a time: a session mostly waits.
  private func run(_ inputs: [(name: String, bytes: [UInt8])], _ check: SessionCheck) async {
    await withTaskGroup(of: Void.self) { group in
      for (index, input) in inputs.enumerated() {
        if index >= 6 { await group.next() }
        group.addTask {
          let failure = await check.run(input.bytes)
          #expect(failure == nil, "\(input.name)")
        }
      }
    }
  }
}

/// The same numbers in every run. Source: SplitMix64, Steele, Lea and Flood 2014.
private struct FixedNumbers: RandomNumberGenerator {
  private var state: UInt64 = 15

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
