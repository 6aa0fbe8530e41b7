// Servers of others, as `make bench` fetches them, for tests of the client. Who is not there is told and skipped.

import Foundation
import Glibc
import TestSupport
import Testing

/// A server of others, run by the benchmark's own script.
enum ForeignServer: String, CaseIterable, Sendable {
  case vsftpd
  case pureFTPd = "pure-ftpd"
  case proftpd, pyftpdlib
  case inetutils = "inetutils-ftpd"

  /// The benchmark's password for `user`.
  static let password = "pass"
  private static let hash =
    "$6$weftbench$K1QbVzVZmRAln0fTitbxjHj.L1v.BeIlmROefjIY5GQ861Ndk/kzTIXuKGcP6S.7/iNBnQ6MDEUnI2RwOnTAO/"

  private static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Where `Tests/Bench/peers/fetch.sh` has put them: $WEFTPD_PEERS, or `.bench` of this repository.
  static var cache: String {
    getenv("WEFTPD_PEERS").map { String(cString: $0) } ?? top.appending(path: ".bench").path
  }

  /// Whether it can run here: it was fetched, and this is root.
  var isThere: Bool { geteuid() == 0 && access("\(ForeignServer.cache)/\(rawValue)", R_OK) == 0 }

  /// pyftpdlib has TLS only with a further package, inetutils has none.
  var hasTLS: Bool { self != .pyftpdlib && self != .inetutils }

  /// Whether the user's home is all that he sees.
  var confines: Bool { self != .inetutils }

  /// Runs `body` beside the server; its root has a directory `up` that may be written to.
  func with(
    certificate: String?, address: String = "127.0.0.1",
    _ body: (_ port: UInt16, _ root: TemporaryDirectory) async throws -> Void
  ) async throws {
    let root = try TemporaryDirectory()
    let state = try TemporaryDirectory()
    try root.makeDirectory("up")
    for path in [root.path, state.path] { try require(chmod(path, 0o755) == 0, "chmod") }
    try require(chmod(root.path(of: "up"), 0o777) == 0, "chmod")
    let port = try freePort(address)
    // Each has its own passive ports, below the ephemeral ones.
    let low = 10_000 + 500 * (ForeignServer.allCases.firstIndex(of: self) ?? 0)
    let environment = [
      "CACHE": ForeignServer.cache, "STATE": state.path, "ROOT": root.path, "ADDRESS": address, "PORT": "\(port)",
      "LOW": "\(low)", "HIGH": "\(low + 499)", "HASH": ForeignServer.hash,
      "CERTIFICATE": certificate ?? "",
    ]
    let script = ForeignServer.top.appending(path: "Tests/Bench/peers/run.sh").path
    let process = try ChildProcess(["sh", script, rawValue], environment: environment)
    defer {
      process.signal(SIGTERM)
      _ = process.waitForExit(patience: .seconds(10))
    }
    let endpoint = Endpoint(address, port)
    let isUp = Deadline.after(.seconds(20)).until {
      if (try? Connection(to: endpoint)) != nil { return true }
      poll(nil, 0, 20)
      return false
    }
    try require(isUp, "\(rawValue) does not listen: \(process.errorText.suffix(1000))")
    try await body(port, root)
  }

  /// A port that was free a moment ago: these servers cannot be asked which one they took.
  private func freePort(_ address: String) throws -> UInt16 { UInt16(try Listener(on: address).endpoint.port) }
}
