// What `weftpd check` says about certificates and keys that are right, wrong, old, open to everybody, or out of order.

import Testing

@testable import TransportSecurity

@Suite(.enabled(if: TestAuthority.isAvailable, "openssl is not installed"))
struct CertificateFindingsTests {
  private let authority: TestAuthority

  init() throws { authority = try TestAuthority() }

  private func examine(
    _ certificate: String, _ key: String, passphrase: String = "", names: [String] = [], days: Int64 = 0
  ) -> [CertificateFinding] {
    CertificateFindings.examine(
      certificate: authority.file(certificate), key: authority.file(key), passphrase: Array(passphrase.utf8),
      names: names,
      at: authority.now + days * 86_400)
  }

  /// Requires exactly one finding that is more than a notice, of that severity, with these words.
  private func expectOne(
    _ findings: [CertificateFinding], _ severity: CertificateFinding.Severity, _ words: String...,
    at location: SourceLocation = #_sourceLocation
  ) {
    let grave = findings.filter { $0.severity != .notice }
    #expect(grave.count == 1, "\(findings)", sourceLocation: location)
    #expect(grave.first?.severity == severity, "\(findings)", sourceLocation: location)
    for word in words {
      #expect(grave.first?.text.contains(word) == true, "\(word) in \(findings)", sourceLocation: location)
    }
  }

  @Test func aGoodSelfSignedOneIsANotice() throws {
    try authority.selfSigned("good")
    let findings = examine("good.pem", "good.key", names: ["ftp.example.org"])
    #expect(findings.map(\.severity) == [.notice])
    #expect(findings.first?.text.contains("self-signed") == true)
  }

  @Test func keyAndCertificateInOneFile() throws {
    try authority.selfSigned("good")
    try authority.join(["good.pem", "good.key"], as: "both.pem")
    try authority.run("chmod 600 both.pem")
    #expect(examine("both.pem", "both.pem").map(\.severity) == [.notice])
  }

  @Test func dates() throws {
    try authority.selfSigned("good", days: 90)
    expectOne(examine("good.pem", "good.key", days: 70), .warning, "expires in", "renew")
    expectOne(examine("good.pem", "good.key", days: 100), .error, "expired", "days ago", "renew")
    expectOne(examine("good.pem", "good.key", days: -5), .error, "is valid only in", "clock")
  }

  @Test func anotherKey() throws {
    try authority.selfSigned("one")
    try authority.selfSigned("two")
    expectOne(examine("one.pem", "two.key"), .error, "two.key does not belong")
  }

  @Test(arguments: ["604", "644", "602", "666"]) func keyForEverybody(_ mode: String) throws {
    try authority.selfSigned("good")
    try authority.run("chmod \(mode) good.key")
    expectOne(examine("good.pem", "good.key"), .error, "good.key", "everybody", "chmod 600")
  }

  @Test func keyOfAGroup() throws {
    try authority.selfSigned("good")
    try authority.run("chmod 640 good.key")
    #expect(examine("good.pem", "good.key").map(\.severity) == [.notice])
    try authority.run("chmod 660 good.key")
    expectOne(examine("good.pem", "good.key"), .warning, "written by its group")
  }

  @Test func weakKeysAndSignatures() throws {
    try authority.selfSigned("short", key: "rsa:1024")
    expectOne(examine("short.pem", "short.key"), .error, "1024 bits", "2048")
    try authority.selfSigned("curve", key: "ec -pkeyopt ec_paramgen_curve:secp224r1")
    expectOne(examine("curve.pem", "curve.key"), .error, "224 bits", "P-256")
  }

  @Test func names() throws {
    try authority.selfSigned("bare", names: nil)
    expectOne(examine("bare.pem", "bare.key"), .warning, "subject alternative name")
    try authority.selfSigned("good")
    expectOne(examine("good.pem", "good.key", names: ["ftp.example.org", "other.example"]), .warning, "other.example")
    try authority.selfSigned("star", names: "DNS:*.example.org")
    #expect(examine("star.pem", "star.key", names: ["ftp.example.org"]).map(\.severity) == [.notice])
  }

  @Test func aCertificateForClients() throws {
    try authority.selfSigned("client", more: "-addext extendedKeyUsage=clientAuth")
    expectOne(examine("client.pem", "client.key"), .error, "serverAuth")
  }

  @Test func chains() throws {
    try authority.chain()
    try authority.join(["leaf.pem", "middle.pem"], as: "chain.pem")
    expectOne(examine("chain.pem", "leaf.key"), .warning, "append the certificate", "CN=root", "private authority")
    expectOne(examine("leaf.pem", "leaf.key"), .warning, "append the certificate", "CN=middle")
    try authority.join(["leaf.pem", "middle.pem", "root.pem"], as: "full.pem")
    let findings = examine("full.pem", "leaf.key", names: ["ftp.example.org"])
    #expect(findings.map(\.severity) == [.notice])
    #expect(findings.first?.text.contains("clients have to") == true)
  }

  @Test func chainsOutOfOrder() throws {
    try authority.chain()
    try authority.join(["leaf.pem", "root.pem", "middle.pem"], as: "swapped.pem")
    expectOne(
      examine("swapped.pem", "leaf.key"), .error, "certificate 2", "certificate 1", "put the server's own first")
    try authority.join(["middle.pem", "leaf.pem"], as: "upside.pem")
    let texts = examine("upside.pem", "leaf.key").map(\.text)
    #expect(texts.contains { $0.contains("belongs to certificate 2") })
  }

  @Test func encryptedKeys() throws {
    try authority.selfSigned("good")
    try authority.run("openssl pkey -in good.key -aes256 -passout pass:sesame -out locked.key && chmod 600 locked.key")
    #expect(examine("good.pem", "locked.key", passphrase: "sesame").map(\.severity) == [.notice])
    expectOne(examine("good.pem", "locked.key"), .error, "encrypted", "passphrase")
    expectOne(examine("good.pem", "locked.key", passphrase: "wrong"), .error, "encrypted")
  }

  @Test func filesThatAreNone() throws {
    try authority.selfSigned("good")
    try authority.run("echo nonsense > nonsense; chmod 600 nonsense; mkfifo fifo; chmod 600 fifo")
    expectOne(examine("absent.pem", "good.key"), .error, "absent.pem cannot be read")
    expectOne(examine("good.pem", "absent.key"), .error, "absent.key cannot be read")
    expectOne(examine("nonsense", "good.key"), .error, "holds no certificate")
    expectOne(examine("good.pem", "nonsense"), .error, "holds no private key")
    expectOne(examine("good.pem", "good.pem"), .error, "holds no private key")
    #expect(examine("fifo", "good.key").contains { $0.severity == .error })
  }

  @Test func whatACertificateSays() throws {
    try authority.chain()
    let leaf = try #require(
      PEMCertificate.all(in: try CertificateFindings.contents(of: authority.file("leaf.pem"))).first)
    #expect(leaf.commonNames == [Array("leaf".utf8)])
    #expect(leaf.alternativeNames == [.dns(Array("ftp.example.org".utf8)), .email(Array("alice@example.org".utf8))])
    #expect(leaf.fingerprint.count == 32)
    #expect(leaf.issuer == "/CN=middle")
    #expect(!leaf.isSelfSigned)
  }
}
