// MODE Z with a client over Python's zlib, which also runs against other servers.

import Foundation
import TestSupport
import Testing

@Suite struct DeflateModeTests {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/deflate_mode.py"

  @Test(installed("python3"))
  func zlibInPythonAgrees() async throws {
    try await Interop.run { test in
      try test.client(PythonTests.python, Self.script, test.port, "alice", Server.password)
    }
  }
}
