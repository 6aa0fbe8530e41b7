// Holds the manual pages to the programs and the tables of the documents, and what shells complete to the shells.

import TestSupport
import Testing

@Suite(.onThreads) struct ManualTests {
  private var top: String { String(#filePath.prefix(#filePath.count - "/Tests/WeftpdTests/ManualTests.swift".count)) }

  @Test func thePagesAreThoseOfTheProgramsAndTables() throws {
    guard let mptcpctl = builtProgram("mptcpctl") else { throw TestFailure("mptcpctl is not built") }
    let result = try run([
      "python3", top + "/etc/man/manual.py", "--weftpd", try Server.binary(), "--mptcpctl", mptcpctl, "--check",
      top + "/etc/man",
    ])
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  @Test(.enabled(if: isInstalled("groff"), "groff is not installed")) func groffFindsNothingToComplainOf() throws {
    for page in ["weftpd.8", "weftpd-who.8", "weftpd.yaml.5", "weftpd-users.5", "mptcpctl.8"] {
      let result = try run(["groff", "-man", "-ww", "-z", "-Tutf8", top + "/etc/man/" + page])
      #expect(result.exitCode == 0)
      #expect(result.errors.isEmpty, "\(page): \(result.errors)")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func shellsTakeTheCompletions(shell: String) throws {
    let script = try run([try Server.binary(), "--generate-completion-script", shell])
    #expect(script.exitCode == 0)
    for word in ["who", "kick", "drain"] { #expect(script.output.contains(word), "\(word)") }
    guard isInstalled(shell) else { return print("\(shell): syntax not tried, install it") }
    let directory = try TemporaryDirectory()
    let path = try directory.write("script", script.output)
    let result = try run([shell, "-n", path])
    #expect(result.exitCode == 0, "\(result.errors)")
  }
}
