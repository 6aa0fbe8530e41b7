// The worked example of the documentation, run as it stands there.

import LinuxSystem
import MultipathTCP
import NetworkSupport
import Testing

@Suite struct WorkedExampleTests {
  @Test func theExampleWorks() throws {
    for finding in HostProbe.run().findings where finding.severity >= .warning { #expect(!finding.line.isEmpty) }

    let listener = try MultipathSocket.listen(
      on: SocketAddress(IPAddress(ipv4: 0), port: 0), policy: .automatic, backlog: 128)
    #expect((listener.unavailability == nil) == Machine.hasMultipath)
    let target = SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: try Socket.localAddress(listener.number).port)
    let client = try MultipathSocket.connect(to: target, receives: true)
    if !client.isConnected {
      _ = Poll.wait(client.number, .writable, milliseconds: 3000)
      if let error = Socket.pendingError(client.number) { throw error }
    }
    #expect(Poll.wait(listener.number, .readable, milliseconds: 3000))
    let (number, peer) = try #require(try Socket.accept(listener.number))
    let connection = Descriptor(owning: number)
    #expect(peer.address == target.address)
    #expect(MultipathSocket.negotiated(connection.number) == (Machine.hasMultipath ? .multipath : .tcp))
    #expect(ConnectionReport(connection.number).paths.map(\.remote) == [peer])
  }
}
