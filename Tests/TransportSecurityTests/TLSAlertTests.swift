// Alerts in words.

import Testing

@testable import TransportSecurity

@Suite struct TLSAlertTests {
  @Test(arguments: [
    (40, "the server found nothing in common with us, or asks for a client certificate"),
    (42, "the server does not accept our certificate"), (43, "the server does not accept our certificate"),
    (44, "the server says that our certificate has been revoked"),
    (45, "the server says that our certificate has expired"),
    (46, "the server does not accept our certificate"), (48, "the server does not know who issued our certificate"),
    (70, "the server speaks no version of TLS that we accept"), (71, "the server asks for stronger ciphers"),
    (80, "the server ended the connection: internal error (alert 80)"),
    (112, "the server does not know the name it was asked for"), (116, "the server asks for a client certificate"),
    (120, "the server speaks none of the protocols offered (ALPN)"),
    (200, "the server ended the connection: unknown (alert 200)"),
  ]) func eachHasItsWords(_ number: Int, _ words: String) {
    #expect(TLSAlert(number: UInt8(number)).description == words)
  }

  @Test func someAreAboutTheClientsCertificate() {
    let numbers = (0...255).filter { TLSAlert(number: UInt8($0)).isAboutClientCertificate }
    #expect(numbers == [42, 43, 44, 45, 46, 48, 116])
  }
}
