// Which session a data connection resumes: the newest ticket, each once, and one of TLS 1.2 as often as it is wanted.

import COpenSSL
import Testing

@testable import TransportSecurity

@Suite struct ResumableSessionsTests {
  static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

  @Test(arguments: versions) func aDataConnectionResumes(_ version: Int32) throws {
    let control = try TestServer().connect(maximum: version)
    #expect(try control.tell("230\r\n") == "230\r\n")
    #expect(control.client.hasUnusedSession)
    let data = try control.data()
    #expect(data.client.isResumed)
    #expect(data.server.isResumed)
    #expect(try data.tell("a line\r\n") == "a line\r\n")
  }

  @Test func noTicketIsUsedTwiceWhileThereAreFreshOnes() throws {
    let control = try TestServer().connect()
    var seen: Set<[UInt8]> = []
    for _ in 0..<5 {
      try control.tellWithTicket()
      try control.tellWithTicket()
    }
    for _ in 0..<8 {
      let data = try control.data()
      #expect(data.client.isResumed)
      #expect(data.server.isResumed)
      seen.insert(data.client.ticket)
    }
    #expect(seen.count == 8)
    #expect(!control.client.hasUnusedSession)
  }

  @Test func theNewestTicketIsTaken() throws {
    let control = try TestServer().connect()
    try control.tellWithTicket()
    try control.tellWithTicket()
    let newest = control.client.ticket
    #expect(!newest.isEmpty)
    #expect(try control.data().client.ticket == newest)
  }

  /// vsftpd and ProFTPD send two at login and refuse a data connection that does not resume.
  @Test func theLastTicketIsRepeatedWhenTheServerSendsNoMore() throws {
    let control = try TestServer().connect()
    #expect(try control.tell("230\r\n") == "230\r\n")
    let first = try control.data()
    #expect(!control.client.hasUnusedSession)
    let second = try control.data()
    #expect(second.client.isResumed)
    #expect(second.client.ticket == first.client.ticket)
    try control.tellWithTicket()
    #expect(try control.data().client.ticket != first.client.ticket)
  }

  @Test func aTicketIsUsedOnceWhereThatIsWanted() throws {
    let control = try TestServer().connect { $0.repeatsTickets = false }
    #expect(try control.tell("230\r\n") == "230\r\n")
    #expect(try control.data().client.isResumed)
    #expect(try !control.data().client.isResumed)
    try control.tellWithTicket()
    #expect(try control.data().client.isResumed)
  }

  /// OpenSSL spoils the session of a connection that ends without close_notify.
  @Test(arguments: versions) func aBrokenDataConnectionSpoilsNothing(_ version: Int32) throws {
    let control = try TestServer().connect(maximum: version)
    for _ in 0..<3 {
      try control.tellWithTicket()
      let data = try control.data()
      #expect(data.client.isResumed)
      #expect(data.server.isResumed)
      // Both ends are let go of in the middle.
    }
  }

  @Test func severalDataConnectionsAtATimeResume() throws {
    for version in Self.versions {
      let control = try TestServer().connect(maximum: version)
      var open: [ClientPair] = []
      for _ in 0..<4 {
        try control.tellWithTicket()
        open.append(try control.data())
      }
      #expect(open.map(\.client.isResumed) == [true, true, true, true])
      #expect(open.map(\.server.isResumed) == [true, true, true, true])
    }
  }

  @Test func eachControlConnectionHasItsOwn() throws {
    let server = try TestServer()
    let client = try server.client()
    let name = try #require(TLSServerName("ftp.example.org"))
    let pairs = try (0..<2).map { _ in
      try ClientPair({ try server.context.control(over: $0) }, { try client.control(over: $0, server: name) })
    }
    for pair in pairs { #expect(try pair.tell("230\r\n") == "230\r\n") }
    #expect(try pairs[0].data(from: pairs[1].server).client.isResumed == false)
    #expect(try pairs[1].data().client.isResumed)
  }

  @Test func aFloodOfTicketsFillsNoMemory() throws {
    let control = try TestServer().connect { $0.repeatsTickets = false }
    for _ in 0..<30 { try control.tellWithTicket() }
    var resumed = 0
    while try control.data().client.isResumed { resumed += 1 }
    #expect(resumed == 8)
  }
}
