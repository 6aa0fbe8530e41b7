// The table of replies and what a client makes of them: the code, and what may be tried again.

import FTPProtocol
import Testing

@testable import FTPClient

@Suite struct ClientErrorTests {
  @Test(arguments: [
    (421, ClientError.Code.serviceEnding, ClientError.Retry.newSession), (425, .dataConnection, .sameSession),
    (426, .dataConnection, .sameSession), (430, .refusedForNow, .sameSession), (450, .refusedForNow, .sameSession),
    (451, .refusedForNow, .sameSession), (452, .refusedForNow, .sameSession), (500, .unsupported, .never),
    (501, .unsupported, .never), (502, .unsupported, .never), (503, .refused, .never), (504, .unsupported, .never),
    (522, .refused, .never), (530, .loginRefused, .never), (532, .refused, .never), (550, .refused, .never),
    (552, .refused, .never), (553, .refused, .never), (200, .protocolViolation, .newSession),
    (331, .protocolViolation, .newSession),
  ])
  func replies(_ code: Int, _ expected: ClientError.Code, _ retry: ClientError.Retry) throws {
    let reply = try #require(ReceivedReply(code: UInt16(code), lines: [Array("text".utf8)]))
    let error = ClientError.refusal(reply, of: "RETR a")
    #expect(error.code == expected)
    #expect(error.retry == retry)
    #expect(error.reply == reply)
    #expect("\(error)".contains("\(code) text"))
  }

  @Test func codesAreStable() {
    #expect(
      ClientError.Code.allCases.map(\.rawValue).sorted() == [
        "caller", "cancelled", "certificate", "connect-failed", "connection-lost", "data-connection", "host-unknown",
        "incomplete", "local-file", "login-refused", "protocol-violation", "refused", "refused-for-now",
        "service-ending", "stalled", "timed-out", "tls", "unprotected", "unsupported", "usage",
      ])
  }
}
