// For whom a program opens sessions that are not its own: a header of the PROXY protocol in front of each connection.

import FTPProtocol
import LinuxSystem

/// A session for somebody who is at the other end of another connection, such as a person at a web browser.
///
/// Control and data connections begin with a header of the PROXY protocol, version 1, which tells the server the person's address. The
/// server must expect one from ``source``: weftpd does where `proxy.trusted` names it and `proxy.data` is true.
public struct PassedOn: Sendable, Hashable {
  /// The address of this host that connections come from; nil: whichever the kernel chooses.
  public var source: IPAddress?
  /// Where the person is; nil: the header says that nobody knows, and the server takes ``source`` for the client.
  public var client: SocketAddress?

  public init(source: IPAddress? = nil, client: SocketAddress? = nil) {
    self.source = source
    self.client = client
  }

  /// The header for a connection to `server`. Source: "The PROXY protocol", HAProxy Technologies, section 2.1.
  func header(to server: SocketAddress) -> [UInt8] {
    guard let client else { return Array("PROXY UNKNOWN\r\n".utf8) }
    let families = [client.address.family, server.address.family]
    // Both addresses have to be of one family: the server's own then becomes the unspecified one of the client's family.
    let (name, other): (String, String)
    switch families {
    case [.ipv4, .ipv4], [.ipv6, .ipv6]: (name, other) = (families[0] == .ipv4 ? "TCP4" : "TCP6", "\(server.address)")
    case [.ipv4, .ipv6]: (name, other) = ("TCP4", "0.0.0.0")
    default: (name, other) = ("TCP6", "::")
    }
    return Array("PROXY \(name) \(client.address) \(other) \(client.port) \(server.port)\r\n".utf8)
  }

  /// Says the header on a data connection that has just been made: its send buffer is empty, so all of it goes at once.
  func introduce(_ socket: Int32, to server: SocketAddress) throws(ClientError) {
    let bytes = header(to: server)
    do throws(SystemError) {
      let progress = try bytes.withUnsafeBufferPointer { (raw) throws(SystemError) in
        try Socket.send(socket, UnsafeRawBufferPointer(raw))
      }
      if case .moved(bytes.count) = progress { return }
    } catch {
      throw ClientError(.dataConnection, "the data connection broke: \(error.reason)", cause: error)
    }
    throw ClientError(.dataConnection, "the data connection does not take its first bytes")
  }
}
