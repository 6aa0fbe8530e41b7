// The connection whose request is being answered, for bodies that are large: they must not pile up, and need not pass through this process.

import Glibc
import Hummingbird
import LinuxSystem
import NIOCore
import NIOHTTPTypes
import Synchronization

/// A browser's connection, known while its request is answered.
struct BrowserConnection: Sendable {
  @TaskLocal static var current: BrowserConnection?

  let channel: any Channel

  /// Returns when the loop has seen all that was written until now.
  func settle() async throws { try await channel.eventLoop.submit {}.get() }

  /// Gives its socket to `body`, once all that was written until now has left. Nothing may be written to the connection before `body` returns.
  ///
  /// When SwiftNIO closes the connection meanwhile, because the browser has, the socket takes no more.
  func withSocket<Value>(
    isolation: isolated (any Actor)? = #isolation, _ body: (Int32) async throws -> Value
  ) async throws -> Value {
    // Writes are done in their order.
    try await channel.writeAndFlush(HTTPResponsePart.body(ByteBuffer()))
    let channel = channel
    let duplicate = try await channel.eventLoop.submit {
      try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
        DuplicateSocket($0)
      }
    }.get()
    guard let duplicate = duplicate ?? nil else {
      throw ConsoleError("the connection has no socket, or no descriptor is left")
    }
    channel.closeFuture.whenComplete { [weak duplicate] _ in duplicate?.end() }
    defer { duplicate.close() }
    return try await body(duplicate.number)
  }
}

/// A further descriptor of a socket: its number stays what it is when the owner of the socket closes it.
private final class DuplicateSocket: Sendable {
  let number: Int32
  private let isOpen = Mutex(true)

  /// Nil when no descriptor is left.
  init?(_ socket: Int32) {
    number = fcntl(socket, F_DUPFD_CLOEXEC, 3)
    if number < 0 { return nil }
  }

  /// Whoever writes to it is told that it is over.
  func end() { isOpen.withLock { isOpen in if isOpen { shutdown(number, Int32(SHUT_RDWR)) } } }

  func close() {
    isOpen.withLock { isOpen in
      if isOpen { _ = Descriptor(owning: number) }
      isOpen = false
    }
  }
}

/// Writes the pieces of a file, no faster than the connection takes them. To be made while the answer is.
///
/// SwiftNIO has a writer wait when the connection takes no more. But it knows that only after its loop has seen what was written; until then
/// pieces pile up, tens of megabytes of them where a download comes faster than the loop has its turn.
struct FileWriter: Sendable {
  /// After so many bytes the loop is waited for.
  static let stride = 1_048_576

  private let connection = BrowserConnection.current
  private var written = 0

  mutating func write(_ buffer: ByteBuffer, to writer: inout any ResponseBodyWriter) async throws {
    written += buffer.readableBytes
    try await writer.write(buffer)
    guard written >= Self.stride else { return }
    written = 0
    try await connection?.settle()
  }
}
