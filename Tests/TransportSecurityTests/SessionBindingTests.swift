// Data connections are bound to their control connection: who resumes, who does not, and for how long.

import COpenSSL
import Testing

@testable import TransportSecurity

@Suite struct SessionBindingTests {
  private let context: TLSContext

  init() throws { context = try selfSignedContext() }

  /// A control connection, its reply of PASV read, and the session its client would resume.
  private func control(_ offer: TestClient.Offer, clockShift: Int = 0) throws -> (Pair, OpaquePointer) {
    let pair = try Pair({ try context.control(over: $0, clockShift: clockShift) }, offer)
    pair.server.offerTicket()
    #expect(try pair.tell("227\r\n") == "227\r\n")
    return (pair, pair.client.session)
  }

  private func data(_ control: Pair, _ offer: TestClient.Offer, _ session: OpaquePointer) throws -> Pair {
    try Pair({ try control.server.data(over: $0, receives: true, byKernel: false) }, offer, resuming: session)
  }

  static let offers: [TestClient.Offer] = [
    .init(), .init(maximum: TLS1_2_VERSION), .init(maximum: TLS1_2_VERSION, usesTickets: false),
  ]

  @Test(arguments: offers.indices) func theClientsOwnDataConnectionResumes(_ index: Int) throws {
    let offer = Self.offers[index]
    let (control, session) = try control(offer)
    defer { SSL_SESSION_free(session) }
    let data = try data(control, offer, session)
    #expect(data.server.isResumed)
    #expect(data.client.isResumed)
  }

  @Test(arguments: offers.indices) func theSessionOfAnotherLoginDoesNot(_ index: Int) throws {
    let offer = Self.offers[index]
    let (victim, own) = try control(offer)
    let (_, stolen) = try control(offer)
    defer {
      SSL_SESSION_free(own)
      SSL_SESSION_free(stolen)
    }
    let data = try data(victim, offer, stolen)
    #expect(!data.server.isResumed)
  }

  @Test func aFreshHandshakeIsNoResumption() throws {
    let (control, session) = try control(.init())
    defer { SSL_SESSION_free(session) }
    let data = try Pair({ try control.server.data(over: $0, receives: false, byKernel: true) })
    #expect(!data.server.isResumed)
  }

  /// Two hours is OpenSSL's own time-out; a control connection may live longer, and so do its tickets.
  @Test(arguments: [3, 24 * 6]) func anOldTicketStillResumes(_ hours: Int) throws {
    for offer in Self.offers {
      let (control, session) = try control(offer, clockShift: -hours * 3600)
      defer { SSL_SESSION_free(session) }
      #expect(try data(control, offer, session).server.isResumed)
    }
  }

  /// A month old: the client's library would not show it any more by itself, so it is told that the session is new.
  @Test func aTicketLivesAsLongAsItsControlConnection() throws {
    let offer = TestClient.Offer(maximum: TLS1_2_VERSION)
    let (control, session) = try control(offer, clockShift: -30 * 24 * 3600)
    defer { SSL_SESSION_free(session) }
    #expect(try data(control, offer, session).server.isResumed)
  }

  @Test func eachReplyCanBringAFreshTicket() throws {
    let (control, session) = try control(.init())
    defer { SSL_SESSION_free(session) }
    var tickets: Set<[UInt8]> = [control.client.ticket]
    for round in 0..<10 {
      control.server.offerTicket()
      #expect(try control.tell("229 \(round)\r\n") == "229 \(round)\r\n")
      tickets.insert(control.client.ticket)
      let fresh = control.client.session
      defer { SSL_SESSION_free(fresh) }
      #expect(try data(control, .init(), fresh).server.isResumed)
    }
    #expect(tickets.count == 11)
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION]) func aDataConnectionGetsNoTicket(_ version: Int32) throws {
    let offer = TestClient.Offer(maximum: version)
    let (control, session) = try control(.init())
    defer { SSL_SESSION_free(session) }
    let data = try Pair({ try control.server.data(over: $0, receives: false, byKernel: true) }, offer)
    #expect(try data.tell("bytes") == "bytes")
    #expect(data.client.ticket.isEmpty)
  }

  @Test func theBindingOutlivesNothing() throws {
    let session: OpaquePointer
    do { (_, session) = try control(.init()) }
    defer { SSL_SESSION_free(session) }
    let (another, own) = try control(.init())
    defer { SSL_SESSION_free(own) }
    #expect(try !data(another, .init(), session).server.isResumed)
  }
}
