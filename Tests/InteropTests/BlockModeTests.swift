// Block mode, record structure and restart markers as a second implementation in Python reads and writes them.

import Foundation
import TestSupport
import Testing

@Suite struct BlockModeTests {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/block_mode.py"

  @Test(installed("python3"))
  func aSecondImplementationAgrees() async throws {
    try await Blocking.run {
      try Server.with(Server.Options(settings: ["transfer.marker-interval=65536"])) { server in
        let result = try run([
          PythonTests.python, Self.script, String(server.endpoint.port), Server.password, "4000000",
        ])
        try require(result.exitCode == 0, "block_mode.py: \(result.output)\(result.errors)")
        // On disk every record has its prefix, and the last is where the client put it.
        try require(
          try server.root.read("second") == [0, 7, 0, 0] + bytes("one") + [0, 4, 0, 0, 0, 9, 0, 0] + bytes("three"),
          "second")
      }
    }
  }
}
