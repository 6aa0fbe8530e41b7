// What a client makes of a server's reply, for the tests that send one to the other.

import FTPProtocol

/// The reply as ``ReplyReader`` reads it from the wire; nil if it is not exactly one.
func received(_ reply: Reply) -> ReceivedReply? {
  var reader = ReplyReader()
  reply.encoded.withUnsafeBytes { reader.append($0) }
  guard case .reply(let reply)? = try? reader.next(), !reader.hasBufferedBytes else { return nil }
  return reply
}
