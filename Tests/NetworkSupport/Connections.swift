// Multipath connections of made-up hosts: connected sockets, and waiting until their paths are up.

import LinuxSystem
import MultipathTCP
import TestSupport

/// A connected socket of the calling thread's namespace.
///
/// - Parameters:
///   - source: the local address and port; nil leaves them to the kernel.
///   - receives: the connection is for receiving (see `MultipathSocket.connect`).
public func connected(
  to target: SocketAddress, from source: SocketAddress? = nil, policy: MultipathPolicy = .automatic,
  receives: Bool = false
) throws -> Descriptor {
  let made = try MultipathSocket.connect(to: target, from: source, policy: policy, receives: receives)
  if !made.isConnected {
    try require(Poll.wait(made.number, .writable, milliseconds: 10_000), "connect to \(target): no answer")
    if let error = Socket.pendingError(made.number) { throw error }
  }
  return made.takeDescriptor()
}

/// The next connection that a listener takes.
public func accepted(_ listener: Int32) throws -> Descriptor {
  guard Poll.wait(listener, .readable, milliseconds: 10_000), let (number, _) = try Socket.accept(listener) else {
    throw TestFailure("nobody connects")
  }
  return Descriptor(owning: number)
}

/// The paths of a connection that are established.
public func establishedPaths(_ socket: Int32) -> [Subflow] {
  ((try? MultipathSocket.subflows(socket)) ?? []).filter { $0.statistics.state == .established }
}

/// Waits until a connection has `count` established paths, and gives them.
@discardableResult
public func waitForPaths(_ count: Int, _ socket: Int32) throws -> [Subflow] {
  var paths: [Subflow] = []
  let isSo = Deadline.after(.seconds(5)).until {
    paths = establishedPaths(socket)
    return paths.count == count
  }
  try require(isSo, "not \(count) paths but: \(ConnectionReport(socket))")
  return paths
}
