// One connection to the control socket: what waits to be sent to it, and what it has subscribed to.

import ControlProtocol
import FTPServer
import LinuxSystem
import ServerLog
import Synchronization

/// A client of the control socket. The socket's thread alone reads and writes its descriptor; any thread may put packets into its box.
final class Watcher: Sendable {
  private struct Box {
    var packets: [[UInt8]] = []
    /// The first of ``packets`` that is not sent yet.
    var next = 0
    /// Bytes of those that are not sent yet.
    var bytes = 0
    /// More came than it reads: it is to be dropped.
    var isOverfull = false
    var isOver = false

    mutating func removeFirst() {
      bytes -= packets[next].count
      packets[next] = []
      next += 1
      if next == packets.count {
        packets.removeAll(keepingCapacity: packets.capacity <= 256)
        next = 0
      }
    }
  }

  /// What only the socket's thread touches.
  struct Own {
    /// What is left of a list that is being sent.
    var list: ListInProgress?
    var events: EventWatch?
    var log: LogTap?
    /// Since when it has taken nothing although something waits.
    var stalledSince: MonotonicTime?
    /// It has been given the listeners, and is going to take this server's place.
    var isSuccessor = false
  }

  let id: UInt64
  let socket: Descriptor
  let peer: LocalPeer
  private let box = Mutex(Box())
  /// Touched by the socket's thread only.
  nonisolated(unsafe) var own = Own()

  /// How much may wait for a watcher that has subscribed to something.
  static let boxLimit = 1 << 20
  /// How long a watcher may take nothing of what waits for it, in nanoseconds.
  static let patience: Int64 = 10_000_000_000

  init(id: UInt64, socket: consuming Descriptor, peer: LocalPeer) {
    self.id = id
    self.socket = socket
    self.peer = peer
  }

  /// Who it is, for the log.
  var name: String { "uid \(peer.user), pid \(peer.process)" }

  /// Puts a packet at the end of what waits.
  ///
  /// - Returns: whether the socket's thread has to hear of it.
  func post(_ packet: [UInt8]) -> Bool {
    box.withLock { box in
      guard !box.isOver, !box.isOverfull else { return false }
      if box.bytes + packet.count > Self.boxLimit {
        box.isOverfull = true
        return true
      }
      box.packets.append(packet)
      box.bytes += packet.count
      return box.packets.count - box.next == 1
    }
  }

  var isOverfull: Bool { box.withLock { $0.isOverfull } }

  /// Whether something waits to be sent.
  var hasOutput: Bool { box.withLock { $0.next < $0.packets.count } || own.list != nil }

  /// What sending has come to.
  enum Sending { case done, blocked, lost }

  /// Sends what waits, as far as the client takes it.
  func send() -> Sending {
    while true {
      guard let packet = box.withLock({ box in box.next < box.packets.count ? box.packets[box.next] : nil }) else {
        guard var list = own.list else {
          own.stalledSince = nil
          return .done
        }
        let next = list.nextPacket()
        own.list = list.isDone ? nil : list
        _ = post(next)
        continue
      }
      do {
        // A packet goes whole or not at all.
        guard case .moved = try packet.withUnsafeBytes({ try Socket.send(socket.number, $0) }) else {
          if own.stalledSince == nil { own.stalledSince = .now }
          return .blocked
        }
        own.stalledSince = nil
        box.withLock { $0.removeFirst() }
      } catch {
        return .lost
      }
    }
  }

  /// Ends what it has subscribed to; nothing is put into its box any more.
  func end() {
    own.events?.end()
    own.log?.end()
    own = Own()
    box.withLock { box in
      box.isOver = true
      box.packets = []
      box.next = 0
    }
  }
}

/// A list that is sent packet by packet, each made when the one before has gone: ten thousand sessions never wait in memory as bytes.
struct ListInProgress {
  private enum Entries {
    case sessions(ArraySlice<SessionEntry>)
    case bans(ArraySlice<BanEntry>)
  }

  private let id: UInt32
  private var entries: Entries
  private var count: UInt32 = 0
  private(set) var isDone = false

  init(_ sessions: [SessionEntry], id: UInt32) {
    entries = .sessions(sessions[...])
    self.id = id
  }

  init(_ bans: [BanEntry], id: UInt32) {
    entries = .bans(bans[...])
    self.id = id
  }

  mutating func nextPacket() -> [UInt8] {
    switch entries {
    case .sessions(let rest) where !rest.isEmpty:
      let (taken, packet) = ControlReply.packet(of: rest, id: id)
      entries = .sessions(rest.dropFirst(taken))
      count += UInt32(taken)
      return packet
    case .bans(let rest) where !rest.isEmpty:
      let (taken, packet) = ControlReply.packet(of: rest, id: id)
      entries = .bans(rest.dropFirst(taken))
      count += UInt32(taken)
      return packet
    default:
      isDone = true
      return ControlReply.done(count).encoded(id: id)
    }
  }
}
