// An open data connection.

import Glibc
import LinuxSystem
import MultipathTCP
import TransportSecurity

/// The socket the data transfer process moves bytes on. Closed at the latest with its last reference.
public final class DataConnection {
  private var socket: Descriptor?
  public let peer: SocketAddress
  public let number: Int32
  /// Whether it was negotiated as a multipath connection.
  public let isMultipath: Bool
  /// Whether multipath was wanted, so that what became of it is worth telling.
  private let isReported: Bool
  /// The listener it came from, open while the transfer runs: the kernel takes further paths only at a listening socket.
  private var listener: PassiveListener?
  private var lastReport: DataConnectionReport?
  /// The TLS of this connection; set once its handshake is done.
  public private(set) var tls: TLSConnection?
  /// What broke the TLS of this connection, for the log: the errno that stands for it tells less.
  private var failure: TLSError?
  /// What is left to do once close_notify has gone, when it did not go at once. No closure: it would keep this object, and with it the
  /// socket, for ever.
  private var afterClose: Ending?
  private enum Ending { case close, finish }
  /// What came behind the end of a file that was told in band: the beginning of the next one.
  public var unread: [UInt8] = []

  /// - Parameters:
  ///   - listener: for a multipath connection, where it was accepted; it closes with the connection.
  ///   - isReported: ``report`` is to be had after the close too.
  public init(
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
  public var isCopied: Bool { isMultipath || tls?.sendsByKernel == false }

  /// Sends what the connection takes now.
  public func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Progress {
    guard let tls else { return try Socket.send(number, bytes) }
    do throws(TLSError) { return try tls.write(bytes) } catch { throw broken(by: error) }
  }

  /// Sends at most `count` bytes of `file` from `offset` (advanced) in the kernel; not where ``isCopied``.
  public func send(file: Int32, offset: inout Int64, count: Int) throws(SystemError) -> Progress {
    guard let tls else { return try Socket.sendFile(number, file: file, offset: &offset, count: count) }
    do throws(TLSError) { return try tls.sendFile(file, offset: &offset, count: count) } catch {
      throw broken(by: error)
    }
  }

  /// Receives what has come; `.moved(0)` is the end of file.
  public func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Progress {
    guard let tls else { return try Socket.receive(number, into: buffer) }
    do throws(TLSError) {
      switch try tls.read(into: buffer) {
      case .moved(let count): return .moved(count)
      case .wants: return .wouldBlock
      case .ended: return .moved(0)
      }
    } catch {
      throw broken(by: error)
    }
  }

  private func broken(by error: TLSError) -> SystemError {
    failure = error
    return error.asSystemError
  }

  /// TLS ends with a small write of its own, which must not wait for an acknowledgement.
  public func prepareForTLS() { sendsAtOnce() }

  /// Has small writes go without waiting for acknowledgements (TCP_NODELAY).
  public func sendsAtOnce() { try? Socket.setOption(number, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }

  /// Has all further bytes pass through `connection`, whose handshake is done.
  func use(_ connection: TLSConnection) { tls = connection }

  /// The end of file came without close_notify (RFC 8446, section 6.1): what was received may be cut short.
  public var isCloseMissing: Bool { tls?.peerEnd == .missingClose }

  /// For the log: what protects the connection.
  public var security: String? {
    guard let tls else { return nil }
    return tls.summary + (tls.isResumed ? " resumed" : "") + (tls.sendsByKernel ? " in the kernel" : "")
      + (isCloseMissing ? " without close_notify" : "")
      + (failure.map { " broken: \($0)" } ?? "")
  }

  // MARK: reports and ends

  /// What the connection is and what each of its paths has carried.
  public var report: DataConnectionReport {
    if let lastReport { return lastReport }
    if isMultipath { return .multipath(ConnectionReport(number)) }
    return isReported ? .notMultipath(MultipathSocket.negotiated(number)) : .plain
  }

  /// What it is and what its paths carry, multipath or not, while it is open; nil afterwards.
  public var paths: ConnectionReport? { socket == nil ? nil : ConnectionReport(number) }

  /// The same as ``report`` for the log: nil where multipath was not in question.
  public var loggedReport: String? { isReported ? report.description : nil }

  /// Throws away what a client has sent on a connection that only we send on: close(2) with unread input would be a reset, which
  /// takes the tail of the file with it.
  public func discardInput() {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
      for _ in 0..<64 {
        guard case .moved(let count)? = try? Socket.receive(number, into: buffer), count > 0 else { return }
      }
    }
  }

  /// Closes: what was sent is delivered, then the end of file. In stream mode that is the end of the file (RFC 959, section 3.4.1).
  public func close() { afterCloseNotify(.close) }

  /// Goes on to `ending` when close_notify has gone; in clear at once.
  private func afterCloseNotify(_ ending: Ending) {
    if let tls, socket != nil, case .wants? = try? tls.close() {
      afterClose = ending
      return
    }
    switch ending {
    case .close: end()
    case .finish:
      isFinishing = true
      Socket.shutdownWriting(number)
    }
  }

  /// Whether close_notify still has to go: wait until the connection takes bytes, then ``goOnClosing()``.
  public var isClosing: Bool { afterClose != nil }

  /// Tries again to send what ends the connection.
  public func goOnClosing() {
    guard let ending = afterClose else { return }
    afterClose = nil
    afterCloseNotify(ending)
  }

  /// Whether everything has been sent and the client is still taking it.
  public private(set) var isFinishing = false

  /// Ends a transfer to the client. A plain connection is closed. A multipath one is only finished: what lies in the socket
  /// still has to go, over every path, and the listener where paths join must stay until it has; ``close()`` follows.
  public func finish() {
    guard isMultipath, socket != nil else { return close() }
    afterCloseNotify(.finish)
  }

  /// Closes with a reset, so that the client cannot take what it has got for the whole.
  public func reset() {
    guard socket != nil else { return }
    Socket.resetOnClose(number)
    end()
  }

  /// Closes connections of strangers to the listener that is kept open; returns how many there were.
  public func turnStrangersAway() -> Int { listener?.drain() ?? 0 }

  private func end() {
    guard socket != nil else { return }
    lastReport = report
    afterClose = nil
    socket = nil
    listener = nil
  }
}
