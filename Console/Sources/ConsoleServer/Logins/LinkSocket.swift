// The local socket at which one-time links are asked for: who asks is known from the kernel.

import Glibc
import LinuxSystem
import Logging

/// Answers `weftpd-console link`.
public enum LinkSocket {
  /// Listens at `path`; the descriptor stays open as long as the process lives.
  static func open(at path: String) throws -> Int32 {
    let socket = try LocalSocket.listen(.packets, at: path, mode: 0o600)
    return fcntl(socket.number, F_DUPFD_CLOEXEC, 3)
  }

  /// Gives links out for as long as the process lives, on a thread of its own.
  ///
  /// Root and the console's own user may ask: the socket has mode 0600, and the peer's user is looked at besides.
  ///
  /// - Parameter number: what ``open(at:)`` gave.
  static func serve(_ number: Int32, _ origin: String, _ book: LoginBook, _ logger: Logger) {
    let thread = Thread {
      while true {
        guard Poll.wait(number, .readable, milliseconds: -1) else { continue }
        guard let peer = try? LocalSocket.accept(number) else { continue }
        guard let who = try? LocalSocket.peer(peer.number), who.user == 0 || who.user == ThisProcess.user else {
          logger.warning("somebody who is neither root nor the console's user asked for a link")
          continue
        }
        let name = ((try? UserDatabase.user(who.user)) ?? nil)?.name ?? "uid \(who.user)"
        let text = book.makeLink(for: name).map { "\(origin)/#link=\($0)" } ?? "!there are too many unused links"
        _ = try? PacketSocket.send(peer.number, Array(text.utf8))
      }
    }
    thread.start()
  }

  private static func connect(to path: String) throws -> Descriptor {
    do { return try LocalSocket.connect(.packets, to: path) } catch {
      throw ConsoleError("\(path): \(error.reason): is weftpd-console running, and are you root or its user?")
    }
  }

  /// Asks the console at `path` for a link.
  public static func ask(at path: String) throws -> String {
    let socket = try connect(to: path)
    var buffer = [UInt8](repeating: 0, count: 512)
    guard Poll.wait(socket.number, .readable, milliseconds: 5000) else { throw ConsoleError("no answer came") }
    let count = try buffer.withUnsafeMutableBytes { raw in
      guard case .moved(let count) = try LocalSocket.receivePacket(socket.number, into: raw) else { return 0 }
      return count
    }
    let text = String(decoding: buffer[..<count], as: UTF8.self)
    guard count > 0, !text.hasPrefix("!") else {
      throw ConsoleError(count > 0 ? String(text.dropFirst()) : "the console gives no link to this user")
    }
    return text
  }
}

/// A thread of its own, for what blocks.
struct Thread {
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  func start() {
    final class Box {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body)).toOpaque()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, box)
    precondition(failure == 0, "no thread could be started: \(failure)")
    pthread_detach(thread)
  }
}
