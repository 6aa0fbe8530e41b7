// An open data connection.

import LinuxSystem

/// The socket the data transfer process moves bytes on. Closed at the latest with its last reference.
final class DataConnection {
  private var socket: Descriptor?
  let peer: SocketAddress
  let number: Int32

  init(socket: consuming Descriptor, peer: SocketAddress) {
    number = socket.number
    self.socket = consume socket
    self.peer = peer
  }

  /// Closes: what was sent is delivered, then the end of file. In stream mode that is the end of the file (RFC 959, section 3.4.1).
  func close() { socket = nil }

  /// Closes with a reset, so that the client cannot take what it has got for the whole.
  func reset() {
    guard socket != nil else { return }
    Socket.resetOnClose(number)
    socket = nil
  }
}
