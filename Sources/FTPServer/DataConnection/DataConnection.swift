// An open data connection.

import LinuxSystem
import MultipathTCP

/// The socket the data transfer process moves bytes on. Closed at the latest with its last reference.
final class DataConnection {
  private var socket: Descriptor?
  let peer: SocketAddress
  let number: Int32
  /// Whether it was negotiated as a multipath connection.
  let isMultipath: Bool
  /// Whether multipath was wanted, so that what became of it is worth telling.
  private let isReported: Bool
  /// The listener it came from, open while the transfer runs: the kernel takes further paths only at a listening socket.
  private var listener: PassiveListener?
  private var lastReport: String?

  /// - Parameters:
  ///   - listener: for a multipath connection, where it was accepted; it closes with the connection.
  ///   - isReported: ``report`` is to be had after the close too.
  init(
    socket: consuming Descriptor, peer: SocketAddress, isMultipath: Bool = false, isReported: Bool = false,
    listener: PassiveListener? = nil
  ) {
    number = socket.number
    self.socket = consume socket
    self.peer = peer
    self.isMultipath = isMultipath
    self.isReported = isReported
    self.listener = listener
  }

  deinit { end() }

  // MARK: bytes

  /// Whether bytes must pass through this process: the kernel can neither sendfile(2) into the connection nor splice(2) out of it at a gain.
  var isCopied: Bool { isMultipath }

  /// Sends what the connection takes now.
  func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Progress { try Socket.send(number, bytes) }

  /// Receives what has come; `.moved(0)` is the end of file.
  func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Progress {
    try Socket.receive(number, into: buffer)
  }

  // MARK: reports and ends

  /// What the connection is and what each of its paths has carried; nil where multipath was not in question.
  var report: String? {
    guard isReported, socket != nil else { return lastReport }
    return isMultipath ? "mptcp \(ConnectionReport(number))" : "tcp (\(MultipathSocket.negotiated(number)))"
  }

  /// Throws away what a client has sent on a connection that only we send on: close(2) with unread input would be a reset, which
  /// takes the tail of the file with it.
  func discardInput() {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
      for _ in 0..<64 {
        guard case .moved(let count)? = try? Socket.receive(number, into: buffer), count > 0 else { return }
      }
    }
  }

  /// Closes: what was sent is delivered, then the end of file. In stream mode that is the end of the file (RFC 959, section 3.4.1).
  func close() { end() }

  /// Whether everything has been sent and the client is still taking it.
  private(set) var isFinishing = false

  /// Ends a transfer to the client. A plain connection is closed. A multipath one is only finished: what lies in the socket
  /// still has to go, over every path, and the listener where paths join must stay until it has; ``close()`` follows.
  func finish() {
    guard isMultipath, socket != nil else { return close() }
    isFinishing = true
    Socket.shutdownWriting(number)
  }

  /// Closes with a reset, so that the client cannot take what it has got for the whole.
  func reset() {
    guard socket != nil else { return }
    Socket.resetOnClose(number)
    end()
  }

  /// Closes connections of strangers to the listener that is kept open; returns how many there were.
  func turnStrangersAway() -> Int { listener?.drain() ?? 0 }

  private func end() {
    guard socket != nil else { return }
    lastReport = report
    socket = nil
    listener = nil
  }
}
