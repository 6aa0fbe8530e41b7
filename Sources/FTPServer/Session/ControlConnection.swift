// The control connection's socket with its input and output: bytes in, commands out; replies in, bytes out.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import MultipathTCP
import TransportSecurity

/// A control connection. It belongs to one session and is touched on that session's executor only.
final class ControlConnection {
  enum Input {
    /// Bytes came in; commands may be ready.
    case received
    /// Nothing there now.
    case nothing
    /// The client has closed its side.
    case ended
    /// The connection is broken.
    case lost
  }

  private let socket: Descriptor
  let peer: SocketAddress
  var reader: CommandReader
  private var output: [UInt8] = []
  private var sent = 0

  /// Whether it was negotiated as a multipath connection. It may fall back later.
  let isMultipath: Bool
  /// What the listener it came from asks of it.
  let rules: ListenerRules
  /// What the balancer has said that has passed the client on; nil: it came by itself. ``peer`` is the client all the same.
  let passage: Passage?

  /// How a client was passed on. By reference: most come by themselves, and an idle session is small.
  final class Passage: Sendable {
    /// Where the client has connected to; nil if the balancer has not said so.
    let announced: SocketAddress?
    /// The user of this host who has done so by a Unix socket; nil: it was done by TCP.
    let user: UInt32?

    init(announced: SocketAddress?, user: UInt32? = nil) { (self.announced, self.user) = (announced, user) }
  }

  /// The user of this host who holds its other end, where it is a Unix socket. Nobody else can listen to it or speak on it.
  var localUser: UInt32? { passage?.user }
  /// The TLS of this connection; kept after CCC, because data connections are bound to it.
  var tls: TLSConnection?
  var protection = Protection.clear

  init(
    owning number: Int32, peer: SocketAddress, lineLimit: Int, isMultipath: Bool = false,
    rules: ListenerRules = ListenerRules(), passage: Passage? = nil
  ) {
    // The paths of a connection that is passed on are the balancer's: they tell nothing of the client.
    self.isMultipath = isMultipath && passage == nil
    self.rules = rules
    self.passage = passage
    socket = Descriptor(owning: number)
    self.peer = peer
    reader = CommandReader(lineLimit: lineLimit)
  }

  var number: Int32 { socket.number }

  private var local: SocketAddress?

  /// This end of the connection: the address the client connected to, if no balancer is in between. Asked for when it is needed: a login alone does not.
  func localAddress() throws(SystemError) -> SocketAddress {
    if let local { return local }
    if localUser != nil { return LocalDoor.address }
    let address = try Socket.localAddress(socket.number)
    // getsockname(2) tells the first path's address even when that path is dead: what lives is asked for anew each time.
    if isMultipath {
      return SocketAddress(MultipathSocket.liveLocalAddress(socket.number) ?? address.address, port: address.port)
    }
    local = address
    return address
  }

  /// Who the client is: by every address it has a path from.
  var peerPolicy: PeerPolicy {
    isMultipath
      ? PeerPolicy(client: peer.address, paths: MultipathSocket.remoteAddresses(socket.number))
      : PeerPolicy(client: peer.address)
  }

  /// Whom data connections may be with: the client, or the user who has passed it on within this host.
  var dataPolicy: PeerPolicy { localUser == nil ? peerPolicy : PeerPolicy(client: LocalDoor.address.address) }

  /// What the connection is, in words.
  var report: String {
    let transport =
      isMultipath
      ? "Multipath TCP: \(ConnectionReport(socket.number))" : localUser == nil ? "TCP" : "a local socket"
    guard let tls, protection == .secured else { return transport }
    return "\(tls.summary) over \(transport)"
  }

  /// How long ``receive(lingering:)`` waits, in milliseconds: longer than a round trip on a local network. The kernel rounds it up to
  /// its ticks, which makes 4 to 8 of it.
  static let linger = 2

  /// Bytes read at once. Commands are short, and more than a KiB would have to be allocated each time.
  private static let piece = 1024

  /// Reads what is there, a KiB (under TLS 4 KiB) at most, into the command reader; with `lingering` it waits up to ``linger`` for it.
  func receive(lingering: Bool = false) -> Input {
    if let tls, protection != .cleared { return receiveSecured(tls, lingering: lingering) }
    return receiveClear(lingering: lingering)
  }

  private func receiveClear(lingering: Bool) -> Input {
    withUnsafeTemporaryAllocation(byteCount: Self.piece, alignment: 16) { buffer in
      do {
        let number = socket.number
        switch try lingering ? Socket.receiveWaiting(number, into: buffer) : Socket.receive(number, into: buffer) {
        case .moved(0): return .ended
        case .moved(let count):
          reader.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
          return .received
        case .wouldBlock: return .nothing
        }
      } catch {
        return .lost
      }
    }
  }

  // MARK: output

  var hasOutput: Bool { sent < output.count }

  var outputCount: Int { output.count - sent }

  func queue(_ reply: Reply) {
    // Taken out and put back: an access that lasts over a call into another module is looked at whenever the property is touched.
    var bytes = output
    output = []
    reply.encode(into: &bytes)
    output = bytes
  }

  func queue(bytes: [UInt8]) { output += bytes }

  /// Sends what is queued as far as the socket takes it; true when all is gone.
  func flush() throws(SystemError) -> Bool {
    while sent < output.count {
      guard case .moved(let count) = try send(output, from: sent) else { return false }
      sent += count
    }
    sent = 0
    var bytes = output
    output = []
    if bytes.capacity > 4096 { return true }
    bytes.removeAll(keepingCapacity: true)
    output = bytes
    return true
  }

  private func send(_ bytes: [UInt8], from start: Int) throws(SystemError) -> Progress {
    try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) -> Progress in
      try send(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...]))
    }
  }

  private func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Progress {
    guard let tls, protection == .secured else { return try Socket.send(socket.number, bytes) }
    do throws(TLSError) { return try tls.write(bytes) } catch { throw error.asSystemError }
  }

  /// Queues `reply` and sends what goes at once: for connections that are closed right after.
  func sendAtOnce(_ reply: Reply) {
    queue(reply)
    _ = try? flush()
    endOutput()
    // Unread input would make close(2) a reset, which can overtake the reply.
    _ = receive()
  }

  /// Lets go of all buffers: a parked session holds none.
  func releaseBuffers() {
    reader.releaseStorage()
    if output.isEmpty { output = [] }
  }
}
