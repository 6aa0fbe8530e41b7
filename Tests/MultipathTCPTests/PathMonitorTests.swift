// Tests of PathMonitor.swift: captured events, and those of a connection made here.

import LinuxSystem
import NetworkSupport
import TestSupport
import Testing

@testable import MultipathTCP

@Suite struct PathMonitorTests {
  @Test func readsASubflowEvent() throws {
    // What follows the netlink header, captured on Linux 6.18.
    let message = bytes(
      """
      0a010000 08000100f2bd437e 0600020002000000 080005000a4d0201 080007000a4d0102 06000900ce790000 06000a0008490000
      0500030001000000 0500040000000000 05000b0000000000 08000f0003000000
      """)
    let event = try #require(message.withUnsafeBytes { PathEvent(message: $0) })
    #expect(event.kind == .subflowEstablished)
    #expect(event.token == 0x7E43_BDF2)
    #expect(event.local?.description == "10.77.2.1:52857")
    #expect(event.remote?.description == "10.77.1.2:2121")
    #expect(event.localID == 1)
    #expect(event.remoteID == 0)
    #expect(event.isBackup == false)
    #expect(event.interfaceIndex == 3)
    #expect(event.isServerSide == nil)
    #expect(
      event.description
        == "subflowEstablished token 7e43bdf2 local 10.77.2.1:52857 remote 10.77.1.2:2121 local-id 1 remote-id 0")
  }

  @Test func anEmptyOrUnknownEventIsNoTrap() {
    #expect([UInt8]().withUnsafeBytes { PathEvent(message: $0) } == nil)
    let unknown = [UInt8(99), 1, 0, 0].withUnsafeBytes { PathEvent(message: $0) }
    #expect(unknown?.kind == nil)
    #expect(unknown?.code == 99)
  }

  @Test(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces))
  func hearsAConnection() throws {
    try Namespace().run {
      var monitor = try PathMonitor()
      #expect(try monitor.next().isEmpty)
      let pair = try Pair()
      try pump(from: pair.client.number, to: pair.server.number, count: 1000)
      let token = try MultipathSocket.info(pair.server.number).token
      var events: [PathEvent] = []
      while !events.contains(where: { $0.kind == .established && $0.token == token }) {
        guard Poll.wait(monitor.number, .readable, milliseconds: 5000) else { throw TestFailure("no event: \(events)") }
        events += try monitor.next()
      }
      #expect(events.contains { $0.kind == .created && $0.token == token && $0.isServerSide == true })
    }
  }
}
