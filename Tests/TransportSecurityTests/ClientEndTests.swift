// What a client thinks of a server's certificate, and in which words it says so.

import Testing

@testable import TransportSecurity

@Suite struct ClientEndTests {
  @Test(arguments: ["ftp.example.org", "127.0.0.1"]) func aGoodCertificateIsBelieved(_ name: String) throws {
    #expect(try TestServer().fault(name) == nil)
  }

  @Test func anAuthorityBelowTheRootIsFollowedUp() throws {
    let directory = try CertificateDirectory()
    let root = try TestIssuer()
    let middle = try TestIssuer("Middle", below: root)
    let files = try middle.issue("server", in: directory).files
    let server = try TestServer(options: { $0.certificates = [files] })
    let (top, below) = (try root.file("top.crt", in: directory), try middle.file("below.crt", in: directory))
    #expect(try server.fault { $0.authorities = .files([top]) } == nil)
    // An authority that was given is enough, though another has signed it.
    #expect(try server.fault { $0.authorities = .files([below]) } == nil)
  }

  // MARK: what is wrong

  @Test func anotherNameIsToldWithTheNamesItHas() throws {
    let error = try TestServer().fault("other.example.org")
    #expect(
      error?.description
        == "the certificate of other.example.org is refused: it is not for other.example.org but for ftp.example.org, 127.0.0.1"
    )
    #expect(
      try TestServer().fault("127.0.0.2")?.description
        == "the certificate of 127.0.0.2 is refused: it is not for 127.0.0.2 but for ftp.example.org, 127.0.0.1")
  }

  /// The common name does not count, nor does a pattern for part of a label.
  @Test func aCertificateWithoutNamesIsForNobody() throws {
    let error = try TestServer {
      $0.names = nil
      $0.commonName = "ftp.example.org"
    }.fault()
    #expect(
      error?.description
        == "the certificate of ftp.example.org is refused: it is not for ftp.example.org: it names no host")
    #expect(try TestServer { $0.names = "DNS:f*.example.org" }.fault() != nil)
    #expect(try TestServer { $0.names = "DNS:*.example.org" }.fault() == nil)
  }

  @Test func aCertificateThatHasExpiredIsToldWithItsDay() throws {
    let error = try TestServer {
      $0.from = "20190101000000Z"
      $0.until = "20200131120000Z"
    }.fault()
    #expect(error?.description == "the certificate of ftp.example.org is refused: it expired on 2020-01-31")
    #expect(error?.rejection?.problems == [.expired(at: 1_580_472_000, authority: nil)])
  }

  @Test func aCertificateOfTheFutureIsToldWithItsDay() throws {
    let error = try TestServer {
      $0.from = "20980704000000Z"
      $0.until = "20991231120000Z"
    }.fault()
    #expect(error?.description == "the certificate of ftp.example.org is refused: it is not valid before 2098-07-04")
  }

  @Test func anAuthorityThatHasExpiredIsNamed() throws {
    let directory = try CertificateDirectory()
    let root = try TestIssuer()
    let middle = try TestIssuer("Middle", below: root, until: "20200131120000Z")
    let files = try middle.issue("server", in: directory).files
    let server = try TestServer(options: { $0.certificates = [files] })
    let top = try root.file("top.crt", in: directory)
    #expect(
      try server.fault { $0.authorities = .files([top]) }?.description
        == "the certificate of ftp.example.org is refused: its authority /CN=Middle expired on 2020-01-31")
  }

  @Test func anUnknownAuthorityIsNamed() throws {
    let server = try TestServer()
    let stranger = try TestIssuer("Elsewhere").file("elsewhere.crt", in: server.directory)
    let error = try server.fault { $0.authorities = .files([stranger]) }
    #expect(error?.description == "the certificate of ftp.example.org is refused: its issuer /CN=Root is not trusted")
    // Nor does this host know it.
    #expect(try server.fault { $0.authorities = .system }?.description == error?.description)
  }

  @Test func aSelfSignedCertificateIsToldOf() throws {
    let server = try TestServer(options: { $0.certificates = [] })
    #expect(
      try server.fault("localhost")?.description == "the certificate of localhost is refused: it is self-signed")
    #expect(try server.fault("localhost")?.rejection?.problems == [.selfSigned])
  }

  @Test func allThatIsWrongIsTold() throws {
    let server = try TestServer {
      $0.from = "20190101000000Z"
      $0.until = "20200131120000Z"
    }
    let stranger = try TestIssuer("Elsewhere").file("elsewhere.crt", in: server.directory)
    let problems = try server.fault("other.example.org") { $0.authorities = .files([stranger]) }?.rejection?.problems
    #expect(
      Set(problems ?? []) == [
        .unknownIssuer("/CN=Root"), .expired(at: 1_580_472_000, authority: nil),
        .hostNameMismatch(wanted: "other.example.org", names: ["ftp.example.org", "127.0.0.1"]),
      ])
    #expect(problems?.count == 3)
  }

  @Test func aCertificateForClientsIsNotAServers() throws {
    #expect(
      try TestServer { $0.purpose = "clientAuth" }.fault()?.description
        == "the certificate of ftp.example.org is refused: it is not meant for servers")
  }

  @Test func aRevokedCertificateIsToldOf() throws {
    let server = try TestServer()
    let lists = try server.root.revocations("lists.crl", [server.serial], in: server.directory)
    let error = try server.fault { $0.revocations = lists }
    #expect(error?.description == "the certificate of ftp.example.org is refused: it has been revoked")
    let others = try server.root.revocations("others.crl", [server.serial + 1], in: server.directory)
    #expect(try server.fault { $0.revocations = others } == nil)
    let stranger = try TestIssuer("Elsewhere").revocations("elsewhere.crl", [], in: server.directory)
    #expect(
      try server.fault { $0.revocations = stranger }?.description
        == "the certificate of ftp.example.org is refused: no usable revocation list tells whether it has been revoked")
  }
}
