// The counts in memory: what directories hold, what uploads have reserved, and who changes what right now.

import Dispatch
import Synchronization

/// Counts of directories, against which uploads are reserved and changes are settled. Everything but the store's work is done at once, under
/// one lock; the store's work and counting are done on queues of its own.
///
/// A directory that is counted (a *tally*) is known by its real path on the host, so every way to a file leads to the same counts. Before
/// anything changes beneath it, the store is told that it is in use; when nothing has changed for some seconds, the count is stored and it
/// is not in use any more. What was in use when the process ended is counted anew from the disk: so the counts are right after `kill -9`.
public final class QuotaLedger: Sendable {
  /// Counts the files beneath a directory. It may take its time; it is not called on a session's thread.
  public typealias Counter = @Sendable (_ directory: String) -> QuotaUsage?

  struct Tally {
    enum Phase { case unknown, working, counted }
    var phase = Phase.unknown
    var usage = QuotaUsage()
    var reserved = QuotaUsage()
    /// The store knows that it is in use.
    var isMarked = false
    /// It differs from what is stored.
    var isChanged = false
    /// Changes under way: short ones, and uploads that grow in place.
    var entries = 0
    var longEntries = 0
    /// A count, or the change of a whole tree, is under way alone.
    var isAlone = false
    /// Somebody waits to be alone: short changes wait meanwhile.
    var isWanted = false
    var lastUse: Int64 = 0
    /// Somebody outside waits for a count.
    var isRequested = false
    var failures = 0
    /// How often it has been counted, or read.
    var counts = 0
  }

  struct State {
    var tallies: [String: Tally] = [:]
    /// Names of files that change, each by one at a time.
    var names: Set<String> = []
    /// What files that grow in place have been counted with, and by how many uploads each.
    var growing: [String: (usage: QuotaUsage, users: Int)] = [:]
    var waiting: [@Sendable () -> Void] = []
    var traffic: [TrafficKey: Traffic] = [:]
    var lastReport = ""
    var isTicking = false
    var isClosed = false
    var sharing = Sharing()
  }

  struct Traffic {
    /// nil: not read yet.
    var stored: Int64?
    /// Taken since, and not stored.
    var taken: Int64 = 0

    /// So much of what was taken is stored now.
    mutating func move(_ bytes: Int64) {
      taken -= bytes
      stored = (stored ?? 0) + bytes
    }
  }

  let state = Mutex(State())
  /// One lock less for those who have no quotas.
  let isUsed = Atomic<Bool>(false)
  private let place: Mutex<any QuotaStore>
  var store: any QuotaStore { place.withLock { $0 } }
  private let sharedPlace = Mutex<(any SharedQuotaStore)?>(nil)
  private let hasShared = Atomic<Bool>(false)
  /// The store, if other servers share it.
  var shared: (any SharedQuotaStore)? { hasShared.load(ordering: .acquiring) ? sharedPlace.withLock { $0 } : nil }
  let counter: Counter
  let clock: @Sendable () -> Int64
  let tell: @Sendable (String) -> Void
  let queue = DispatchQueue(label: "weftpd.quotas")
  let counting = DispatchQueue(label: "weftpd.quotas.count")
  static let quiet: Int64 = 5_000_000_000

  /// - Parameters:
  ///   - clock: nanoseconds that never jump.
  ///   - tell: told what the operator has to know.
  public init(
    _ store: any QuotaStore = NoQuotaStore(), clock: @escaping @Sendable () -> Int64,
    counting counter: @escaping Counter, tell: @escaping @Sendable (String) -> Void
  ) {
    place = Mutex(store)
    self.clock = clock
    self.counter = counter
    self.tell = tell
    share(store)
  }

  /// Keeps counts there from now on. Call it before anything is counted.
  public func keep(in store: any QuotaStore) {
    place.withLock { $0 = store }
    share(store)
    // Somebody may want something counted that no session has used yet.
    tick()
  }

  private func share(_ store: any QuotaStore) {
    guard let shared = store as? any SharedQuotaStore else { return }
    sharedPlace.withLock { $0 = shared }
    hasShared.store(true, ordering: .releasing)
    // Nothing can be used before the store knows this server.
    queue.async { self.tickShared(shared) }
  }

  /// Whether anything is counted at all.
  public var isActive: Bool { isUsed.load(ordering: .relaxed) }

  /// Tells the operator, but not the same thing every second.
  func report(_ text: String) {
    let isNew = state.withLock { state -> Bool in
      defer { state.lastReport = text }
      return state.lastReport != text
    }
    if isNew { tell("quotas: \(text)") }
  }

  /// Has these directories counted from now on.
  public func watch(_ directories: [String]) {
    if directories.isEmpty { return }
    isUsed.store(true, ordering: .relaxed)
    let new = state.withLock { state -> [String] in
      let new = directories.filter { state.tallies[$0] == nil }
      for directory in new { state.tallies[directory] = Tally() }
      return new
    }
    if !new.isEmpty { work(on: new) }
    tick()
  }

  /// The directories that are counted and contain `path`.
  public func tallies(containing path: String) -> [String] {
    if !isActive { return [] }
    return state.withLock { state in Self.tallies(containing: path, state) }
  }

  static func tallies(containing path: String, _ state: borrowing State) -> [String] {
    var found: [String] = []
    if state.tallies["/"] != nil { found.append("/") }
    let bytes = path.utf8
    var end = bytes.startIndex
    while end < bytes.endIndex {
      let next = bytes[bytes.index(after: end)...].firstIndex(of: 0x2F) ?? bytes.endIndex
      let prefix = String(Substring(bytes[..<next]))
      if prefix != "/", state.tallies[prefix] != nil { found.append(prefix) }
      end = next
    }
    return found
  }

  /// The directories that are counted and lie beneath `path`, or are it.
  public func tallies(within path: String) -> [String] {
    if !isActive { return [] }
    return state.withLock { $0.tallies.keys.filter { QuotaBound.contains(path, $0) } }
  }

  /// How bounds stand; nil where something has not been counted yet.
  public func standings(_ bounds: [QuotaBound]) -> [QuotaStanding]? {
    state.withLock { state in
      var standings: [QuotaStanding] = []
      for bound in bounds {
        guard let usage = Self.usage(of: bound, state) else { return nil }
        let others = bound.directories.reduce(QuotaUsage()) { $0 + (state.sharing.shares[$1]?.others ?? QuotaUsage()) }
        standings.append(QuotaStanding(bound: bound, usage: usage + others))
      }
      return standings
    }
  }

  static func usage(of bound: QuotaBound, _ state: borrowing State) -> QuotaUsage? {
    var sum = QuotaUsage()
    for directory in bound.directories {
      guard let tally = state.tallies[directory], tally.phase == .counted else { return nil }
      sum += tally.usage + tally.reserved
    }
    return sum
  }

  // MARK: reservations

  /// Reserves room, or gives some back, beneath `tallies`.
  ///
  /// - Returns: whether there was room within `bounds`; if not, nothing has changed. What makes less is always allowed.
  public func reserve(_ change: QuotaUsage, in tallies: [String], within bounds: [QuotaBound]) -> Bool {
    state.withLock { state in
      for bound in bounds where bound.directories.contains(where: tallies.contains) {
        // What is not counted yet has been waited for: it is counted again meanwhile, and nobody can tell.
        guard let usage = Self.usage(of: bound, state) else { continue }
        if !bound.admits(usage + change, after: change) { return false }
      }
      for tally in tallies { state.tallies[tally]?.reserved += change }
      return true
    }
  }

  /// Counts a change that has happened, and gives back what was reserved for it.
  ///
  /// - Parameter epoch: that of the reservation (``epoch``): what was reserved before is void.
  public func settle(
    _ change: QuotaUsage, in tallies: [String], reserved: QuotaUsage = QuotaUsage(), epoch: Int? = nil
  ) {
    if change.isZero, reserved.isZero { return }
    let now = clock()
    state.withLock { state in
      let isVoid = epoch.map { $0 != state.sharing.epoch } ?? false
      for tally in tallies {
        state.tallies[tally]?.usage += change
        if !isVoid { state.tallies[tally]?.reserved -= reserved }
        state.tallies[tally]?.lastUse = now
        if !change.isZero { state.tallies[tally]?.isChanged = true }
      }
    }
  }

  /// What was counted there is not known any more: it is counted anew before anything else changes.
  public func forget(_ tallies: [String]) {
    if tallies.isEmpty { return }
    state.withLock { state in
      for tally in tallies where state.tallies[tally]?.phase == .counted {
        state.tallies[tally]?.phase = .unknown
        state.tallies[tally]?.isChanged = true
      }
    }
    work(on: tallies)
  }

  // MARK: files that grow in place

  /// An upload begins to write into a file of which `usage` is counted.
  public func beginGrowing(_ path: String, from usage: QuotaUsage) {
    state.withLock { state in
      let present = state.growing[path]
      state.growing[path] = (present?.usage ?? usage, (present?.users ?? 0) + 1)
    }
  }

  /// The change from what is counted of a file to what it is now.
  ///
  /// - Parameter before: what was counted if nobody writes into it.
  public func change(of path: String, from before: QuotaUsage, to now: QuotaUsage) -> QuotaUsage {
    state.withLock { state in
      guard let counted = state.growing[path]?.usage else { return now - before }
      state.growing[path]?.usage = now
      return now - counted
    }
  }

  /// What is counted of a file that grows in place; nil if none does.
  public func counted(ofGrowing path: String) -> QuotaUsage? { state.withLock { $0.growing[path]?.usage } }

  public func endGrowing(_ path: String) {
    state.withLock { state in
      guard let users = state.growing[path]?.users else { return }
      if users > 1 { state.growing[path]?.users = users - 1 } else { state.growing[path] = nil }
    }
  }
}
