// The otpauth URI, and that odd names stay one name in it.

import Testing

@testable import weftpd

@Suite struct KeyURITests {
  @Test func theUsualOne() {
    let key = KeyURI(user: Array("alice".utf8), issuer: "weftpd", secret: "JBSWY3DP")
    #expect(
      key.text == "otpauth://totp/weftpd:alice?secret=JBSWY3DP&issuer=weftpd&algorithm=SHA1&digits=6&period=30")
  }

  @Test func oddNamesAreEncoded() {
    let key = KeyURI(user: Array("ä b?&/:\n".utf8) + [0xFF], issuer: "My FTP & more", secret: "A")
    #expect(
      key.text.hasPrefix("otpauth://totp/My%20FTP%20%26%20more:%C3%A4%20b%3F%26%2F%3A%0A%FF?secret=A&issuer=My%20"))
  }
}
