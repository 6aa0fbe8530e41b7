// Three nodes behind a balancer, by Tests/Cluster/cluster.py: a node dies during uploads, nodes write one name, nodes are replaced.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct ClusterTests {
    private static let script =
      String(#filePath.dropLast("SystemTests/ClusterTests.swift".count))
      + "Cluster/cluster.py"

    @Test(
      .enabled(if: getuid() == 0 && isInstalled("haproxy") && isInstalled("ip"), "needs root, haproxy and iproute2"),
      .enabled(if: PostgresServer.isAvailable, "PostgreSQL is not installed"))
    func threeNodesAreOneServer() async throws {
      try await Blocking.run(slots: Blocking.width) {
        let result = try run(["python3", Self.script, try Server.binary()], patience: .seconds(400))
        report(result.output)
        try require(result.exitCode == 0, "\(result.errors)\nafter:\n\(result.output)")
      }
    }
  }
}
