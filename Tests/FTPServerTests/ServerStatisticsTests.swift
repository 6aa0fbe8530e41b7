// Tests of the figures a server keeps of its transfers.

import FTPTransfer
import MultipathTCP
import Testing

@testable import FTPServer

@Suite struct ServerStatisticsTests {
  @Test func transfersAreCountedByDirectionAndOutcome() {
    let counters = TransferCounters()
    counters.count(
      .transferEnded(TransferOutcome(direction: .download, bytes: 10, reply: 226, isComplete: true, connection: .plain))
    )
    counters.count(
      .transferEnded(
        TransferOutcome(
          direction: .upload, bytes: 7, reply: 426, isComplete: false, connection: .notMultipath(.fellBack))))
    let statistics = counters.statistics
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

  @Test func otherEventsCountForNothing() {
    let counters = TransferCounters()
    for kind in [SessionEvent.Kind.command, .notice, .login, .transferBegan(.upload)] { counters.count(kind) }
    #expect(counters.statistics == ServerStatistics())
  }
}
