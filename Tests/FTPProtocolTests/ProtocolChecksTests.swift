// Replays the fuzzer's kept inputs, and random ones, against what must hold for any input.

import Foundation
import Testing

@Suite struct ProtocolChecksTests {
  private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fuzz/Corpus")

  @Test(arguments: ProtocolCheck.all.map(\.name)) func keptInputsHold(target: String) throws {
    let check = try #require(ProtocolCheck.all.first { $0.name == target })
    let folder = Self.corpus.appending(path: target)
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    for file in files {
      let failure = check.run([UInt8](try Data(contentsOf: file)))
      #expect(failure == nil, "\(file.lastPathComponent)")
    }
  }

  @Test(arguments: ProtocolCheck.all.map(\.name)) func randomInputsHold(target: String) throws {
    let check = try #require(ProtocolCheck.all.first { $0.name == target })
    var random = FixedRandom(seed: 23)
    for _ in 0..<500 {
      let input = (0..<Int.random(in: 0...80, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      let failure = check.run(input)
      #expect(failure == nil, "\(input)")
    }
  }
}
