// Tests the live table of `weftpd who` in a real terminal: what tmux sees, and the keys it sends.

import Glibc
import TestSupport
import Testing

@Suite(.onThreads) struct WhoScreenTests {
  /// A terminal of 80 columns with one program in it.
  private struct Screen {
    let name = "weftpd-who-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

    init(_ command: String) throws {
      let result = try tmux("new-session", "-d", "-x", "80", "-y", "14", command)
      try require(result.exitCode == 0, "tmux: \(result.errors)")
    }

    @discardableResult
    func tmux(_ arguments: String...) throws -> CommandResult {
      try run(
        ["tmux", "-u", "-L", name, "-f", "/dev/null"] + arguments, environment: ["LC_ALL": "C.UTF-8", "TERM": "xterm"])
    }

    func press(_ keys: String...) throws {
      _ = try run(["tmux", "-L", name, "send-keys"] + keys)
    }

    var lines: [String] {
      get throws {
        try tmux("capture-pane", "-p").output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
    }

    func wait(_ what: String, _ condition: ([String]) -> Bool) throws {
      var seen: [String] = []
      let isSeen = try Deadline.after(.seconds(90)).until {
        seen = try lines
        return condition(seen)
      }
      try require(isSeen, "no \(what) on the screen:\n\(seen.joined(separator: "\n"))")
    }

    func close() { _ = try? tmux("kill-server") }
  }

  @Test(.enabled(if: isInstalled("tmux"), "tmux is not installed")) func theTableFollowsTheServerAndTheKeys() throws {
    let control = try ControlledServer()
    let (alice, data) = try control.stalledDownload()
    let other = try control.server.session()
    let screen = try Screen("\(try Server.binary()) who --interval 0.2 --socket \(control.path)")
    defer { screen.close() }
    try screen.wait("download") { lines in lines.contains { $0.contains("alice") && $0.contains("RETR /large") } }
    let lines = try screen.lines
    #expect(lines[0].hasPrefix("weftpd "))
    #expect(lines[0].contains("2 sessions  1 transfer"))
    #expect(lines[1].hasPrefix("   ID USER     ADDRESS"))
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(lines.contains { $0.hasPrefix("q quit  s sort: id") })
    try screen.press("s")
    try screen.wait("other order") { $0.contains { $0.contains("s sort: user") } }
    try screen.press("i")
    try screen.wait("only transfers") {
      !$0.contains { $0.contains("anonymo") } && $0.contains { $0.contains("alice") }
    }
    try screen.press("i", "/")
    try screen.press("ANON", "Enter")
    try screen.wait("filter") { $0.contains { $0.contains("anonymo") } && !$0.contains { $0.contains("alice") } }
    try screen.press("Escape")
    try screen.wait("no filter") { $0.contains { $0.contains("alice") } }
    try screen.press("?")
    try screen.wait("help") { $0.first?.hasPrefix("weftpd who: the sessions") == true }
    try screen.press("x")
    try control.ask(.kick(.user(Array("alice".utf8)), words: ""))
    try screen.wait("end of the session") {
      $0.first?.contains("1 session ") == true && !$0.contains { $0.contains("alice") }
    }
    // A server that is gone is waited for.
    control.server.process.signal(SIGKILL)
    try screen.wait("notice") { $0.contains { $0.contains("trying again") } }
    try screen.press("q")
    let isClosed = try Deadline.after(.seconds(60)).until { try screen.tmux("has-session").exitCode != 0 }
    #expect(isClosed)
    _ = (alice, data, other)
  }

  @Test func elsewhereThanOnATerminalItIsAListWithoutColours() throws {
    let control = try ControlledServer()
    let session = try control.server.session("alice")
    let result = try control.weftpd("who")
    #expect(result.exitCode == 0)
    #expect(!result.output.contains("\u{1B}"))
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[2].contains("alice") && lines[2].contains("idle"))
    let json = try control.weftpd("who", "--once", "--json")
    #expect(json.output.hasPrefix("{\"timestamp\":\""))
    #expect(json.output.contains("\"user\":\"alice\""))
    let none = try control.weftpd("who", "--filter", "nobody")
    #expect(none.output.split(separator: "\n").count == 2)
    try session.quit()
  }
}
