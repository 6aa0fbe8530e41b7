// HTTPResponseReader: every way a response can end, cut at every place, and what is refused.

import Testing

@testable import HTTPClient

@Suite struct HTTPResponseTests {
  private func read(_ text: String, pieces: Int = 1, limit: Int = 100, ends: Bool = true) throws -> HTTPResponse? {
    var reader = HTTPResponseReader(bodyLimit: limit)
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      if let response = try reader.take(bytes[start..<min(start + pieces, bytes.count)]) { return response }
    }
    return ends ? reader.end() : nil
  }

  @Test(arguments: [1, 2, 3, 7, 1000]) func bodies(pieces: Int) throws {
    let wanted = HTTPResponse(status: 200, body: Array("{\"allow\":true}".utf8))
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    #expect(try read(head + "Content-Length: 14\r\n\r\n{\"allow\":true}", pieces: pieces, ends: false) == wanted)
    #expect(try read(head + "\r\n{\"allow\":true}", pieces: pieces) == wanted)
    let chunks = "8;x=y\r\n{\"allow\"\r\n6\r\n:true}\r\n0\r\nTrailer: x\r\n\r\n"
    #expect(try read(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks, pieces: pieces, ends: false) == wanted)
    #expect(
      try read("HTTP/1.1 100 Continue\r\n\r\n" + head + "content-length:14\r\n\r\n{\"allow\":true}", pieces: pieces)
        == wanted)
    #expect(try read("HTTP/1.0 204 None\n\n", pieces: pieces) == HTTPResponse(status: 204, body: []))
  }

  @Test func whatIsCutShortIsNoResponse() throws {
    #expect(try read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1234") == nil)
    #expect(try read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n1234") == nil)
    #expect(try read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n") == nil)
    #expect(try read("HTTP/1.1 200 OK\r\n") == nil)
    #expect(try read("") == nil)
  }

  @Test(arguments: [
    "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
  ])
  func refused(_ text: String) { #expect(throws: HTTPError.self) { try read(text) } }

  @Test func boundsAreKept() {
    let head = "HTTP/1.1 200 OK\r\n"
    #expect(throws: HTTPError.self) { try read(head + "\r\n" + String(repeating: "x", count: 101), pieces: 10) }
    #expect(throws: HTTPError.self) { try read(head + String(repeating: "X: y\r\n", count: 10_000), pieces: 100) }
    let chunk = "a\r\n0123456789\r\n"
    #expect(throws: HTTPError.self) {
      try read(head + "Transfer-Encoding: chunked\r\n\r\n" + String(repeating: chunk, count: 11))
    }
  }
}
