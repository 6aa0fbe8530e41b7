// Pins as text, and the key they stand for.

import COpenSSL
import Testing

@testable import TransportSecurity

@Suite struct PublicKeyPinTests {
  @Test func readsWhatItWrites() throws {
    let text = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    let pin = try #require(PublicKeyPin(text))
    #expect(pin.digest == (0..<32).map { UInt8($0) })
    #expect(pin.description == text)
    #expect(PublicKeyPin("sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=") == pin)
  }

  @Test func aDigestMayBeginWithASlash() throws {
    let text = "sha256//wECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    #expect(PublicKeyPin(text)?.digest.first == 0xFF)
    #expect(PublicKeyPin(text)?.description == text)
  }

  @Test(arguments: [
    "", "sha256/", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "sha1/AAECAwQFBgcICQoLDA0ODxAREhM=",
    "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=", "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    "sha256/ AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
    "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH===", "sha256/!AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
  ]) func refusesWhatIsNoPin(_ text: String) { #expect(PublicKeyPin(text) == nil) }

  /// The key counts, not the certificate it is in.
  @Test func aRenewedCertificateKeepsItsPin() throws {
    let own = try SelfSignedCertificate()
    let pin = try #require(PublicKeyPin(own.certificate))
    let renewed = try #require(X509_dup(own.certificate))
    defer { X509_free(renewed) }
    X509_gmtime_adj(X509_getm_notAfter(renewed), 1)
    #expect(X509_sign(renewed, own.key, EVP_sha256()) > 0)
    #expect(fingerprint(of: renewed) != fingerprint(of: own.certificate))
    #expect(PublicKeyPin(renewed) == pin)
    #expect(try PublicKeyPin(SelfSignedCertificate().certificate) != pin)
  }

  @Test(.enabled(if: TestAuthority.isAvailable, "needs /usr/bin/openssl")) func agreesWithTheRecipeEverybodyUses()
    throws
  {
    let authority = try TestAuthority()
    try authority.selfSigned("a")
    try authority.run(
      "openssl x509 -in a.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64 > pin"
    )
    let certificate = try #require(weft_certificate_read(authority.file("a.pem")))
    defer { X509_free(certificate) }
    let theirs = try CertificateFindings.contents(of: authority.file("pin"))
    #expect(PublicKeyPin(certificate)?.description == "sha256/" + String(decoding: theirs.dropLast(), as: UTF8.self))
  }
}
