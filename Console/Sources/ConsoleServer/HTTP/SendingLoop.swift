// Keeps a body that is written quickly from piling up in front of its connection.

import Hummingbird
import NIOCore

/// The loop of the connection whose request is being answered.
enum SendingLoop {
  @TaskLocal static var current: (any EventLoop)?
}

/// Writes the pieces of a file, no faster than the connection takes them. To be made while the answer is.
///
/// SwiftNIO has a writer wait when the connection takes no more. But it knows that only after its loop has seen what was written; until then
/// pieces pile up, tens of megabytes of them where a download comes faster than the loop has its turn.
struct FileWriter: Sendable {
  /// After so many bytes the loop is waited for.
  static let stride = 1_048_576

  private let loop = SendingLoop.current
  private var written = 0

  mutating func write(_ buffer: ByteBuffer, to writer: inout any ResponseBodyWriter) async throws {
    written += buffer.readableBytes
    try await writer.write(buffer)
    guard written >= Self.stride else { return }
    written = 0
    try await loop?.submit {}.get()
  }
}
