// FTPS through a NAT with an FTP helper, over multipath: the helper finds nothing to rewrite, so nothing falls back and no byte is wrong.

import MultipathTCP
import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(
    .enabled(if: Machine.hasNamespaces, Machine.needsNamespaces),
    .enabled(if: MiddleboxLab.isPossible, "needs nft and a kernel with the FTP helper of netfilter"),
    .enabled(if: isInstalled("python3"), "python3 is not installed"))
  struct MiddleboxTLSTests {
    private static let size = 200_000

    /// Every combination, those included in which the kernel loses a control connection in clear.
    @Test(arguments: MiddleboxCase.all) func underTLSNothingIsRewritten(test: MiddleboxCase) async throws {
      try await Blocking.run(slots: 2, tries: test.paths == 2 ? 3 : 1) {
        let lab = try MiddleboxLab(test.rewriting, hasSecondPath: test.paths == 2, checksums: test.checksums)
        try LabServer.with(in: lab.server, settings: ["tls.data-session=require"]) { server in
          try lab.translate(port: server.port)
          try PatternFile.write(server.root.path + "/down", size: Self.size)
          let local = try TemporaryDirectory()
          let before = try lab.server.counters()
          // The kernel's fault is told in the client's file.
          let isCorrupting = !test.checksums && test.paths == 2
          let words = ["python3", Self.script, test.rewriting.addresses.server, "\(server.port)"]
          let result = try TestSupport.run(
            lab.client.command(words + [test.rewriting.addresses.client] + (isCorrupting ? ["corrupting"] : [])),
            directory: local.path)
          try require(result.exitCode == 0, "\(test.testDescription): \(result.errors)\(result.output)")
          try PatternFile.verify(local.path + "/got", size: Self.size)
          try PatternFile.verify(server.root.path + "/up", size: Self.size)
          let alarms = try lab.server.counters().delta(since: before).middleboxAlarms.map(\.name)
          report("FTPS, \(test.testDescription): \(result.output), alarms \(alarms)")
          let unexpected = alarms.filter { !isCorrupting || $0 != "DSSNotMatching" }
          try require(unexpected.isEmpty, "something was rewritten: \(unexpected)")
          try require(try server.transfer("/up").isMultipath, "the upload was not multipath")
          try server.process.requireRunning()
        }
      }
    }

    /// Beside the clients of the interoperability tests.
    private static let script = {
      let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
      return here + "/InteropTests/Clients/natted.py"
    }()
  }
}
