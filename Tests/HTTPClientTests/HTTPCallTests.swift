// HTTPCall against servers that answer well, badly, slowly, or under TLS.

import Glibc
import LinuxSystem
import TestSupport
import Testing
import TransportSecurity

@testable import HTTPClient

@Suite(.onThreads) struct HTTPCallTests {
  private static func call(_ listener: Listener, token: String? = nil) throws -> HTTPCall {
    let url = try #require(HTTPURL("http://127.0.0.1:\(listener.endpoint.port)/login"))
    return try HTTPCall(url, tls: TLSClientOptions(), token: token)
  }

  /// Reads a request until its body is there; answers with `response`.
  private static func serve(_ listener: Listener, _ response: String) throws -> String {
    let connection = try listener.accept()
    var request = ""
    while !request.contains("\r\n\r\n{}") { request += latin1(try connection.read(exactly: 1)) }
    try connection.send(bytes(response))
    return request
  }

  @Test func aRequestAndItsAnswer() async throws {
    try await Blocking.run {
      // One thread accepts, and no other touches it.
      nonisolated(unsafe) let listener = try Listener()
      let port = listener.endpoint.port
      let call = try Self.call(listener, token: "s3cret")
      try inParallel(2) { number in
        if number == 0 {
          let request = try Self.serve(listener, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
          try require(request.hasPrefix("POST /login HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"), request)
          for field in [
            "Authorization: Bearer s3cret", "Content-Type: text/x", "Content-Length: 2", "Connection: close",
          ] {
            try require(request.contains("\r\n\(field)\r\n"), request)
          }
        } else {
          let response = try call.post(bytes("{}"), type: "text/x", patience: .seconds(60))
          try require(response == HTTPResponse(status: 200, body: bytes("ok")), "\(response)")
        }
      }
    }
  }

  @Test func aServerThatSaysNothingIsGivenUp() async throws {
    try await Blocking.run {
      let listener = try Listener()
      let call = try Self.call(listener)
      let begin = ContinuousClock.now
      #expect(throws: HTTPError("gave no answer in time")) {
        try call.post(bytes("{}"), type: "text/x", patience: .milliseconds(300))
      }
      let waited = ContinuousClock.now - begin
      #expect(waited >= .milliseconds(290) && waited < .seconds(30))
    }
  }

  @Test func nobodyListens() async throws {
    try await Blocking.run {
      let port = try Listener().endpoint.port
      let call = try HTTPCall(try #require(HTTPURL("http://127.0.0.1:\(port)/")), tls: TLSClientOptions())
      #expect(throws: HTTPError.self) { try call.post(bytes("{}"), type: "text/x", patience: .seconds(60)) }
    }
  }

  @Test(.enabled(if: isInstalled("openssl"), "openssl is not installed"))
  func onlyACertificateThatIsVouchedForWillDo() async throws {
    try await Blocking.run {
      let place = try TemporaryDirectory()
      let made = try run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj",
        "/CN=web", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", place.path + "/key.pem", "-out",
        place.path + "/cert.pem",
      ])
      try require(made.exitCode == 0, made.errors)
      try place.write("answer", "hello\n")
      let port = try Listener().endpoint.port
      // It answers a GET with a file's contents, and a POST with an error page: what counts is that it was reached.
      let server = try ChildProcess([
        "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", place.path + "/cert.pem", "-key",
        place.path + "/key.pem", "-www", "-quiet",
      ])
      defer {
        server.signal(SIGKILL)
        _ = server.waitForExit(patience: .seconds(10))
      }
      let url = try #require(HTTPURL("https://127.0.0.1:\(port)/"))
      let isUp = Deadline.after(.seconds(60)).until { (try? Connection(to: Endpoint("127.0.0.1", port))) != nil }
      try require(isUp, "openssl s_server does not listen")
      func reason(_ options: TLSClientOptions) throws -> String {
        let call = try HTTPCall(url, tls: options)
        do throws(HTTPError) {
          _ = try call.post(bytes("{}"), type: "text/x", patience: .seconds(60))
          return ""
        } catch {
          return error.description
        }
      }
      #expect(try reason(TLSClientOptions()).contains("TLS has failed"))
      var options = TLSClientOptions()
      options.authorities = .files([place.path + "/cert.pem"])
      #expect(try !reason(options).contains("TLS has failed"))
    }
  }
}
