// Waits, without a thread, for the PROXY header of a control connection; only then is there somebody to greet.

import LinuxSystem
import Logging
import Reactor

/// A control connection from a balancer that has not said whose it is.
final class ProxyIntroduction: Parked, @unchecked Sendable {
  // Sendable: everything is touched on the executor only, one call at a time.
  let executor: SessionExecutor
  private let socket: ProxiedSocket
  private let door: LocalDoor?
  private let context: ServerContext
  private let parking: Parking
  private let welcome: @Sendable (_ socket: Int32, _ client: SocketAddress, _ server: SocketAddress?) -> Void

  /// - Parameters:
  ///   - door: where it came in, if not by TCP.
  ///   - welcome: gets the socket, which is then its own, when the header is there.
  init(
    _ socket: sending ProxiedSocket, at door: LocalDoor?, context: ServerContext,
    welcome: @escaping @Sendable (Int32, SocketAddress, SocketAddress?) -> Void
  ) {
    self.socket = socket
    self.door = door
    self.context = context
    self.welcome = welcome
    executor = SessionExecutor(context.reactor)
    parking = Parking(context.reactor, home: socket.number)
  }

  /// Begins to wait.
  func start() { executor.run(self) }

  func resume(after wake: Wake?) {
    switch socket.advance() {
    case .waiting: parking.call(self, when: socket.number, .readable, until: socket.deadline)
    case .introduced(let client, let server):
      parking.retire()
      context.introductions.leave()
      welcome(socket.release(), client, server)
    case .failed(let reason):
      parking.retire()
      context.introductions.leave()
      context.tellOfBrokenProxy(socket.peer, at: door, reason)
    }
  }
}

extension ServerContext {
  /// Tells that a connection from a balancer, or one by `door`, was closed.
  func tellOfBrokenProxy(_ peer: SocketAddress, at door: LocalDoor? = nil, _ reason: String) {
    guard let count = notices.pass(.brokenProxy) else { return }
    let others = count > 1 ? ", and \(count - 1) more before it" : ""
    if let door { return logger.warning("closed a connection to proxy.socket of \(door.name): \(reason)\(others)") }
    events.publish(
      .refused, .warning, "closed a connection from a proxy: \(reason)\(others)", EventRecord(session: 0, peer: peer))
  }
}
