// The daemon and its clients are killed while they upload, and files, disks and directories fail under them: nothing may be lost or mixed.
// `make torture` does more of the same.

import Foundation
import TestSupport
import Testing

extension SystemTests {
  @Suite(.enabled(if: isInstalled("python3"), "python3 is not installed"))
  struct TortureTests {
    @Test(arguments: ["commit", "relaxed"])
    func nothingIsLostOrMixed(_ durability: String) async throws {
      try await Blocking.run {
        let here = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        let result = try TestSupport.run(
          [
            "python3", here + "/Torture/torture.py", "--weftpd", try Server.binary(), "--uploads", "120", "--seed", "1",
            "--set", "uploads.durability=\(durability)",
          ], patience: .seconds(240))
        report("torture: \(result.output.trimmingCharacters(in: .whitespacesAndNewlines))")
        try require(result.exitCode == 0, result.output)
        try require(result.output.contains("lost: 0, mixed: 0"), result.output)
      }
    }

    @Test func aFileInSegmentsIsWhole() async throws {
      try await Blocking.run {
        let here = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        let result = try TestSupport.run(
          [
            "python3", here + "/Torture/segments.py", "--weftpd", try Server.binary(), "--files", "15", "--kills", "8",
          ], patience: .seconds(240))
        report(result.output.trimmingCharacters(in: .whitespacesAndNewlines))
        try require(result.exitCode == 0, result.output)
        try require(result.output.contains("wrong 0, left over 0"), result.output)
      }
    }

    @Test func quotasHoldAndAreRightAfterKills() async throws {
      try await Blocking.run {
        let here = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        let result = try TestSupport.run(
          [
            "python3", here + "/Torture/quotas.py", "--weftpd", try Server.binary(), "--seconds", "5", "--kills", "3",
            "--changes", "120",
          ], patience: .seconds(240))
        report("quotas: \(result.output.trimmingCharacters(in: .whitespacesAndNewlines))")
        try require(result.exitCode == 0, result.output)
      }
    }

    @Test func aKilledClientGoesOn() async throws {
      try await Blocking.run {
        let here = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        let weftp = try #require(builtProgram("weftp"), "weftp is not built")
        let result = try TestSupport.run(
          [
            "python3", here + "/Torture/killed_client.py", "--weftpd", try Server.binary(), "--weftp", weftp,
            "--kills", "12", "--megabytes", "12",
          ], patience: .seconds(240))
        report("killed clients: \(result.output.trimmingCharacters(in: .whitespacesAndNewlines))")
        try require(result.exitCode == 0, result.output + result.errors)
      }
    }

    /// Parts of faults.py that lack a privilege or a tool say so, and what the others count is reported.
    @Test(arguments: ["calls", "disks", "trees", "clients", "power"])
    func faultsLeaveTheOldOrTheNewFile(_ part: String) async throws {
      try await Blocking.run {
        let here = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        let result = try TestSupport.run(
          ["python3", here + "/Torture/faults.py", "--weftpd", try Server.binary(), "--quick", part],
          patience: .seconds(240))
        report("faults: \(result.output.trimmingCharacters(in: .whitespacesAndNewlines))")
        try require(result.exitCode == 0, result.output)
        try require(
          result.output.contains("lost: 0, mixed: 0, wrong: 0") || result.output.contains("\(part): skipped:"),
          result.output)
      }
    }
  }
}
