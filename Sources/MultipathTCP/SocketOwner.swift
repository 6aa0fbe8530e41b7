// Asks the kernel's socket diagnosis which user of this host has the other end of a connection that does not leave it.

import Glibc
import LinuxSystem

/// Whose TCP sockets are.
package enum SocketOwner {
  /// The user who has the other end of a connection within this host and network namespace.
  ///
  /// A multipath connection is found by its first path: the kernel gives that the owner of the connection. Cost: about 15 µs.
  ///
  /// - Parameters:
  ///   - peer: the other end's address, as accept(2) told it.
  ///   - local: this end's.
  /// - Returns: nil if there is no such socket, or nobody has it any more: of one that was closed before its bytes were read the kernel
  ///   says that it is root's.
  /// - Throws: ``MultipathError`` if the kernel cannot be asked. Source: sock_diag(7).
  package static func user(of peer: SocketAddress, connectedTo local: SocketAddress) throws(MultipathError) -> UInt32? {
    var diagnosis = try NetlinkSocket(NetlinkSocket.socketDiagnosis)
    var user: UInt32?
    let question = SubflowDiagnosis.question(peer, local, interface: 0)
    do throws(MultipathError) {
      try diagnosis.ask(20, body: question) { user = read($0, connectedTo: local.port) }
    } catch {
      guard error.errno == ENOENT else { throw error }
    }
    return user
  }

  /// Why the kernel does not say whose sockets are; nil if it does: it is asked about a socket of this process.
  package static var fault: String? {
    do {
      let loopback = SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)
      let listener = try Socket.stream(.ipv4)
      try Socket.bind(listener, to: loopback, family: .ipv4)
      try Socket.listen(listener, backlog: 1)
      let owner = try user(
        of: try Socket.localAddress(listener.number), connectedTo: SocketAddress(IPAddress(ipv4: 0), port: 0))
      if owner == ThisProcess.user { return nil }
      return owner.map { "it says that a socket of uid \(ThisProcess.user) is that of uid \($0)" }
        ?? "it has no answer (CONFIG_INET_TCP_DIAG)"
    } catch {
      return "\(error)"
    }
  }

  /// The owner in a struct inet_diag_msg.
  static func read(_ answer: UnsafeRawBufferPointer, connectedTo port: UInt16) -> UInt32? {
    let bytes = KernelBytes(answer)
    // The kernel takes a listener for the answer where there is no connection. That has no other end.
    guard let remote = bytes.load(6, as: UInt16.self), UInt16(bigEndian: remote) == port,
      let user = bytes.load(64, as: UInt32.self), let inode = bytes.load(68, as: UInt32.self), inode != 0
    else { return nil }
    return user
  }
}
