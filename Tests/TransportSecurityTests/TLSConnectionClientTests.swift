// The client's end of a connection: bytes both ways, the end with and without close_notify, SNI, ALPN, what the server refuses.

import COpenSSL
import Glibc
import LinuxSystem
import Testing

@testable import TransportSecurity

@Suite struct TLSConnectionClientTests {
  static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

  @Test(arguments: versions) func movesBytesBothWays(_ version: Int32) throws {
    let pair = try TestServer().connect(maximum: version)
    #expect(try pair.tell("220 ready\r\n") == "220 ready\r\n")
    #expect(try pair.say("NOOP\r\n") == "NOOP\r\n")
    #expect(try pair.client.step() == .wants(.readable))
    #expect(pair.client.summary == pair.server.summary)
    #expect(pair.client.summary.hasPrefix(version == TLS1_2_VERSION ? "TLSv1.2 " : "TLSv1.3 "))
    #expect(!pair.client.isResumed)
  }

  /// As much as the sockets take at a time, and each record as it comes. There is no kernel TLS on these sockets: it is not needed.
  @Test(arguments: [true, false]) func movesAFile(_ upload: Bool) throws {
    let control = try TestServer().connect()
    let data = try control.data(receives: !upload, byKernel: true)
    let (sender, receiver) = upload ? (data.client, data.server) : (data.server, data.client)
    #expect(!sender.sendsByKernel)
    let file = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 100_000)
    var sent = 0
    while received.count < file.count {
      if sent < file.count, case .moved(let count) = try file[sent...].withUnsafeBytes({ try sender.write($0) }) {
        sent += count
      }
      if case .moved(let count) = try buffer.withUnsafeMutableBytes({ try receiver.read(into: $0) }) {
        received += buffer[..<count]
      }
    }
    #expect(received == file)
  }

  @Test(arguments: versions) func closeNotifyGoesBothWays(_ version: Int32) throws {
    let control = try TestServer().connect(maximum: version)
    let data = try control.data(receives: false)
    #expect(try data.say("the end of the file") == "the end of the file")
    #expect(try data.client.close() == .done)
    // The client has said its last, and still hears the server's.
    #expect(try data.client.step() == .wants(.readable))
    #expect(data.client.peerEnd == .open)
    #expect(try data.server.step() == .ended)
    #expect(data.server.peerEnd == .closed)
    #expect(try data.server.close() == .done)
    #expect(try data.client.step() == .ended)
    #expect(data.client.peerEnd == .closed)
  }

  @Test(arguments: versions) func aMissingCloseNotifyIsSeen(_ version: Int32) throws {
    let pair = try TestServer().connect(maximum: version)
    #expect(try pair.tell("150\r\n") == "150\r\n")
    shutdown(pair.sockets.server, Int32(SHUT_WR))
    #expect(try pair.client.step() == .ended)
    #expect(pair.client.peerEnd == .missingClose)
  }

  @Test func theNameGoesIntoTheHandshakeButAnAddressDoesNot() throws {
    let server = try TestServer()
    #expect(try server.connect("FTP.example.org.").server.serverName == "ftp.example.org")
    #expect(try server.connect("127.0.0.1").server.serverName == nil)
  }

  @Test func tellsOfTheServersCertificate() throws {
    let server = try TestServer { $0.until = "20991231235959Z" }
    let pair = try server.connect()
    let certificate = try #require(pair.client.serverCertificate)
    #expect(certificate.subject == "/CN=server")
    #expect(certificate.issuer == "/CN=Root")
    #expect(certificate.names == ["ftp.example.org", "127.0.0.1"])
    #expect(certificate.validUntil == 4_102_444_799)
    #expect(certificate.fingerprint == server.context.fingerprints.first)
    #expect(pair.client.peerCertificate?.isVerified == true)
    #expect(pair.server.serverCertificate == nil)
  }

  // MARK: ALPN

  @Test func offersFTPOnTheControlConnectionAndItsDataOnTheOther() throws {
    let control = try TestServer().connect()
    #expect(control.client.applicationProtocol == .ftp)
    let data = try control.data()
    #expect(data.server.applicationProtocol == .ftpData)
    #expect(data.client.applicationProtocol == .ftpData)
  }

  @Test func offersNothingWhereNothingIsWanted() throws {
    let control = try TestServer().connect { $0.protocols = [] }
    #expect(control.client.applicationProtocol == nil)
    #expect(try control.data().client.applicationProtocol == nil)
  }

  @Test func aServerThatSpeaksNoneOfTheProtocolsRefuses() throws {
    let error = try TestServer().fault { $0.protocols = [.ftpData] }
    #expect(error == .refused(TLSAlert(number: 120)))
    #expect(error?.description == "the server speaks none of the protocols offered (ALPN)")
  }

  // MARK: what a server refuses

  @Test func theOldestVersionIsAnOption() throws {
    let server = try TestServer(options: { $0.minimum = .tls13 })
    let error = try server.fault(maximum: TLS1_2_VERSION)
    #expect(error == .refused(TLSAlert(number: 70)))
    #expect(error?.description == "the server speaks no version of TLS that we accept")
    let client = try server.client { $0.minimum = .tls13 }
    let name = try #require(TLSServerName("ftp.example.org"))
    #expect(throws: TLSError.self) {
      try ClientPair(
        { try server.context.control(over: $0) }, { try client.control(over: $0, server: name) },
        maximum: TLS1_2_VERSION)
    }
  }

  @Test(arguments: versions) func showsItsCertificateToAServerThatAsks(_ version: Int32) throws {
    let (server, own) = try serverThatAsks()
    let pair = try server.connect(maximum: version) { $0.certificate = own }
    #expect(try pair.tell("230\r\n") == "230\r\n")
    #expect(pair.server.peerCertificate?.commonName == "alice")
    #expect(pair.server.peerCertificate?.isVerified == true)
    // The data connection resumes, and the server knows whose it is.
    #expect(try pair.data().server.peerCertificate?.commonName == "alice")
  }

  /// TLS 1.2 tells of it in the handshake, TLS 1.3 after it.
  @Test func tellsThatTheServerWantsACertificate() throws {
    let (server, _) = try serverThatAsks()
    let older = try server.fault(maximum: TLS1_2_VERSION)
    #expect(older == .refused(TLSAlert(number: 40)))
    #expect(older?.description == "the server found nothing in common with us, or asks for a client certificate")
    let newer = try firstRead(server) { _ in }
    #expect(newer == .refused(TLSAlert(number: 116)))
    #expect(newer?.description == "the server asks for a client certificate")
    guard case .refused(let alert)? = newer else { return }
    #expect(alert.isAboutClientCertificate)
  }

  @Test func tellsThatTheServerDoesNotKnowTheIssuer() throws {
    let (server, _) = try serverThatAsks()
    let stranger = try TestIssuer("Elsewhere").issue("mallory", in: server.directory) { $0.purpose = "clientAuth" }
      .files
    let error = try firstRead(server) { $0.certificate = stranger }
    #expect(error == .refused(TLSAlert(number: 48)))
    #expect(error?.description == "the server does not know who issued our certificate")
  }

  @Test func somethingElseThanTLSIsToldApart() throws {
    let server = try TestServer()
    let sockets = SocketPair()
    let name = try #require(TLSServerName("ftp.example.org"))
    let client = try server.client().control(over: sockets.client, server: name)
    _ = "220 ready\r\n".withCString { write(sockets.server, $0, 11) }
    do throws(TLSError) {
      while true { _ = try client.handshake() }
    } catch {
      #expect(error.isForeign)
    }
  }

  @Test func aServerThatGoesAwayIsToldOf() throws {
    let sockets = SocketPair()
    let name = try #require(TLSServerName("ftp.example.org"))
    let client = try TestServer().client().control(over: sockets.client, server: name)
    shutdown(sockets.server, Int32(SHUT_WR))
    do throws(TLSError) {
      while true { _ = try client.handshake() }
    } catch {
      #expect(error == .ended)
      #expect(error.description == "the peer closed the connection")
    }
  }

  private func serverThatAsks() throws -> (TestServer, CertificateFiles) {
    let directory = try CertificateDirectory()
    let root = try TestIssuer("Users")
    let authority = try root.file("users.crt", in: directory)
    let server = try TestServer(options: {
      $0.clientVerification = .required
      $0.clientAuthority = authority
    })
    let own = try root.issue("alice", in: server.directory) {
      $0.purpose = "clientAuth"
      $0.commonName = "alice"
    }
    return (server, own.files)
  }

  /// What the client's first read throws, when the server ends the handshake that is done for the client.
  private func firstRead(_ server: TestServer, _ change: (inout TLSClientOptions) -> Void) throws -> TLSError? {
    let sockets = SocketPair()
    let name = try #require(TLSServerName("ftp.example.org"))
    let serverEnd = try server.context.control(over: sockets.server)
    let client = try server.client(change).control(over: sockets.client, server: name)
    while try client.handshake() != .done { _ = try serverEnd.handshake() }
    #expect(throws: TLSError.self) { try serverEnd.handshake() }
    do {
      _ = try client.step()
      return nil
    } catch let error as TLSError { return error }
  }
}
