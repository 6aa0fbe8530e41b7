// HTTPURL: which addresses of web services are taken, and what goes into the request.

import Testing

@testable import HTTPClient

@Suite struct HTTPURLTests {
  @Test func parts() throws {
    let url = try #require(HTTPURL("https://Auth.example.org/login?from=ftp"))
    #expect(url.isSecure && url.port == 443 && url.target == "/login?from=ftp" && url.authority == "auth.example.org")
    #expect(HTTPURL("https://auth.example.org:8443")?.authority == "auth.example.org:8443")
    #expect(HTTPURL("https://auth.example.org")?.target == "/")
    #expect(HTTPURL("https://[2001:db8::1]:8443/x")?.authority == "[2001:db8::1]:8443")
    #expect(HTTPURL("https://host?x")?.target == "/?x")
  }

  @Test func clearTextStaysOnThisHost() {
    #expect(HTTPURL("http://127.0.0.1:8080/x")?.isSecure == false)
    #expect(HTTPURL("http://[::1]/x") != nil)
    for text in ["http://auth.example.org/", "http://192.0.2.1/", "http://localhost/", "http://127.0.0.1.example.org/"]
    {
      #expect(HTTPURL(text) == nil, "\(text)")
    }
  }

  @Test(arguments: [
    "", "https://", "ftp://host/", "https://user:secret@host/", "https://host:0/", "https://host:99999/",
    "https://host:x/", "https://ho st/", "https://host/#part", "https://host/\r\nX: y", "https://2001:db8::1/",
    "HTTPS://host/", "https://.example.org/",
  ])
  func others(_ text: String) { #expect(HTTPURL(text) == nil) }
}
