// Contexts from files: keys beside or in the certificate, encrypted, wrong; hosts by name; clients' certificates.

import COpenSSL
import Testing

@testable import TransportSecurity

@Suite struct TLSContextTests {
  private let directory: CertificateDirectory

  init() throws { directory = try CertificateDirectory() }

  private func context(_ change: (inout TLSOptions) -> Void) throws(TLSConfigurationError) -> TLSContext {
    var options = TLSOptions()
    change(&options)
    return try TLSContext(options) { () throws(OpenSSLError) in try SelfSignedCertificate() }
  }

  private func fault(_ change: (inout TLSOptions) -> Void) -> TLSConfigurationError? {
    do throws(TLSConfigurationError) {
      _ = try context(change)
      return nil
    } catch {
      return error
    }
  }

  @Test func readsACertificateAndItsKey() throws {
    let files = try directory.make("a")
    let context = try context { $0.certificates = [files] }
    #expect(context.fingerprints.count == 1)
    #expect(context.fingerprints.first?.utf8.count == 95)
    let pair = try Pair({ try context.control(over: $0) })
    #expect(try pair.tell("220\r\n") == "220\r\n")
  }

  @Test func decryptsAKeyWithThePassphraseOfAFile() throws {
    var files = try directory.make("a", passphrase: "horse")
    #expect(fault { $0.certificates = [files] }?.reason.contains("is encrypted") == true)
    files.passphraseFile = directory.write("wrong", "cart\n")
    #expect(fault { $0.certificates = [files] }?.setting == "tls.key")
    files.passphraseFile = directory.write("right", "horse\nmore\n")
    #expect(fault { $0.certificates = [files] } == nil)
  }

  @Test func tellsWhatIsWrong() throws {
    let (one, other) = (try directory.make("a"), try directory.make("b"))
    let mixed = CertificateFiles(certificate: one.certificate, key: other.key)
    #expect(fault { $0.certificates = [mixed] }?.reason.contains("is not the key of") == true)
    let absent = CertificateFiles(certificate: "/nonexistent", key: one.key)
    #expect(fault { $0.certificates = [absent] }?.description.contains("No such file") == true)
    let text = CertificateFiles(certificate: directory.write("text", "hello\n"), key: one.key)
    #expect(fault { $0.certificates = [text] }?.setting == "tls.certificate")
    #expect(fault { $0.clientVerification = .required }?.setting == "tls.client-verify")
  }

  @Test func theNameAClientAsksForChoosesTheCertificate() throws {
    let (standard, hosted) = (try directory.make("a"), try directory.make("b"))
    let context = try context {
      $0.certificates = [standard]
      $0.hosts = ["ftp.example.org": [hosted]]
    }
    let host = try self.context { $0.certificates = [hosted] }
    for (name, wanted) in [("FTP.example.org", host), ("other.example.org", context), (nil, context)] {
      let pair = try Pair({ try context.control(over: $0) }, .init(name: name))
      #expect(pair.serverFingerprint == wanted.fingerprints.first)
      // The data connection shows the same certificate, whatever name it asks for.
      let data = try Pair(
        { try pair.server.data(over: $0, receives: false, byKernel: true) }, .init(maximum: TLS1_2_VERSION))
      #expect(data.serverFingerprint == wanted.fingerprints.first)
    }
  }

  @Test func theHostNamedBeforeTheHandshakeChoosesForThoseWhoNameNoneThere() throws {
    let (standard, hosted) = (try directory.make("a"), try directory.make("b"))
    let context = try context {
      $0.certificates = [standard]
      $0.hosts = ["ftp.example.org": [hosted]]
    }
    let host = try self.context { $0.certificates = [hosted] }
    for name in [nil, "ftp.Example.org"] {
      let pair = try Pair({ try context.control(over: $0, namedHost: "ftp.example.org") }, .init(name: name))
      #expect(pair.serverFingerprint == host.fingerprints.first)
      #expect(pair.server.serverName == name?.lowercased())
    }
    let without = try Pair({ try context.control(over: $0, namedHost: "bare.example.org") })
    #expect(without.serverFingerprint == context.fingerprints.first)
    // The name in the handshake goes before; the session then finds that the two differ.
    for name in ["other.example.org", "example.org"] {
      let pair = try Pair({ try context.control(over: $0, namedHost: "ftp.example.org") }, .init(name: name))
      #expect(pair.serverFingerprint == context.fingerprints.first)
    }
  }

  @Test func aClientsCertificateIsToldWithItsVerdict() throws {
    let (trusted, stranger) = (try directory.make("a"), try directory.make("b"))
    let context = try context {
      $0.clientVerification = .optional
      $0.clientAuthority = trusted.certificate
    }
    let known = try Pair({ try context.control(over: $0) }, .init(certificate: trusted))
    #expect(known.server.peerCertificate?.commonName == "weftpd (self-signed)")
    #expect(known.server.peerCertificate?.alternativeNames.contains("localhost") == true)
    let unknown = try Pair({ try context.control(over: $0) }, .init(certificate: stranger))
    #expect(unknown.server.peerCertificate?.isVerified == false)
    let silent = try Pair({ try context.control(over: $0) })
    #expect(silent.server.peerCertificate == nil)
  }

  @Test func arequiredCertificateMustBeThere() throws {
    let trusted = try directory.make("a")
    let context = try context {
      $0.clientVerification = .required
      $0.clientAuthority = trusted.certificate
    }
    // TLS 1.2: the client learns of it within the handshake.
    #expect(throws: (any Error).self) {
      try Pair({ try context.control(over: $0) }, .init(maximum: TLS1_2_VERSION))
    }
  }
}

extension Pair {
  /// The fingerprint of the certificate the server has shown.
  var serverFingerprint: String? {
    guard let certificate = SSL_get1_peer_certificate(client.ssl) else { return nil }
    defer { X509_free(certificate) }
    return fingerprint(of: certificate)
  }
}
