// The control socket: accepts operators of this machine, and serves them all on one thread that sessions never wait for.

import ControlProtocol
import Dispatch
import FTPServer
import Glibc
import LinuxSystem
import Logging
import ServerLog
import Synchronization

/// Why a control socket cannot be.
public struct ControlSocketError: Error, Sendable, CustomStringConvertible {
  public let description: String
}

/// A server's control socket (`server.control`).
///
/// It is bound while the process may still do so, and served from ``start()`` on. Nothing happens on its thread while nobody is connected.
public final class ControlServer: Sendable {
  /// The permissions of the socket: its owner and its group may connect.
  public static let mode: UInt32 = 0o660
  /// How many may be connected at a time.
  static let limit = 256
  /// How long what sessions tell is collected before it is sent, in nanoseconds.
  static let linger: Int64 = 10_000_000
  /// How long a list of sessions answers all who ask, in nanoseconds.
  static let listAge: Int64 = 100_000_000

  /// Where it is to be reached: a server that has a successor is reached at another path.
  private let place: Mutex<String>
  public var path: String { place.withLock { $0 } }
  let listener: Descriptor
  let group: UInt32
  let bell: SharedBell
  let logger: Logger
  let log: DaemonLog
  let server: FTPServer
  let actions: any ControlActions
  let bans: (any BanKeeper)?
  let version: String
  let started = MonotonicTime.now
  /// Where actions run that may take their time, one after the other.
  let queue = DispatchQueue(label: "weftpd.control")
  /// Where accounts are looked up and changed.
  let accountQueue = DispatchQueue(label: "weftpd.control.accounts")
  let waitingForAccounts = Atomic(0)
  let diskQueue = DispatchQueue(label: "weftpd.control.disks")
  let isAskingDisks = Atomic(false)
  /// Touched by the thread only.
  nonisolated(unsafe) var watchers: [Watcher] = []
  nonisolated(unsafe) private var nextID: UInt64 = 1
  nonisolated(unsafe) var lastList: (time: MonotonicTime, sessions: [SessionEntry])?
  private let watcherCount = Atomic<Int>(0)
  /// Who waits until what has been asked is answered.
  private let waiting = Mutex<[DispatchSemaphore]>([])

  /// A socket that is bound and listens, before the process has given up its rights.
  public struct Bound: ~Copyable {
    let path: String
    let listener: Descriptor
    let group: UInt32

    /// Listens at `path`; what a process that is gone has left there is replaced.
    ///
    /// - Parameter owner: the user the process is going to be; nil: it stays who it is.
    public init(at path: String, owner: (user: UInt32, group: UInt32)?) throws(ControlSocketError) {
      self.path = path
      do throws(SystemError) {
        listener = try LocalSocket.listen(.packets, at: path, mode: ControlServer.mode, owner: owner)
      } catch {
        throw ControlSocketError(description: "server.control: cannot listen at \(path): \(error.reason)")
      }
      group = owner?.group ?? getegid()
    }

    /// The listening socket, for somebody else to serve; the caller closes it.
    public consuming func takeListener() -> Int32 { listener.release() }

    /// The listener of a server whose place this one takes, which has it bound at `path`.
    public init(
      inherited listener: consuming Descriptor, at path: String, owner: (user: UInt32, group: UInt32)?
    ) {
      self.path = path
      self.listener = listener
      group = owner?.group ?? getegid()
    }
  }

  /// - Parameters:
  ///   - version: what ``ControlRequest/status`` tells.
  ///   - bans: who keeps the addresses that are refused, if anybody does.
  /// - Throws: when there is no descriptor left.
  public init(
    _ bound: consuming Bound, server: FTPServer, actions: any ControlActions, bans: (any BanKeeper)? = nil,
    log: DaemonLog, version: String
  ) throws(SystemError) {
    bell = try SharedBell()
    place = Mutex(bound.path)
    group = bound.group
    self.server = server
    self.actions = actions
    self.bans = bans
    self.log = log
    logger = log.logger()
    self.version = version
    let opened = consume bound
    listener = Self.takeListener(opened)
  }

  private static func takeListener(_ bound: consuming Bound) -> Descriptor { bound.listener }

  /// Operators that are connected.
  public var connections: Int { watcherCount.load(ordering: .relaxed) }

  /// Starts the thread, which lives as long as the process.
  public func start() throws(SystemError) {
    var thread = pthread_t()
    let server = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        ProcessLimits.nameThread("weftpd-control")
        Unmanaged<ControlServer>.fromOpaque(argument).takeUnretainedValue().run()
      }, server.toOpaque())
    guard result == 0 else {
      server.release()
      throw SystemError(code: result, call: "pthread_create")
    }
    pthread_detach(thread)
  }

  /// Waits until what has been asked is answered, or `limit` is over. A process does so before it ends: the kick of its last session ends it,
  /// and whoever asked for that is to be told.
  public func finish(within limit: Duration) {
    let isDone = DispatchSemaphore(value: 0)
    queue.async { [self] in
      waiting.withLock { $0.append(isDone) }
      bell.ring()
    }
    _ = isDone.wait(timeout: .now() + .nanoseconds(Int(limit.inNanoseconds)))
  }

  /// Takes the socket's name away; those who are connected stay until the process ends.
  public func removeName() { unlink(path) }

  /// Listens in place of its listener, which is a successor's from now on. Called on the thread.
  func move(to other: borrowing Descriptor) throws(SystemError) {
    try File.replace(listener.number, by: other.number)
    place.withLock { $0 = Self.path(of: UInt32(getpid()), beside: $0) }
  }

  /// Where a server with a successor is reached.
  public static func path(of process: UInt32, beside path: String) -> String { "\(path).\(process)" }

  /// Takes the names away of sockets that servers with a successor have left.
  public static func removeStale(beside path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let directory = parts.dropLast().joined(separator: "/")
    guard let name = parts.last, let opened = opendir(directory.isEmpty ? "/" : directory) else { return }
    defer { closedir(opened) }
    while let entry = readdir(opened) {
      let other = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard other.hasPrefix("\(name)."), UInt32(other.dropFirst(name.count + 1)) != nil else { continue }
      LocalSocket.removeStale(.packets, at: "\(directory)/\(other)")
    }
  }

  // MARK: the thread

  private func run() -> Never {
    var listensAfter = MonotonicTime.now
    var bellAfter = MonotonicTime.now
    while true {
      let now = MonotonicTime.now
      var entries = [
        PollEntry(now >= bellAfter ? bell.number : -1, .readable),
        PollEntry(now >= listensAfter ? listener.number : -1, .readable),
      ]
      for watcher in watchers {
        // Nothing more is asked of who has not taken the last answer.
        entries.append(PollEntry(watcher.socket.number, watcher.hasOutput ? .writable : .readable))
      }
      Poll.wait(&entries, milliseconds: pause([bellAfter, listensAfter], now))
      if entries[0].isReady {
        bell.silence()
        bellAfter = MonotonicTime.now.advanced(by: Self.linger)
      }
      let finishing = waiting.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
      var lost: [UInt64] = []
      for (watcher, entry) in zip(watchers, entries.dropFirst(2)) {
        if !serve(watcher, entry) { lost.append(watcher.id) }
      }
      for id in lost { drop(id) }
      for isDone in finishing { isDone.signal() }
      if entries[1].isReady, !acceptAll() { listensAfter = MonotonicTime.now.advanced(by: 1_000_000_000) }
    }
  }

  /// How long to wait: until something is looked at again, or a watcher's patience ends.
  private func pause(_ times: [MonotonicTime], _ now: MonotonicTime) -> Int32 {
    let ends = watchers.compactMap { $0.own.stalledSince?.advanced(by: Watcher.patience) }
    guard let next = (times.filter { $0 > now } + ends).min() else { return -1 }
    return Int32(clamping: max(0, next.since(now)) / 1_000_000 + 1)
  }

  /// Takes who waits; false when no descriptor is left for them.
  private func acceptAll() -> Bool {
    do {
      while let socket = try LocalSocket.accept(listener.number) { welcome(socket) }
      return true
    } catch {
      return false
    }
  }

  private func welcome(_ socket: consuming Descriptor) {
    guard let peer = try? LocalSocket.peer(socket.number) else { return }
    guard isAllowed(peer, socket.number) else {
      logger.warning("refused a connection to the control socket of uid \(peer.user), pid \(peer.process)")
      return refuse(socket.number, .notAllowed, "only root, the server's own user and its group may use this socket")
    }
    guard watchers.count < Self.limit else {
      return refuse(socket.number, .tooMany, "\(Self.limit) operators are connected already")
    }
    // An answer that does not fit waits here, not in the kernel.
    watchers.append(Watcher(id: nextID, socket: socket, peer: peer))
    nextID += 1
    watcherCount.store(watchers.count, ordering: .relaxed)
  }

  private func refuse(_ socket: Int32, _ why: ControlRefusal, _ text: String) {
    _ = try? ControlReply.refused(why, text).encoded(id: 0).withUnsafeBytes { try Socket.send(socket, $0) }
  }

  /// The mode of the socket has been asked by the kernel; this holds if somebody has changed it.
  private func isAllowed(_ peer: LocalPeer, _ socket: Int32) -> Bool {
    peer.user == 0 || peer.user == geteuid() || peer.group == group || LocalSocket.peerGroups(socket).contains(group)
  }

  private func drop(_ id: UInt64) {
    guard let index = watchers.firstIndex(where: { $0.id == id }) else { return }
    let watcher = watchers.remove(at: index)
    watcher.end()
    watcherCount.store(watchers.count, ordering: .relaxed)
    if watchers.isEmpty { lastList = nil }
  }

  /// Sends what waits and reads what has come; false when the watcher is gone or is to go.
  private func serve(_ watcher: Watcher, _ entry: PollEntry) -> Bool {
    if watcher.isOverfull || watcher.own.stalledSince.map({ $0.advanced(by: Watcher.patience) <= .now }) ?? false {
      logger.notice("dropped a watcher that does not read (\(watcher.name))")
      return false
    }
    if watcher.send() == .lost { return false }
    guard entry.isReady, !watcher.hasOutput else { return !entry.isBroken }
    return receive(watcher) && watcher.send() != .lost
  }

  private func receive(_ watcher: Watcher) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: ControlLimits.request + 1, alignment: 16) { buffer in
      do {
        // Only who is to take this server's place may give it descriptors; others' are closed by the kernel.
        if watcher.own.isSuccessor { return try receiveGifts(watcher, buffer) }
        guard case .moved(let count) = try LocalSocket.receivePacket(watcher.socket.number, into: buffer) else {
          return true
        }
        if count == 0 { return false }
        let packet = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        let (id, request) = try ControlRequest.read(packet)
        answer(request, id, watcher)
        return true
      } catch is MalformedPacket {
        _ = watcher.post(
          ControlReply.refused(.malformed, "this is no request of version \(ControlLimits.version)").encoded(id: 0))
        return true
      } catch {
        return false
      }
    }
  }
}
