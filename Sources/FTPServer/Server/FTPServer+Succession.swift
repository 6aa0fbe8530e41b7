// How a server hands its listeners to a successor, and goes on with its sessions until they end by themselves.

import LinuxSystem
import MultipathTCP

/// A listener of a server that runs.
public struct OpenListener: Sendable {
  /// The number of its descriptor, the server's; valid until ``FTPServer/leaveListeners()``.
  public let number: Int32
  /// The address it was asked for; its port may be 0.
  public let wanted: SocketAddress
  /// The address it has.
  public let address: SocketAddress
  public let rules: ListenerRules
  /// Somebody else has it, too, and keeps it open after this process.
  public let isKept: Bool
}

extension FTPServer {
  /// Where connections are accepted now, in the order in which they came; ``openDoors`` are not among them.
  public var openListeners: [OpenListener] {
    acceptors.withLock { acceptors in
      acceptors.filter { $0.door == nil }.map {
        OpenListener(
          number: $0.number, wanted: $0.wanted, address: $0.address, rules: $0.rules, isKept: $0.isKept)
      }
    }
  }

  /// Takes a listener from a server whose place this one takes. What it is it stays, whatever `mptcp.control` says.
  ///
  /// - Parameters:
  ///   - address: the address it was asked for, and what holds for its connections.
  ///   - isKept: whether somebody else keeps it open after this process.
  /// - Returns: the address clients connect to.
  public func adopt(
    _ socket: consuming Descriptor, for address: ListenAddress, isKept: Bool
  ) throws(SystemError) -> SocketAddress {
    try Socket.prepareInherited(socket.number)
    try Acceptor.tuneListener(socket.number)
    let isMultipath = try SocketKind(of: socket.number).stream == .multipath
    let local = try Socket.localAddress(socket.number)
    add(
      try Acceptor(
        context: context, listener: socket, address: local, wanted: address.address, isMultipath: isMultipath,
        isKept: isKept, rules: address.rules))
    return local
  }

  /// Somebody else keeps the listener at `address` open from now on: the end of this server leaves it listening.
  public func keep(listenerAt address: SocketAddress) {
    acceptors.withLock { acceptors in
      for acceptor in acceptors where acceptor.address == address { acceptor.isKept = true }
    }
  }

  /// Accepts nobody from now on, without closing the listeners for those who have them, too: who connects waits there for them. Sessions go
  /// on as they are.
  public func leaveListeners() {
    let acceptors = acceptors.withLock { acceptors in
      // Their descriptors are closed when the threads have ended: a client must not wait at a listener that nobody serves.
      defer { acceptors = [] }
      return acceptors
    }
    for acceptor in acceptors {
      acceptor.isKept = true
      acceptor.stopAccepting()
    }
  }

  /// Waits until the last session has ended by itself.
  ///
  /// - Returns: false if there are sessions still after `limit`.
  public func waitForSessions(within limit: Duration) async -> Bool {
    await context.registry.waitUntilEmpty(
      context.reactor, deadline: MonotonicTime.now.advanced(by: limit.inNanoseconds))
  }

  /// The number the next session would have.
  public var nextSession: UInt64 { context.registry.nextID }

  /// Numbers sessions from `first` on, so that those of a predecessor that go on have others. Call it before ``start()``.
  public func number(sessionsFrom first: UInt64) { context.registry.number(from: first) }

  /// Stores what is counted for quotas, before somebody else has the store.
  public func storeQuotas() { context.quotas.flush() }

  /// Stores what is counted for quotas: nothing changes any more. ``drain(grace:)`` does so itself.
  public func closeQuotas() { context.quotas.close() }
}
