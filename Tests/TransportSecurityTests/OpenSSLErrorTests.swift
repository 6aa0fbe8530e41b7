import Testing

@testable import TransportSecurity

@Suite struct OpenSSLErrorTests {
  @Test func anEmptyQueueIsAnUnknownError() {
    _ = OpenSSLError()
    let error = OpenSSLError()
    #expect(error.reasons.isEmpty)
    #expect(error.description == "unknown TLS error")
  }
}
