// Which ports are the server's own: a data connection to one of them would have it talk to itself, as a client with the server's address.

import FTPTransfer
import LinuxSystem
import Synchronization

extension ServerContext {
  /// Whether this server listens at `target`, for control connections or for the data connection of any session.
  ///
  /// - Parameter outside: the address the server is known by behind a NAT.
  func listens(at target: SocketAddress, outside: IPAddress?) -> Bool {
    let listeners = controlListeners.withLock { $0 }
    if target.address == outside {
      // The NAT turns it into some address of this host.
      return listeners.contains { $0.port == target.port } || passivePorts.isOpen(port: target.port)
    }
    let isListening = listeners.contains {
      $0.port == target.port && ($0.address == target.address || $0.address.isWildcard)
    }
    guard isListening || passivePorts.isOpen(at: target) else { return false }
    // The wildcard address stands for all addresses of this host, and for none of another.
    return Socket.isLocal(target.address)
  }
}
