// The socket of a control connection: bytes out, replies in, in clear or under TLS. It never waits.

import FTPProtocol
import Glibc
import LinuxSystem
import MultipathTCP
import TransportSecurity

/// Belongs to one session and is used on its executor only.
final class ControlConnection {
  /// What a read came to.
  enum Received {
    case bytes, nothing, ended
  }

  private var socket: Descriptor?
  let number: Int32
  let peer: SocketAddress
  /// Why it was made as plain TCP; nil if it was made as a multipath socket.
  let unavailability: MultipathUnavailability?
  private(set) var tls: TLSConnection?
  private var reader = ReplyReader()
  private var output: [UInt8] = []
  /// What the socket has to be ready for before reading goes on: under TLS that may be writing.
  private(set) var readingWants = Readiness.readable
  private var writingWants = Readiness.writable

  init(socket: consuming Descriptor, peer: SocketAddress, unavailability: MultipathUnavailability?) {
    number = socket.number
    self.socket = consume socket
    self.peer = peer
    self.unavailability = unavailability
    // Commands are small and wait for answers; a NAT on the way forgets a connection that is silent during a long transfer.
    try? Socket.setOption(number, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    try? Socket.setOption(number, SOL_SOCKET, SO_KEEPALIVE, 1)
    try? Socket.setOption(number, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)
    try? Socket.setOption(number, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 30)
  }

  /// What is waited for besides replies.
  var interest: Readiness { output.isEmpty ? readingWants : readingWants.union(writingWants) }

  var hasOutput: Bool { !output.isEmpty }

  /// Appends bytes to what is to be sent.
  func queue(_ bytes: [UInt8]) { output += bytes }

  /// Sends what goes.
  func flush() throws(ClientError) {
    while !output.isEmpty {
      let sent = try send()
      if sent == 0 { return }
      output.removeFirst(sent)
    }
  }

  private func send() throws(ClientError) -> Int {
    guard socket != nil else { throw lost("it is closed") }
    if let tls {
      do throws(TLSError) {
        let progress = try output.withUnsafeBufferPointer { (bytes) throws(TLSError) in
          try tls.write(UnsafeRawBufferPointer(bytes))
        }
        if case .moved(let count) = progress { return count }
        return 0
      } catch { throw .security(error, on: "the control connection") }
    }
    do throws(SystemError) {
      let progress = try output.withUnsafeBufferPointer { (bytes) throws(SystemError) in
        try Socket.send(number, UnsafeRawBufferPointer(bytes))
      }
      if case .moved(let count) = progress { return count }
      return 0
    } catch { throw lost(error.reason) }
  }

  /// Reads what has come.
  func receive() throws(ClientError) -> Received {
    guard socket != nil else { throw lost("it is closed") }
    return try withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 16) {
      (buffer) throws(ClientError) -> Received in
      let count: Int
      if let tls {
        do throws(TLSError) {
          switch try tls.read(into: buffer) {
          case .moved(let moved): count = moved
          case .wants(let readiness):
            readingWants = readiness
            return .nothing
          case .ended: return .ended
          }
        } catch { throw .security(error, on: "the control connection") }
        readingWants = .readable
      } else {
        do throws(SystemError) {
          guard case .moved(let moved) = try Socket.receive(number, into: buffer) else { return .nothing }
          count = moved
        } catch { throw lost(error.reason) }
        if count == 0 { return .ended }
      }
      reader.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      return .bytes
    }
  }

  /// The next complete reply among what was received; Telnet options are refused on the way.
  func nextReply() throws(ClientError) -> ReceivedReply? {
    do throws(ReplyReader.ReadError) {
      while let event = try reader.next() {
        switch event {
        case .reply(let reply): return reply
        case .telnetAnswer(let bytes): queue(bytes)
        }
      }
      reader.releaseStorage()
      return nil
    } catch {
      throw ClientError(.protocolViolation, "what came is not a reply of FTP", cause: error)
    }
  }

  /// One step of a TLS handshake.
  func handshake(_ connection: TLSConnection) throws(ClientError) -> TLSConnection.Step {
    do throws(TLSError) {
      let step = try connection.handshake()
      if case .done = step { tls = connection }
      return step
    } catch { throw .security(error, on: "the control connection") }
  }

  /// To be called before TLS begins: what came in clear behind the 234 may be anybody's.
  ///
  /// - Returns: whether there was anything.
  func discardInput() -> Bool { reader.discardBufferedBytes() }

  /// Closes, under TLS with close_notify as far as that goes at once.
  func close() {
    guard socket != nil else { return }
    _ = try? tls?.close()
    socket = nil
  }

  private func lost(_ reason: String) -> ClientError {
    ClientError(.connectionLost, "the control connection broke: \(reason)")
  }
}
