// Who comes to a passive port: the client is taken, all others are turned away and counted.

import FTPTransfer
import LinuxSystem
import MultipathTCP

extension DataChannelFactory {
  /// Connections that were turned away.
  struct Strangers {
    var count = 0
    /// Where the last one came from, and whose it was if that was asked.
    var last: String
  }

  /// Takes the client's connection if it is there, and turns away all others: as many as come at once, but not for ever.
  func accept(from listener: PassiveListener) throws(TransferBreak) -> DataConnection? {
    var policy: PeerPolicy?
    for _ in 0..<PassiveListener.acceptLimit {
      guard let (number, peer) = try next(from: listener) else { return nil }
      let socket = Descriptor(owning: number)
      var peers = policy ?? control.dataPolicy
      peers.partners = partners
      policy = peers
      guard let stranger = strangerName(number, peer, peers) else { return try listener.connection(socket, peer) }
      strangers = Strangers(count: (strangers?.count ?? 0) + 1, last: stranger)
    }
    return nil
  }

  /// Who has been turned away since this was last asked.
  func takeStrangers() -> Strangers? {
    defer { strangers = nil }
    return strangers
  }

  /// How somebody who is not the client is called; nil: it is the client.
  ///
  /// Where a user of this host has passed the client on, every program here has the same address, and the kernel is asked whose socket the
  /// other end is. Without an answer it is a stranger's.
  private func strangerName(_ socket: Int32, _ peer: SocketAddress, _ policy: PeerPolicy) -> String? {
    guard policy.admits(peer.address) else { return "\(peer.address)" }
    guard let user = control.localUser else { return nil }
    do {
      let found = try SocketOwner.user(of: peer, connectedTo: try Socket.localAddress(socket))
      if found == user { return nil }
      return found.map { "\(peer.address), uid \($0)" } ?? "\(peer.address), where it is closed already"
    } catch {
      return "\(peer.address), of which the kernel does not say whose it is (\(error))"
    }
  }
}
