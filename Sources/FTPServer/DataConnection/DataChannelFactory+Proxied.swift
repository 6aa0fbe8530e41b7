// Data connections that come by way of a balancer which speaks the PROXY protocol.

import FTPTransfer
import LinuxSystem

extension DataChannelFactory {
  /// The next connection, and whose it is; nil if none is there, or the balancer it comes from has not said whose it is.
  func next(from listener: PassiveListener) throws(TransferBreak) -> (number: Int32, peer: SocketAddress)? {
    guard proxied != nil || snapshot.configuration.proxy.onData, control.localUser == nil else {
      return try listener.accept()
    }
    let proxy = snapshot.configuration.proxy
    while true {
      if let proxied {
        switch proxied.advance() {
        case .waiting: return nil
        case .introduced(let client, _):
          self.proxied = nil
          return (proxied.release(), client)
        case .failed(let reason):
          self.proxied = nil
          context.tellOfBrokenProxy(proxied.peer, reason)
        }
      }
      guard let (number, peer) = try listener.accept() else { return nil }
      guard proxy.onData, proxy.trusts(peer.address) else { return (number, peer) }
      proxied = ProxiedSocket(owning: number, from: peer, within: proxy.timeout)
    }
  }
}
