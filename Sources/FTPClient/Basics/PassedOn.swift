// For whom a program opens sessions that are not its own: a header of the PROXY protocol in front of each connection.

import FTPProtocol
import LinuxSystem

/// A session for somebody who is at the other end of another connection, such as a person at a web browser.
///
/// The control connection begins with a header of the PROXY protocol, version 1, which tells the server the person's address. There are
/// two ways to a server that believes it:
///
/// - ``socket``, a Unix socket that is for this program's user only: `proxy.socket` of weftpd. Data connections go to 127.0.0.1, without a
///   header: the server asks the kernel whose they are.
/// - ``source``, an address that the server trusts: weftpd does where `proxy.trusted` names it and `proxy.data` is true. Data connections
///   begin with a header, too.
public struct PassedOn: Sendable, Hashable {
  /// The path of the server's Unix socket. The host and the port of the session are not used then, only the passive mode is to be had, and
  /// nothing is multipath.
  public var socket: String?
  /// The address of this host that connections come from; nil: whichever the kernel chooses.
  public var source: IPAddress?
  /// Where the person is; nil: the header says that nobody knows, and the server takes ``source`` for the client.
  public var client: SocketAddress?

  public init(source: IPAddress? = nil, client: SocketAddress? = nil) {
    self.source = source
    self.client = client
  }

  /// By a Unix socket of the server.
  public init(socket: String, client: SocketAddress?) {
    self.socket = socket
    self.client = client
  }

  /// What stands for the address of a server that is reached by ``socket``: where its data connections are made.
  static let nearby = SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)

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
  func introduce(_ data: Int32, to server: SocketAddress) throws(ClientError) {
    if socket != nil { return }
    let bytes = header(to: server)
    do throws(SystemError) {
      let progress = try bytes.withUnsafeBufferPointer { (raw) throws(SystemError) in
        try Socket.send(data, UnsafeRawBufferPointer(raw))
      }
      if case .moved(bytes.count) = progress { return }
    } catch {
      throw ClientError(.dataConnection, "the data connection broke: \(error.reason)", cause: error)
    }
    throw ClientError(.dataConnection, "the data connection does not take its first bytes")
  }
}
