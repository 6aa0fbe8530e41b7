// What the ledger does on its own queues: it reads and marks what is used, counts, stores, and looks for requests.

import Dispatch
import Glibc

extension QuotaLedger {
  /// Does what has become due for these directories, on the ledger's queue.
  func work(on names: [String]) { queue.async { self.markAndRead(names) } }

  /// Reads what the store has of new directories, marks those that are used, and has those counted that nobody can tell of.
  private func markAndRead(_ names: [String]) {
    let now = clock()
    let due = state.withLock { state -> [(String, Tally)] in
      var due: [(String, Tally)] = []
      for name in names {
        guard let tally = state.tallies[name] else { continue }
        let wantsMark = tally.phase == .counted && !tally.isMarked && now - tally.lastUse < Self.quiet
        guard tally.phase == .unknown || wantsMark else { continue }
        if tally.phase == .unknown { state.tallies[name]?.phase = .working }
        due.append((name, tally))
      }
      return due
    }
    for (name, tally) in due {
      if tally.phase == .unknown { read(name, tally) } else { mark([name]) }
    }
  }

  private func read(_ name: String, _ tally: Tally) {
    if let shared { return readShared(name, tally, shared) }
    do throws(QuotaStoreError) {
      // What has been counted in this process, and is to be counted again, is not asked of the store.
      if !tally.isChanged, let stored = try store.tally(of: name), !stored.isInUse {
        try store.save([StoredTally(name, stored.usage, isInUse: true)])
        return counted(name, stored.usage, isMarked: true)
      }
      // Before anything can change: what is counted must not be taken for true if the process ends meanwhile.
      try store.save([StoredTally(name, tally.usage, isInUse: true)])
    } catch {
      report("\(error)")
    }
    count(name)
  }

  private func mark(_ names: [String]) {
    if let shared { return markShared(names, shared) }
    let usages = state.withLock { state in
      names.map { StoredTally($0, state.tallies[$0]?.usage ?? QuotaUsage(), isInUse: true) }
    }
    do throws(QuotaStoreError) { try store.save(usages) } catch { report("\(error)") }
    wakeAll { state in
      for name in names { state.tallies[name]?.isMarked = true }
    }
  }

  /// Counts a directory when nothing changes beneath it.
  func count(_ name: String) {
    let mayBegin = state.withLock { state -> Bool in
      guard let tally = state.tallies[name] else { return false }
      if tally.isAlone || tally.entries + tally.longEntries > 0 {
        state.tallies[name]?.isWanted = true
        return false
      }
      state.tallies[name]?.isAlone = true
      state.tallies[name]?.isWanted = false
      return true
    }
    guard mayBegin else {
      queue.asyncAfter(deadline: .now() + .milliseconds(20)) { self.count(name) }
      return
    }
    if let shared, !mayCountShared(name, shared) { return }
    counting.async {
      let usage = self.counter(name)
      self.queue.async { self.finishCount(name, usage) }
    }
  }

  private func finishCount(_ name: String, _ usage: QuotaUsage?) {
    if usage == nil { report("\(name) cannot be counted") }
    if let shared { return finishSharedCount(name, usage ?? QuotaUsage(), shared) }
    let isRequested = state.withLock { state -> Bool in
      state.tallies[name]?.isAlone = false
      defer { state.tallies[name]?.isRequested = false }
      return state.tallies[name]?.isRequested ?? false
    }
    // What cannot be counted has nothing that anybody could fill.
    counted(name, usage ?? QuotaUsage(), isMarked: true)
    do throws(QuotaStoreError) {
      try store.save([StoredTally(name, usage ?? QuotaUsage(), isInUse: true)])
      if isRequested { try store.fulfilled(name) }
    } catch {
      report("\(error)")
    }
  }

  func counted(_ name: String, _ usage: QuotaUsage, isMarked: Bool) {
    let now = clock()
    wakeAll { state in
      state.tallies[name]?.usage = usage
      state.tallies[name]?.counts += 1
      state.tallies[name]?.phase = .counted
      state.tallies[name]?.isMarked = isMarked
      state.tallies[name]?.isChanged = false
      state.tallies[name]?.lastUse = now
    }
  }

  func wakeAll(_ change: (inout State) -> Void) {
    let waiting = state.withLock { state in
      change(&state)
      return Self.takeWaiting(&state)
    }
    for wake in waiting { wake() }
  }

  // MARK: every second

  /// Has the store's regular work done from now on.
  func tick() {
    let isNew = state.withLock { state -> Bool in
      defer { state.isTicking = true }
      return !state.isTicking && !state.isClosed
    }
    if isNew { tickLater() }
  }

  private func tickLater() {
    queue.asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in
      guard let self, !self.state.withLock({ $0.isClosed }) else { return }
      if let shared = self.shared { self.tickShared(shared) }
      self.saveChanges(isLast: false)
      self.saveTraffic()
      self.lookForRequests()
      self.tickLater()
    }
  }

  /// Stores what has changed; what has been quiet for a while is not in use any more.
  func saveChanges(isLast: Bool) {
    if let shared { return saveShared(isLast: isLast, shared) }
    let now = clock()
    let due = state.withLock { state -> [StoredTally] in
      var due: [StoredTally] = []
      for (name, tally) in state.tallies where tally.phase == .counted && tally.isMarked {
        let isBusy = tally.entries + tally.longEntries > 0 || tally.isAlone
        let isQuiet = !isBusy && tally.reserved.isZero && now - tally.lastUse >= Self.quiet
        let ends = isLast ? !isBusy : isQuiet
        if !ends, !tally.isChanged { continue }
        state.tallies[name]?.isChanged = false
        if ends { state.tallies[name]?.isMarked = false }
        due.append(StoredTally(name, tally.usage, isInUse: !ends))
      }
      return due
    }
    if due.isEmpty { return }
    do throws(QuotaStoreError) { try store.save(due) } catch {
      report("\(error)")
      state.withLock { state in
        // The store has it for used still, or for used again: what it has is not taken for true.
        for tally in due {
          state.tallies[tally.directory]?.isChanged = true
          state.tallies[tally.directory]?.isMarked = true
        }
      }
    }
  }

  private func lookForRequests() {
    let requests: [String]
    do throws(QuotaStoreError) { requests = try store.requests() } catch { return report("\(error)") }
    for name in requests {
      isUsed.store(true, ordering: .relaxed)
      state.withLock { state in
        var tally = state.tallies[name] ?? Tally()
        tally.isRequested = true
        // What the store has of it is not asked for.
        tally.isChanged = true
        if tally.phase == .counted { tally.phase = .unknown }
        state.tallies[name] = tally
      }
    }
    if !requests.isEmpty { markAndRead(requests) }
  }

  /// Counts a directory again when nothing changes beneath it, and waits for that: for a thread that may wait.
  ///
  /// A directory of which nothing is kept is only counted.
  /// - Returns: what it holds here; nil where it cannot be counted, or was not in time.
  public func recount(_ name: String, within limit: Duration) -> QuotaUsage? {
    let isKept = state.withLock { $0.tallies[name] != nil }
    let isStored = queue.sync { (try? store.tally(of: name)) ?? nil } != nil
    guard isKept || isStored else { return counter(name) }
    let deadline = clock() + limit.components.seconds * 1_000_000_000
    isUsed.store(true, ordering: .relaxed)
    let number = state.withLock { state -> Int in
      var tally = state.tallies[name] ?? Tally()
      // What the store has of it is not asked for.
      tally.isChanged = true
      if tally.phase == .counted { tally.phase = .unknown }
      state.tallies[name] = tally
      return tally.counts
    }
    work(on: [name])
    while clock() < deadline {
      let (usage, isDone) = state.withLock { state in
        (state.tallies[name]?.usage, state.tallies[name].map { $0.counts > number } ?? true)
      }
      if isDone { return usage }
      usleep(20_000)
    }
    return nil
  }

  /// Stores everything as it is now: another process has the store from now on. It waits for the store.
  public func flush() {
    queue.sync {
      saveChanges(isLast: false)
      saveTraffic()
    }
  }

  /// Stores everything: the server has ended, nothing changes any more. It waits for the store.
  public func close() {
    queue.sync {
      saveChanges(isLast: true)
      saveTraffic()
      do throws(QuotaStoreError) { try shared?.retire() } catch { report("\(error)") }
      state.withLock { $0.isClosed = true }
    }
  }
}
