import LinuxSystem
import MultipathTCP
import Testing

@testable import FTPServer

@Suite struct ServerStatisticsTests {
  @Test func transfersAreCountedByDirectionAndOutcome() {
    let counters = TransferCounters()
    counters.transferBegan()
    counters.transferBegan()
    counters.transferBegan()
    #expect(counters.statistics.transfersRunning == 3)
    counters.transferEnded(.download, bytes: 10, isComplete: true, .plain)
    counters.transferEnded(.upload, bytes: 7, isComplete: false, .notMultipath(.fellBack))
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
}
