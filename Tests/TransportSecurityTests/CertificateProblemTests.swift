// What is wrong with a certificate, in words, and what a user may be asked about.

import COpenSSL
import Testing

@testable import TransportSecurity

@Suite struct CertificateProblemTests {
  @Test(arguments: [
    (CertificateProblem.expired(at: 0, authority: nil), "it expired on 1970-01-01"),
    (.expired(at: 4_102_444_799, authority: "/CN=A"), "its authority /CN=A expired on 2099-12-31"),
    (.notYetValid(until: 86_400, authority: nil), "it is not valid before 1970-01-02"),
    (.notYetValid(until: 86_400, authority: "/CN=A"), "its authority /CN=A is not valid before 1970-01-02"),
    (.hostNameMismatch(wanted: "a", names: []), "it is not for a: it names no host"),
    (.hostNameMismatch(wanted: "a", names: ["b", "::1"]), "it is not for a but for b, ::1"),
    (.unknownIssuer("/CN=A"), "its issuer /CN=A is not trusted"), (.selfSigned, "it is self-signed"),
    (.pinMismatch(nil), "its key (unreadable) is not a pinned one"),
    (.differsFromControl, "it is not the certificate of the control connection"),
    (.revoked(authority: nil), "it has been revoked"),
    (.revoked(authority: "/CN=A"), "its authority /CN=A has been revoked"),
    (.revocationUnknown, "no usable revocation list tells whether it has been revoked"),
    (.wrongPurpose, "it is not meant for servers"), (.weak, "its key or signature is too weak"), (.other("odd"), "odd"),
  ]) func eachHasItsWords(_ problem: CertificateProblem, _ words: String) { #expect(problem.description == words) }

  @Test func aDateBeyondAllCalendarsIsNoTrap() {
    #expect(CertificateProblem.expired(at: .max, authority: nil).description == "it expired on an unreadable date")
  }

  @Test func whatOpenSSLFindsHasItsCase() throws {
    let own = try SelfSignedCertificate()
    let certificate = ServerCertificate(own.certificate)
    let wanted = try #require(TLSServerName("ftp.example.org"))
    func problem(_ code: Int32, depth: Int32 = 0) -> CertificateProblem {
      CertificateProblem(code, certificate, depth: depth, wanted: wanted)
    }
    #expect(problem(X509_V_ERR_CERT_UNTRUSTED) == .unknownIssuer("/CN=weftpd (self-signed)"))
    #expect(problem(X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, depth: 1) == .unknownIssuer("/CN=weftpd (self-signed)"))
    #expect(problem(X509_V_ERR_CERT_REVOKED, depth: 1) == .revoked(authority: "/CN=weftpd (self-signed)"))
    #expect(problem(X509_V_ERR_EE_KEY_TOO_SMALL) == .weak)
    #expect(problem(X509_V_ERR_CRL_HAS_EXPIRED) == .revocationUnknown)
    #expect(problem(X509_V_ERR_PATH_LENGTH_EXCEEDED) == .other("path length constraint exceeded"))
  }
}
