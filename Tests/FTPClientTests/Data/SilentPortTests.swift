// A data port that never answers: after a while another port of the same way is tried, and the transfer goes well.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3)), .onThreads) struct SilentPortTests {
  @Test func nobodyWaitsForLongerThanTenSeconds() {
    #expect(ClientOptions().timeouts.dataConnect <= .seconds(10))
  }

  /// - Parameter isKnown: the way has worked before. Then the same way is tried again, and else the other one: either is another port.
  @Test(arguments: [true, false]) func aPortThatNeverAnswersIsFollowedByAnother(isKnown: Bool) async throws {
    // A listener whose queue is full: the kernel drops what else comes, as a firewall would.
    let silent = try Socket.stream(.ipv4)
    let loopback = SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)
    try Socket.bind(silent, to: loopback, family: .ipv4)
    try Socket.listen(silent, backlog: 0)
    let address = try Socket.localAddress(silent.number)
    let first = try Socket.stream(.ipv4)
    let second = try Socket.stream(.ipv4)
    _ = try Socket.connect(first, to: address, family: .ipv4)
    _ = try Socket.connect(second, to: address, family: .ipv4)
    let content = pattern(1000)
    let port = address.port
    try await Script.run { script in
      try script.welcome(features: ["REST STREAM"])
      try script.expect("TYPE")
      try script.say("200 ok")
      if isKnown { try Self.serve(content, script, "EPSV") }
      try script.expect("EPSV")
      try script.say("229 Here (|||\(port)|)")
      try Self.serve(content, script, isKnown ? "EPSV" : "PASV")
      try script.expect("QUIT")
      try script.say("221 bye")
    } client: { port, runtime in
      let options = ClientOptions.inClear.with { $0.timeouts.dataConnect = .seconds(1) }
      let session = try await ClientSession.connect(to: "127.0.0.1", port: port, options: options, runtime: runtime)
      try await session.login(.anonymous())
      for _ in 0..<(isKnown ? 2 : 1) { #expect(try await contents(session, "a") == content) }
      await session.quit()
    }
    withExtendedLifetime((first.number, second.number, silent.number)) {}
  }

  /// One download over a connection that comes about.
  private static func serve(_ content: [UInt8], _ script: Script, _ verb: String) throws {
    let listener = try Listener()
    let port = Int(listener.endpoint.port)
    try script.expect(verb)
    try script.say(
      verb == "EPSV" ? "229 Here (|||\(port)|)" : "227 Here (127,0,0,1,\(port / 256),\(port % 256))")
    let data = try listener.accept()
    try script.expect("RETR")
    try script.say("150 comes")
    try data.send(content)
    data.close()
    try script.say("226 done")
  }
}
