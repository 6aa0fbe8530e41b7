// Server-sent events: an answer that goes on as long as the page is open.

import FoundationEssentials
import HTTPTypes
import Hummingbird

/// One event: its name and its data, which is one line.
struct ServerEvent: Sendable {
  let name: String
  let data: String

  init(_ name: String, _ value: some Encodable) {
    self.name = name
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    data = (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
  }

  init(name: String, line: String) {
    self.name = name
    data = line
  }

  var bytes: ByteBuffer { ByteBuffer(string: "event: \(name)\ndata: \(data)\n\n") }
}

extension Response {
  /// An answer of events. A reader that is slow is waited for: `events` must not grow meanwhile.
  ///
  /// - Parameter events: ends when the stream is to end; nil elements become a comment, so that a proxy sees that the connection lives.
  static func events<Source: AsyncSequence & Sendable>(_ events: Source) -> Response
  where Source.Element == ServerEvent? {
    Response(
      status: .ok, headers: [.contentType: "text/event-stream", HTTPField.Name("X-Accel-Buffering")!: "no"],
      body: .init { writer in
        try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
        for try await event in events {
          try await writer.write(event?.bytes ?? ByteBuffer(string: ": \n\n"))
        }
        try await writer.finish(nil)
      })
  }
}
