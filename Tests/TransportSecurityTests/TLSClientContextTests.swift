// A client's options: what cannot be used is told with its name.

import Testing

@testable import TransportSecurity

@Suite struct TLSClientContextTests {
  private let directory: CertificateDirectory

  init() throws { directory = try CertificateDirectory() }

  private func fault(_ change: (inout TLSClientOptions) -> Void) -> String? {
    var options = TLSClientOptions()
    change(&options)
    do throws(TLSConfigurationError) {
      _ = try TLSClientContext(options)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func takesWhatIsUsable() throws {
    let files = try directory.make("own")
    #expect(fault { _ in } == nil)
    #expect(
      fault {
        $0.certificate = files
        $0.authorities = .files([files.certificate])
      } == nil)
  }

  @Test func tellsWhichFileIsWrong() throws {
    let text = directory.write("text", "hello\n")
    #expect(
      fault { $0.authorities = .files(["/nonexistent"]) }
        == "authorities: \"/nonexistent\" cannot be read: No such file or directory")
    #expect(
      fault { $0.authorities = .files([text]) }?.hasPrefix("authorities: \"\(text)\" has no usable certificate: ")
        == true)
    #expect(
      fault { $0.revocations = "/nonexistent" }
        == "revocations: \"/nonexistent\" cannot be read: No such file or directory")
    #expect(
      fault { $0.revocations = text }?.hasPrefix("revocations: \"\(text)\" has no usable revocation list: ") == true)
  }

  @Test func tellsWhatIsWrongWithItsOwnCertificate() throws {
    var files = try directory.make("own", passphrase: "horse")
    let key = files.key ?? ""
    #expect(
      fault { $0.certificate = files }
        == "key: \"\(key)\" is encrypted: put its passphrase in a file and name it in key-passphrase-file")
    files.passphraseFile = directory.write("wrong", "cart\n")
    #expect(
      fault { $0.certificate = files }?.hasPrefix("key: \"\(key)\" cannot be decrypted with key-passphrase-file: ")
        == true)
    files.passphraseFile = directory.write("right", "horse\n")
    #expect(fault { $0.certificate = files } == nil)
    files.passphraseFile = "/nonexistent"
    #expect(
      fault { $0.certificate = files }
        == "key-passphrase-file: \"/nonexistent\" cannot be read: No such file or directory")
    let other = try directory.make("other")
    #expect(
      fault {
        $0.certificate = CertificateFiles(
          certificate: other.certificate, key: key, passphraseFile: directory.file("right"))
      }
        == "key: \"\(key)\" is not the key of the certificate \"\(other.certificate)\"")
    #expect(
      fault { $0.certificate = CertificateFiles(certificate: "/nonexistent") }
        == "certificate: \"/nonexistent\" cannot be read: No such file or directory")
  }

  /// A user relies on a pin: one that would not be looked at is refused.
  @Test func pinsAndTrustHaveToAgree() throws {
    let pin = try #require(PublicKeyPin("sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="))
    #expect(fault { $0.trust = .pinsOnly } == "pins: trust by pins only needs at least one pin")
    #expect(
      fault {
        $0.trust = .insecureAcceptAnyCertificate
        $0.pins = [pin]
      } == "pins: have no effect where any certificate is accepted")
  }
}
