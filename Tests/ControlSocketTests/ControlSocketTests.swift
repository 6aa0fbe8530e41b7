// Tests what the control socket tells and does, against a real weftpd.

import ControlProtocol
import ControlSocket
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.onThreads) struct ControlSocketTests {
  @Test func sessionsAreToldWithTheirProgress() throws {
    let control = try ControlledServer()
    let (alice, data) = try control.stalledDownload()
    // Its end would be the end of the transfer.
    defer { data.close() }
    let anonymous = try control.server.session()
    let nobody = try control.server.client()
    let sessions = try control.wait("progress") { $0.count == 3 && $0.contains { $0.transfer?.bytes ?? 0 > 0 } }
    #expect(sessions.map(\.user) == [Array("alice".utf8), Array("anonymous".utf8), []])
    let transfer = try #require(sessions[0].transfer)
    #expect(transfer.verb == "RETR")
    #expect(transfer.direction == .download)
    #expect(transfer.path == Array("/large".utf8))
    #expect(transfer.total == 16 << 20)
    #expect(transfer.bytes < 16 << 20)
    #expect(sessions[1].transfer == nil)
    #expect(sessions[1].verb == "PASS")
    #expect(sessions[2].verb.isEmpty)
    #expect(sessions[0].peer.hasPrefix("127.0.0.1:"))
    #expect(sessions[0].tls.isEmpty)
    let status = try control.status()
    #expect(status.sessions == 3)
    #expect(status.transfers == 1)
    #expect(status.process == UInt32(control.server.process.id))
    #expect(status.listeners == [control.server.endpoint.description])
    #expect(!status.isDraining)
    _ = (alice, anonymous, nobody)
  }

  @Test func aSessionTellsItsPaths() throws {
    let control = try ControlledServer()
    let (alice, data) = try control.stalledDownload()
    let id = try control.sessions()[0].id
    guard case .paths(let connections)? = try control.ask(.paths(session: id)).first else {
      throw TestFailure("no paths")
    }
    #expect(connections.count == 2)
    #expect(connections.allSatisfy { $0.paths.count == 1 })
    #expect(connections[0].paths[0].local == control.server.endpoint.description)
    #expect(throws: ControlClientError.self) { try control.ask(.paths(session: 4711)) }
    _ = (alice, data)
  }

  @Test func aKickBreaksOffTheTransferAndSaysWhy() throws {
    let control = try ControlledServer()
    let (alice, data) = try control.stalledDownload()
    // Its end would be the end of the transfer.
    defer { data.close() }
    let other = try control.server.session()
    let result = try control.weftpd("kick", "--user", "alice", "--say", "Maintenance at noon.")
    #expect(result.output == "1 session ended\n")
    #expect(try alice.reply().code == 426)
    #expect(try alice.reply().description == "421 Maintenance at noon.")
    #expect(try alice.control.isClosedByPeer())
    // Others are not concerned.
    try other.command("NOOP", expecting: 200)
    #expect(try control.weftpd("kick", "--address", "192.0.2.0/24").exitCode == 1)
    #expect(try control.weftpd("kick", "--address", "127.0.0.0/8").output == "1 session ended\n")
    #expect(try other.reply().code == 421)
    let nobody = try control.weftpd("kick", "4711")
    #expect(nobody.exitCode == 1)
    #expect(nobody.errors == "weftpd: there is no session 4711\n")
    try waitForLog(control.server.process, "ends session of user \"alice\", saying \"Maintenance at noon.\"")
  }

  @Test func aReloadTellsWhetherItWorked() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("weftpd.yaml", "limits:\n  sessions: 50\n")
    let control = try ControlledServer(arguments: ["--config", file])
    #expect(try control.weftpd("reload").exitCode == 0)
    try waitForLog(control.server.process, "reloaded: 0 settings changed")
    try directory.write("weftpd.yaml", "limits:\n  sessions: many\n")
    let refused = try control.weftpd("reload")
    #expect(refused.exitCode == 1)
    #expect(refused.errors.contains("those in force stay"))
    // The path is found by the settings, too.
    try directory.write("weftpd.yaml", "server:\n  control: \(control.path)\n")
    let status = try run([try Server.binary(), "status", "--config", file])
    #expect(status.output.contains("serving"))
  }

  @Test func aDrainEndsTheServerWithItsLastTransfer() throws {
    let control = try ControlledServer()
    let (alice, data) = try control.stalledDownload()
    let idle = try control.server.session()
    var watcher = try control.client()
    #expect(try watcher.ask(.drain(seconds: 0)) == [.done(1)])
    #expect(try idle.reply().code == 421)
    #expect(throws: (any Error).self) { try Connection(to: control.server.endpoint, patience: .seconds(5)) }
    let status = try watcher.status()
    #expect(status.isDraining)
    #expect(status.transfers == 1)
    #expect(throws: ControlClientError.self) { try watcher.ask(.drain(seconds: 1)) }
    // The transfer has all the time it needs, and is whole.
    #expect(try data.readToEnd().count == 16 << 20)
    try alice.expect(226)
    try alice.expect(421)
    try control.server.waitForCleanExit()
    #expect(throws: ControlClientError.self) { _ = try watcher.next(within: .seconds(60)) }
  }

  @Test func aSignalLimitsADrain() throws {
    let control = try ControlledServer(["shutdown.grace=100ms"])
    let (alice, data) = try control.stalledDownload()
    // Its end would be the end of the transfer.
    defer { data.close() }
    try control.ask(.drain(seconds: 0))
    control.server.process.signal(SIGTERM)
    try alice.expect(426)
    try control.server.waitForCleanExit()
  }

  @Test func aDrainWithALimitBreaksOffWhatIsLeft() throws {
    let control = try ControlledServer()
    let (alice, data) = try control.stalledDownload()
    // Its end would be the end of the transfer.
    defer { data.close() }
    let result = try control.weftpd("drain", "--limit", "1", "--wait")
    #expect(result.output == "draining, 1 transfer to go\nended\n")
    try alice.expect(426)
    try control.server.waitForCleanExit()
  }

  @Test func theLevelOfTheLogChanges() throws {
    let control = try ControlledServer()
    let client = try control.server.session()
    #expect(try control.weftpd("log-level").output == "info\n")
    #expect(try control.weftpd("log-level", "debug").output == "debug\n")
    try client.command("NOOP", expecting: 200)
    try waitForLog(control.server.process, "verb=NOOP")
    #expect(try control.weftpd("log-level", "warning").output == "warning\n")
    #expect(try control.weftpd("log-level", "loud").exitCode == 64)
  }

  @Test func whatIsNoRequestIsRefusedAndHarmsNobody() throws {
    let control = try ControlledServer()
    let socket = try LocalSocket.connect(.packets, to: control.path)
    for packet in [[2], [255, 1, 0, 0, 0, 1], [UInt8](repeating: 2, count: 20_000)] as [[UInt8]] {
      _ = try packet.withUnsafeBytes { try Socket.send(socket.number, $0) }
      var buffer = [UInt8](repeating: 0, count: 4096)
      #expect(Poll.wait(socket.number, .readable, milliseconds: 60_000))
      guard case .moved(let count) = try buffer.withUnsafeMutableBytes({ try Socket.receive(socket.number, into: $0) })
      else { throw TestFailure("no answer") }
      let (_, reply) = try buffer.withUnsafeBytes {
        try ControlReply.read(UnsafeRawBufferPointer(rebasing: $0[..<count]))
      }
      guard case .refused(.malformed, _) = reply else { throw TestFailure("\(reply)") }
    }
    #expect(throws: ControlClientError.self) { try control.ask(.ban(address: "nobody", seconds: 0, reason: "")) }
    try control.server.requireAlive()
  }

  @Test func bansHoldAtOnce() throws {
    let control = try ControlledServer()
    let client = try control.server.session()
    #expect(try control.ask(.ban(address: "127.0.0.0/8", seconds: 600, reason: "abuse")) == [.done(1)])
    #expect(try client.reply().code == 421)
    guard case .bans(let bans)? = try control.ask(.bans).first else { throw TestFailure("no bans") }
    #expect(bans.map(\.address) == ["127.0.0.0/8"])
    #expect(bans[0].reason == "abuse")
    #expect((1...600).contains(bans[0].seconds ?? 0))
    #expect(try control.ask(.unban(address: "127.0.0.0/8")) == [.done(1)])
    try control.server.session().quit()
    #expect(throws: ControlClientError.self) { try control.ask(.unban(address: "127.0.0.0/8")) }
  }

  @Test func theSocketIsForItsOwnerAndGroup() throws {
    let control = try ControlledServer()
    var status = stat()
    #expect(stat(control.path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o660)
    guard geteuid() == 0, isInstalled("setpriv") else { return print("other users: skipped, needs root and setpriv") }
    // Others must reach the socket itself, and the program.
    chmod(control.directory.path, 0o755)
    let copy = control.directory.path + "/weftpd"
    _ = try run(["cp", try Server.binary(), copy])
    let command = [
      "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", copy, "status", "--socket", control.path,
    ]
    let refused = try run(command)
    #expect(refused.exitCode == 1)
    #expect(refused.errors.contains("no permission"))
    // The kernel asks for the mode; the server asks who it is.
    chmod(control.path, 0o666)
    let asked = try run(command)
    #expect(asked.exitCode == 1)
    #expect(asked.errors.contains("only root, the server's own user and its group"))
    let member = try run(["setpriv", "--reuid", "65534", "--regid", "65534", "--groups", "0"] + command.dropFirst(6))
    #expect(member.exitCode == 0, "\(member.errors)")
  }

  @Test func whatADeadServerLeftIsReplacedAndNothingElse() throws {
    let control = try ControlledServer()
    control.server.process.signal(SIGKILL)
    _ = control.server.process.waitForExit(patience: .seconds(60))
    let gone = try control.weftpd("status")
    #expect(gone.exitCode == 1)
    #expect(gone.errors.contains("weftpd is not running"))
    let again = try Server(Server.Options(settings: ["server.control=\(control.path)"]))
    #expect(try control.weftpd("status").exitCode == 0)
    // A second server does not take a living one's socket, nor a file.
    let file = try control.directory.write("file", "text")
    for (path, words) in [(control.path, "Address already in use"), (file, "File exists")] {
      let refused = try run([
        try Server.binary(), "serve", control.directory.path, "--anonymous", "--listen", "127.0.0.1:0", "--set",
        "server.control=\(path)",
      ])
      #expect(refused.exitCode == 1)
      #expect(refused.errors.contains("server.control: cannot listen at \(path): \(words)"))
    }
    try again.stop()
  }
}
