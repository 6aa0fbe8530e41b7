// Tests of the figures a server keeps of its transfers.

import FTPTransfer
import LinuxSystem
import MultipathTCP
import Testing

@testable import FTPServer

@Suite struct ServerStatisticsTests {
  @Test func transfersAreCountedByDirectionAndOutcome() {
    let counters = TransferCounters()
    for direction in [TransferDirection.download, .upload, .listing] { counters.read(event(.transferBegan(direction))) }
    #expect(counters.statistics.transfersRunning == 3)
    counters.read(
      event(
        .transferEnded(
          TransferOutcome(direction: .download, bytes: 10, reply: 226, isComplete: true, connection: .plain))))
    counters.read(
      event(
        .transferEnded(
          TransferOutcome(
            direction: .upload, bytes: 7, reply: 426, isComplete: false, connection: .notMultipath(.fellBack)))))
    let statistics = counters.statistics
    #expect(statistics.transfersRunning == 1)
    #expect(statistics.transfersCompleted == 1)
    #expect(statistics.transfersFailed == 1)
    #expect(statistics.bytesSent == 10)
    #expect(statistics.bytesReceived == 7)
    #expect(statistics.fallbacks == 1)
    #expect(statistics.multipathConnections == 0)
  }

  @Test func aReportSaysWhyAConnectionIsNotMultipath() {
    #expect(DataConnectionReport.plain.description == "tcp")
    #expect(DataConnectionReport.notMultipath(.fellBack).description == "tcp (fell back to TCP)")
  }

  @Test func otherEventsAreNotWanted() {
    let counters = TransferCounters()
    #expect(!counters.wants(.command, .critical))
    #expect(!counters.wants(.notice, .critical))
  }

  private func event(_ kind: SessionEvent.Kind) -> SessionEvent {
    SessionEvent(
      kind: kind, level: .info, message: "",
      record: EventRecord(session: 1, peer: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 1)))
  }
}
