// Origins, hosts and cookies.

import HTTPTypes
import Hummingbird
import LinuxSystem
import NIOCore
import Testing

@testable import ConsoleServer

struct GuardTests {
  private let gate = Guard(SocketAddress("127.0.0.1:8021"), ["https://Console.example.net"])

  private func request(
    _ method: HTTPRequest.Method = .get, _ path: String = "/api/me", host: String = "127.0.0.1:8021",
    _ fields: HTTPFields = [:]
  ) -> Request {
    Request(
      head: HTTPRequest(method: method, scheme: "http", authority: host, path: path, headerFields: fields),
      body: .init(buffer: ByteBuffer()))
  }

  @Test(arguments: ["127.0.0.1:8021", "localhost:8021", "LOCALHOST:8021", "console.example.net"])
  func itsOwnNames(_ host: String) { #expect(gate.objection(to: request(host: host)) == nil) }

  @Test(arguments: [
    "", "127.0.0.1", "localhost", "evil.example:8021", "console.example.net:8021", "console.example.net.",
  ])
  func otherNames(_ host: String) { #expect(gate.objection(to: request(host: host))?.status.code == 421) }

  @Test func changesNeedAnOriginOrTheBrowsersWord() {
    #expect(gate.objection(to: request(.post))?.status == .forbidden)
    #expect(gate.objection(to: request(.post, "/api/login", [.origin: "http://127.0.0.1:8021"])) == nil)
    #expect(gate.objection(to: request(.put, "/api/files/x", [.fetchSite: "same-origin"])) == nil)
    for site in ["cross-site", "same-site", "none"] {
      #expect(gate.objection(to: request(.post, "/x", [.fetchSite: site]))?.status == .forbidden, "\(site)")
    }
    let lie: HTTPFields = [.fetchSite: "same-origin", .origin: "http://evil.example"]
    #expect(gate.objection(to: request(.post, "/x", lie))?.status == .forbidden)
  }

  @Test func aLinkFromElsewhereLeadsToThePageOnly() {
    #expect(gate.objection(to: request(.get, "/", [.fetchSite: "cross-site"])) == nil)
    #expect(gate.objection(to: request(.get, "/api/files/x", [.fetchSite: "cross-site"]))?.status == .forbidden)
    #expect(gate.objection(to: request(.get, "/api/files/x", [.fetchSite: "none"])) == nil)
  }

  @Test func theCookieIsBoundToTheHostOverHTTPS() {
    let secure = request(host: "console.example.net")
    #expect(gate.setCookie("v", secure) == "__Host-weft=v; Path=/; HttpOnly; SameSite=Strict; Secure")
    #expect(gate.setCookie("", request()) == "weft-8021=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
    #expect(gate.cookie(request(.get, "/", [.cookie: "a=b; weft-8021=secret; weft-80=other"])) == "secret")
    #expect(gate.cookie(request(.get, "/", [.cookie: "weft-80=other"])) == nil)
  }
}
