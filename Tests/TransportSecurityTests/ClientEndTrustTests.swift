// What a client believes besides a certificate that is in order: pins, what a user has accepted, and data connections.

import Synchronization
import Testing

@testable import TransportSecurity

@Suite struct ClientEndTrustTests {
  private func pin(_ server: TestServer) throws -> PublicKeyPin {
    try #require(try server.connect().client.serverCertificate?.pin)
  }

  @Test func aPinOfTheServerOrOfItsAuthorityIsEnough() throws {
    let server = try TestServer()
    let (own, authority) = (try pin(server), try #require(PublicKeyPin(server.root.certificate)))
    #expect(own != authority)
    #expect(try server.fault { $0.pins = [own] } == nil)
    #expect(try server.fault { $0.pins = [authority] } == nil)
  }

  @Test func anotherKeyThanThePinnedOneIsRefused() throws {
    let (server, other) = (try TestServer(), try pin(TestServer()))
    let own = try pin(server)
    let error = try server.fault { $0.pins = [other] }
    #expect(
      error?.description == "the certificate of ftp.example.org is refused: its key \(own) is not a pinned one")
    #expect(error?.rejection?.problems == [.pinMismatch(own)])
    #expect(own.description.hasPrefix("sha256/"))
  }

  @Test func withPinsOnlyNothingElseIsLookedAt() throws {
    let server = try TestServer { $0.until = "20200131120000Z" }
    let stranger = try TestIssuer("Elsewhere").file("elsewhere.crt", in: server.directory)
    let own = try #require(try server.fault()?.rejection?.certificate.pin)
    let pair = try server.connect("other.example.org") {
      $0.authorities = .files([stranger])
      $0.trust = .pinsOnly
      $0.pins = [own]
    }
    #expect(pair.client.peerCertificate?.isVerified == true)
    let wrong = try pin(TestServer())
    #expect(
      try server.fault {
        $0.trust = .pinsOnly
        $0.pins = [wrong]
      }?.rejection?.problems == [.pinMismatch(own)])
  }

  /// Whoever is on the way can say that the pinned authority has signed his certificate.
  @Test func aPinnedAuthorityThatHasSignedNothingDoesNotCount() throws {
    let directory = try CertificateDirectory()
    let (good, evil) = (try TestIssuer("Good"), try TestIssuer("Good"))
    let files = try evil.issue("server", in: directory).files
    let known = try good.file("good.crt", in: directory)
    let server = try TestServer(options: { $0.certificates = [files] })
    let goodPin = try #require(PublicKeyPin(good.certificate))
    let own = try #require(try server.fault()?.rejection?.certificate.pin)
    func problems(_ trust: TLSClientOptions.Trust) throws -> [CertificateProblem]? {
      try server.fault {
        $0.authorities = .files([known])
        $0.pins = [goodPin]
        $0.trust = trust
      }?.rejection?.problems
    }
    #expect(try problems(.firstUse { _ in .accept }) == [.other("certificate signature failure"), .pinMismatch(own)])
    #expect(try problems(.pinsOnly) == [.pinMismatch(own)])
  }

  // MARK: first use

  /// What was asked, and how often.
  private final class Asked: Sendable {
    let servers = Mutex<[UntrustedServer]>([])
    func answer(_ answer: FirstUseAnswer) -> TLSClientOptions.Trust {
      .firstUse { server in
        self.servers.withLock { $0.append(server) }
        return answer
      }
    }
    var all: [UntrustedServer] { servers.withLock { $0 } }
  }

  @Test func anUnknownServerIsAskedAbout() throws {
    let server = try TestServer(options: { $0.certificates = [] })
    let asked = Asked()
    let pair = try server.connect("other.example.org") { $0.trust = asked.answer(.accept) }
    let question = try #require(asked.all.first)
    #expect(asked.all.count == 1)
    #expect(question.server.description == "other.example.org")
    #expect(question.certificate == pair.client.serverCertificate)
    #expect(
      Set(question.problems) == [
        .selfSigned, .hostNameMismatch(wanted: "other.example.org", names: ["localhost", "127.0.0.1", "::1"]),
      ])
    // Accepted is not vouched for.
    #expect(pair.client.peerCertificate?.isVerified == false)
    // Neither a data connection that resumes nor one that does not is asked about again.
    #expect(try pair.tell("230\r\n") == "230\r\n")
    #expect(try pair.data().client.isResumed)
    // Its ticket has not been read.
    let fresh = try server.connect("other.example.org") { $0.trust = asked.answer(.accept) }
    #expect(try !fresh.data().client.isResumed)
    #expect(asked.all.count == 2)
  }

  @Test func theAnswerMayBeNo() throws {
    let server = try TestServer(options: { $0.certificates = [] })
    let no = try server.fault("localhost") { $0.trust = .firstUse { _ in .refuse } }
    #expect(no?.description == "the certificate of localhost is refused: it is self-signed")
    let known = try pin(TestServer())
    let changed = try server.fault("localhost") { $0.trust = .firstUse { _ in .refuseChangedKey(known: known) } }
    #expect(
      changed?.description
        == "the certificate of localhost is refused: its key has changed: the known one is \(known); it is self-signed")
  }

  @Test func whatIsNotForUsersToDecideIsNotAsked() throws {
    let server = try TestServer()
    let asked = Asked()
    #expect(try server.fault { $0.trust = asked.answer(.accept) } == nil)
    let lists = try server.root.revocations("lists.crl", [server.serial], in: server.directory)
    #expect(
      try server.fault {
        $0.trust = asked.answer(.accept)
        $0.revocations = lists
      } != nil)
    #expect(asked.all.isEmpty)
  }

  @Test func withoutVerificationAnybodyIsBelieved() throws {
    let server = try TestServer(options: { $0.certificates = [] })
    let pair = try server.connect("other.example.org") { $0.trust = .insecureAcceptAnyCertificate }
    #expect(pair.client.peerCertificate?.isVerified == false)
    #expect(try !pair.data().client.isResumed)
    #expect(try pair.tell("230\r\n") == "230\r\n")
    #expect(try pair.data().client.isResumed)
  }

  // MARK: data connections

  /// Whoever reaches the client's data connection first must not be taken for the server, though an authority vouches for him.
  @Test func aDataConnectionShowsTheCertificateOfItsControlConnection() throws {
    let server = try TestServer()
    let control = try server.connect()
    let other = try server.root.issue("other", in: server.directory).files
    var options = TLSOptions()
    options.certificates = [other]
    let context = try TestServer.context(options)
    let elsewhere = try Pair({ try context.control(over: $0) }).server
    do {
      _ = try control.data(from: elsewhere)
      Issue.record("another server's data connection was taken")
    } catch let error as TLSError {
      #expect(
        error.description
          == "the certificate of ftp.example.org is refused: it is not the certificate of the control connection")
      #expect(error.rejection?.problems == [.differsFromControl])
    }
  }

  @Test func aDataConnectionThatDoesNotResumeIsTakenWithTheSameCertificate() throws {
    let server = try TestServer()
    let control = try server.connect()
    let elsewhere = try Pair({ try server.context.control(over: $0) }).server
    let data = try control.data(from: elsewhere)
    #expect(!data.client.isResumed)
    #expect(try data.tell("bytes") == "bytes")
  }
}
