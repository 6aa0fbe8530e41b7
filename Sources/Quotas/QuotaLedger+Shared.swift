// Quotas that several servers share: what this one holds, and how it asks for more and gives back.

import Dispatch

extension QuotaLedger {
  /// What is known of the other servers.
  struct Sharing {
    var shares: [String: QuotaShare] = [:]
    /// Subjects whose share is being changed in the store: until it has answered, nothing is taken of them.
    var asked: Set<String> = []
    /// Rises when everything this server held has become void.
    var epoch = 0
    var requests: [QuotaRequest] = []
    /// Since when the store has not answered; nil: it does.
    var awaySince: Int64?
    /// The keys of subjects that are no directories, and when each was last refused or used.
    var keys: [String: TrafficKey] = [:]
    var refused: [String: Int64] = [:]
    var askedOthers: [String: Int64] = [:]
    var used: [String: Int64] = [:]
    /// Counts of others that could not be given up yet.
    var scans: Set<String> = []
    /// Directories in which nothing may change because others count them.
    var paused: Set<String> = []
    var isAttending = false
  }

  /// What a server asks for beyond its need, so as not to ask for every file.
  static let chunk = QuotaUsage(bytes: 16 << 20, files: 64)
  /// What it keeps of that when it has something to save.
  static let slack = QuotaUsage(bytes: 32 << 20, files: 128)
  static let trafficChunk: Int64 = 4 << 20
  /// Nanoseconds for which others are given time to give something back, and for which an answer is waited for.
  static let grace: Int64 = 2_000_000_000
  /// How long somebody waits for a store that does not answer, in nanoseconds.
  public static let patience: Int64 = 10_000_000_000

  /// Whether other servers share the store.
  public var isShared: Bool { shared != nil }

  /// Changes when what was reserved has become void.
  public var epoch: Int { state.withLock { $0.sharing.epoch } }

  /// Whether the store does not answer.
  public var isAway: Bool {
    guard let shared else { return false }
    return !shared.isTrusted || state.withLock { $0.sharing.awaySince != nil }
  }

  func noteAway(_ error: QuotaStoreError) {
    let now = clock()
    state.withLock { state in
      if state.sharing.awaySince == nil { state.sharing.awaySince = now }
    }
    report("\(error)")
  }

  func noteAnswer() {
    let wasAway = state.withLock { state in
      defer { state.sharing.awaySince = nil }
      return state.sharing.awaySince != nil
    }
    if wasAway { report("the store answers again") }
  }

  // MARK: reservations

  /// Reserves room beneath `tallies`, or begins to ask for it.
  ///
  /// - Parameters:
  ///   - extra: what would be welcome beside.
  ///   - wake: called when a request has its outcome, by any thread.
  /// - Returns: the outcome, or the request whose outcome it will be.
  public func ask(
    for change: QuotaUsage, extra: QuotaUsage = QuotaUsage(), in tallies: [String], within bounds: [QuotaBound],
    wake: @escaping @Sendable () -> Void
  ) -> (outcome: QuotaOutcome?, request: QuotaRequest?) {
    guard let shared else {
      return (reserve(change, in: tallies, within: bounds) ? .made(epoch: 0) : .refused, nil)
    }
    let relevant = bounds.filter { $0.directories.contains(where: tallies.contains) }
    let isTrusted = shared.isTrusted
    let now = clock()
    let (epoch, request) = state.withLock { state -> (Int?, QuotaRequest?) in
      if change.growth.isZero || (isTrusted && Self.isHeld(change, in: tallies, within: relevant, state)) {
        for tally in tallies { state.tallies[tally]?.reserved += change }
        return (state.sharing.epoch, nil)
      }
      let request = QuotaRequest(change, extra: extra, in: tallies, within: relevant, at: now, wake: wake)
      state.sharing.requests.append(request)
      return (nil, request)
    }
    if let epoch { return (.made(epoch: epoch), nil) }
    queue.async { self.answerRequests(shared) }
    return (nil, request)
  }

  /// Whether this server holds so much more, and all that it holds is within the bounds, whatever others do.
  private static func isHeld(
    _ change: QuotaUsage, in tallies: [String], within bounds: [QuotaBound], _ state: borrowing State
  ) -> Bool {
    for name in tallies {
      guard let tally = state.tallies[name] else { continue }
      guard let share = state.sharing.shares[name], !state.sharing.asked.contains(name) else { return false }
      let wanted = tally.usage + tally.reserved + change
      if change.bytes > 0, wanted.bytes > share.held.bytes { return false }
      if change.files > 0, wanted.files > share.held.files { return false }
    }
    for bound in bounds {
      var sum = QuotaUsage()
      for name in bound.directories {
        guard let share = state.sharing.shares[name] else { return false }
        sum += QuotaUsage.greatest(share.held, has(name, state)) + share.othersHeld
      }
      if !bound.admits(sum, after: change) { return false }
    }
    return true
  }

  /// Reserves of what this server holds already, without asking anybody.
  ///
  /// - Returns: how many bytes there were, `bytes` at most.
  public func reserveHeld(upTo bytes: Int64, in tallies: [String], within bounds: [QuotaBound]) -> Int64 {
    guard let shared, shared.isTrusted, bytes > 0 else { return 0 }
    let relevant = bounds.filter { $0.directories.contains(where: tallies.contains) }
    return state.withLock { state in
      var most = bytes
      for name in tallies {
        guard let tally = state.tallies[name] else { continue }
        most = min(most, (state.sharing.shares[name]?.held.bytes ?? 0) - (tally.usage + tally.reserved).bytes)
      }
      guard most > 0, Self.isHeld(QuotaUsage(bytes: most), in: tallies, within: relevant, state) else { return 0 }
      for tally in tallies { state.tallies[tally]?.reserved += QuotaUsage(bytes: most) }
      return most
    }
  }

  static func has(_ subject: String, _ state: borrowing State) -> QuotaUsage {
    if let tally = state.tallies[subject] { return tally.usage + tally.reserved }
    guard let key = state.sharing.keys[subject] else { return QuotaUsage() }
    return QuotaUsage(bytes: sum(state.traffic[key]))
  }

  /// Nobody waits for it any more: what it got goes back.
  public func abandon(_ request: QuotaRequest) {
    let outcome = request.state.withLock { state in
      state.isAbandoned = true
      return state.outcome
    }
    if case .made(let epoch)? = outcome {
      settle(QuotaUsage(), in: request.tallies, reserved: request.change, epoch: epoch)
    }
  }

  // MARK: asking the store

  private func answerRequests(_ shared: any SharedQuotaStore) {
    let requests = state.withLock { state in
      defer { state.sharing.requests = [] }
      return state.sharing.requests
    }
    var later: [QuotaRequest] = []
    for request in requests where !request.state.withLock({ $0.isAbandoned }) {
      if !answer(request, shared) { later.append(request) }
    }
    if later.isEmpty { return }
    state.withLock { $0.sharing.requests += later }
    queue.asyncAfter(deadline: .now() + .milliseconds(100)) { self.answerRequests(shared) }
  }

  /// - Returns: false if it has to be asked again.
  private func answer(_ request: QuotaRequest, _ shared: any SharedQuotaStore) -> Bool {
    let isTrusted = shared.isTrusted
    let now = clock()
    let (ask, epoch) = state.withLock { state -> (QuotaAsk?, Int) in
      if isTrusted, Self.isHeld(request.change, in: request.tallies, within: request.bounds, state) {
        for tally in request.tallies { state.tallies[tally]?.reserved += request.change }
        return (nil, state.sharing.epoch)
      }
      return (
        Self.begin(
          growing: request.tallies, need: request.change.growth, extra: request.extra, request.bounds, &state),
        state.sharing.epoch
      )
    }
    guard var ask else {
      deliver(request, .made(epoch: epoch))
      return true
    }
    ask.isFirst = request.state.withLock { !$0.hasAskedOthers }
    guard isTrusted, let answer = askStore(ask, shared) else {
      state.withLock { state in
        for holding in ask.holdings { state.sharing.asked.remove(holding.subject) }
      }
      guard now - request.start >= Self.patience else { return false }
      deliver(request, .unavailable)
      return true
    }
    let isMade = answer.verdict == .granted
    let isCurrent = state.withLock { state in
      guard state.sharing.epoch == epoch else { return false }
      if isMade { for tally in request.tallies { state.tallies[tally]?.reserved += request.change } }
      return true
    }
    if !isCurrent { return false }
    switch answer.verdict {
    case .granted: deliver(request, .made(epoch: epoch))
    case .asked where now - request.start < Self.grace:
      request.state.withLock { $0.hasAskedOthers = true }
      return false
    case .asked, .short: deliver(request, .refused)
    }
    return true
  }

  private func deliver(_ request: QuotaRequest, _ outcome: QuotaOutcome) {
    if !request.finish(outcome), case .made(let epoch) = outcome {
      settle(QuotaUsage(), in: request.tallies, reserved: request.change, epoch: epoch)
    }
  }

  /// What to ask; from here on nothing is taken of these until the store has answered.
  private static func begin(
    growing: [String], need: QuotaUsage, extra: QuotaUsage, _ bounds: [QuotaBound], _ state: inout State
  ) -> QuotaAsk {
    var holdings: [QuotaHolding] = []
    for subject in Set(growing).union(bounds.flatMap(\.directories)) {
      holdings.append(
        QuotaHolding(subject: subject, has: has(subject, state), grows: growing.contains(subject)))
      state.sharing.asked.insert(subject)
    }
    return QuotaAsk(holdings: holdings, need: need, extra: extra, bounds: bounds)
  }

  /// Asks, and takes in how things are shared then; nil: there was no answer.
  private func askStore(_ ask: QuotaAsk, _ shared: any SharedQuotaStore) -> QuotaAnswer? {
    do throws(QuotaStoreError) {
      let answer = try shared.hold(ask)
      noteAnswer()
      state.withLock { state in
        for holding in ask.holdings {
          state.sharing.asked.remove(holding.subject)
          state.sharing.shares[holding.subject] = answer.shares[holding.subject]
        }
      }
      return answer
    } catch {
      noteAway(error)
      state.withLock { state in
        for holding in ask.holdings {
          state.sharing.asked.remove(holding.subject)
          // Nobody knows whether the store has heard it. So much it was told in any case.
          if let held = state.sharing.shares[holding.subject]?.held {
            state.sharing.shares[holding.subject]?.held = QuotaUsage(
              bytes: min(held.bytes, holding.has.bytes), files: min(held.files, holding.has.files))
          }
        }
      }
      return nil
    }
  }

  // MARK: bytes that are moved

  func prepareShared(_ keys: [TrafficKey], _ shared: any SharedQuotaStore) {
    queue.async {
      do throws(QuotaStoreError) {
        for key in keys {
          let own = try shared.traffic(key)
          let others = try shared.shares(of: [key.subject])[key.subject] ?? QuotaShare()
          self.noteAnswer()
          self.state.withLock { state in
            state.sharing.keys[key.subject] = key
            if state.traffic[key]?.stored == nil { state.traffic[key, default: Traffic()].stored = own }
            if state.sharing.shares[key.subject] == nil {
              state.sharing.shares[key.subject] = QuotaShare(
                held: QuotaUsage(bytes: own), others: others.others, othersHeld: others.othersHeld)
            }
          }
        }
        self.wakeAll { _ in }
      } catch {
        // Those who wait try again.
        self.noteAway(error)
      }
    }
  }

  func takeShared(
    upTo bytes: Int64, of limits: [(key: TrafficKey, limit: Int64)], _ shared: any SharedQuotaStore
  ) -> Int64? {
    let isTrusted = shared.isTrusted
    let now = clock()
    let (taken, asks) = state.withLock { state -> (Int64?, Bool) in
      var most = bytes
      var (isRefused, isAsked) = (false, false)
      for (key, limit) in limits {
        let subject = key.subject
        state.sharing.used[subject] = now
        let has = Self.sum(state.traffic[key])
        if let share = state.sharing.shares[subject], isTrusted, !state.sharing.asked.contains(subject),
          max(share.held.bytes, has) + share.othersHeld.bytes <= limit || has >= limit
        {
          most = min(most, share.held.bytes - has)
        } else {
          most = 0
        }
        if let moment = state.sharing.refused[subject], now - moment < 1_000_000_000 { isRefused = true }
        if state.sharing.asked.contains(subject) { isAsked = true }
      }
      if most > 0 {
        for (key, _) in limits { state.traffic[key, default: Traffic()].taken += most }
        return (most, false)
      }
      return (isRefused ? 0 : nil, !isRefused && !isAsked)
    }
    if asks { queue.async { self.askForTraffic(limits, shared) } }
    return taken
  }

  private func askForTraffic(_ limits: [(key: TrafficKey, limit: Int64)], _ shared: any SharedQuotaStore) {
    let subjects = limits.map(\.key.subject)
    let bounds = limits.map { QuotaBound([$0.key.subject], bytes: UInt64(clamping: $0.limit), files: nil) }
    let ask = state.withLock { state -> QuotaAsk? in
      // Several sessions may have asked for the same.
      if subjects.contains(where: state.sharing.asked.contains) { return nil }
      for (key, _) in limits { state.sharing.keys[key.subject] = key }
      return Self.begin(
        growing: subjects, need: QuotaUsage(bytes: 1), extra: QuotaUsage(bytes: Self.trafficChunk), bounds, &state)
    }
    let now = clock()
    guard var ask else { return }
    // Others have been asked a moment ago.
    let asked = state.withLock { state in subjects.compactMap { state.sharing.askedOthers[$0] }.max() }
    if let asked { ask.isFirst = now - asked > 5 * Self.grace }
    guard let answer = askStore(ask, shared) else { return }
    let isRefused = answer.verdict == .short || answer.verdict == .asked && !ask.isFirst && now - (asked ?? now) > Self.grace
    state.withLock { state in
      for subject in subjects {
        state.sharing.refused[subject] = isRefused ? now : nil
        if answer.verdict == .asked, ask.isFirst { state.sharing.askedOthers[subject] = now }
      }
    }
  }

  /// Saves what was moved, and gives back what is held and not used: all of it of what is `trimmed`.
  func saveSharedTraffic(_ shared: any SharedQuotaStore, trimming trimmed: Set<String> = []) {
    let now = clock()
    let due = state.withLock { state -> [(StoredTally, TrafficKey, Int64)] in
      Self.dropThePast(&state)
      var due: [(StoredTally, TrafficKey, Int64)] = []
      for (subject, key) in state.sharing.keys {
        guard let traffic = state.traffic[key] else {
          state.sharing.keys[subject] = nil
          state.sharing.refused[subject] = nil
          state.sharing.askedOthers[subject] = nil
          state.sharing.used[subject] = nil
          state.sharing.shares[subject] = nil
          continue
        }
        let has = Self.sum(traffic)
        let held = state.sharing.shares[subject]?.held.bytes ?? has
        let isQuiet = trimmed.contains(subject) || now - (state.sharing.used[subject] ?? 0) > Self.quiet
        guard traffic.taken != 0 || (isQuiet && held != has), !state.sharing.asked.contains(subject) else { continue }
        let usage = QuotaUsage(bytes: has)
        let rest = QuotaUsage(bytes: isQuiet ? has : max(has, min(held, has + 4 * Self.trafficChunk)))
        state.sharing.asked.insert(subject)
        state.traffic[key]?.move(traffic.taken)
        due.append(
          (StoredTally(subject, usage, isInUse: false, held: rest, isTrimmed: rest == usage), key, traffic.taken))
      }
      return due
    }
    save(due.map(\.0), shared) { state in
      for (_, key, taken) in due { state.traffic[key]?.move(-taken) }
    }
  }

  // MARK: saving

  /// Saves these, whose subjects are among the asked ones, and takes over what is held then.
  @discardableResult
  private func save(
    _ tallies: [StoredTally], _ shared: any SharedQuotaStore, undoing undo: (inout State) -> Void
  ) -> Bool {
    if tallies.isEmpty { return true }
    var failure: QuotaStoreError?
    do throws(QuotaStoreError) { try shared.save(tallies) } catch { failure = error }
    if let failure { noteAway(failure) } else { noteAnswer() }
    state.withLock { state in
      for tally in tallies {
        state.sharing.asked.remove(tally.directory)
        guard let held = tally.held, var share = state.sharing.shares[tally.directory] else { continue }
        share.held = QuotaUsage(
          bytes: min(share.held.bytes, held.bytes), files: min(share.held.files, held.files))
        state.sharing.shares[tally.directory] = share
      }
      if failure != nil { undo(&state) }
    }
    return failure == nil
  }

  /// Saves what has changed, and gives back what is held and not used.
  ///
  /// - Parameters:
  ///   - trimmed: give back all of it there.
  ///   - quiet: another server wants to count there, so nothing may be in use any more as soon as nothing changes.
  func saveShared(
    isLast: Bool, _ shared: any SharedQuotaStore, trimming trimmed: Set<String> = [], pausing quiet: Set<String> = []
  ) {
    let now = clock()
    let due = state.withLock { state -> [StoredTally] in
      var due: [StoredTally] = []
      for (name, tally) in state.tallies where tally.phase == .counted && tally.isMarked {
        if state.sharing.asked.contains(name) { continue }
        let isBusy = tally.entries + tally.longEntries > 0 || tally.isAlone
        let isQuiet = !isBusy && tally.reserved.isZero && now - tally.lastUse >= Self.quiet
        let isPaused = quiet.contains(name)
        if isPaused, isBusy { state.tallies[name]?.isWanted = true }
        let ends = isLast || isPaused ? !isBusy : isQuiet
        let has = tally.usage + tally.reserved
        let held = state.sharing.shares[name]?.held ?? has
        let isTrimmed = trimmed.contains(name)
        let isTooMuch = !held.fits(in: has + Self.slack)
        if !ends, !tally.isChanged, !isTooMuch, !isTrimmed { continue }
        state.tallies[name]?.isChanged = false
        if ends {
          state.tallies[name]?.isMarked = false
          state.tallies[name]?.isWanted = false
        }
        let rest: QuotaUsage
        if ends || isTrimmed {
          rest = has
        } else {
          rest = QuotaUsage(
            bytes: max(has.bytes, min(held.bytes, has.bytes + Self.slack.bytes)),
            files: max(has.files, min(held.files, has.files + Self.slack.files)))
        }
        state.sharing.asked.insert(name)
        due.append(StoredTally(name, tally.usage, isInUse: !ends, held: rest, isTrimmed: rest == has))
      }
      return due
    }
    save(due, shared) { state in
      for tally in due {
        // The store has it for used still: what it has is not taken for true.
        state.tallies[tally.directory]?.isChanged = true
        state.tallies[tally.directory]?.isMarked = true
      }
    }
  }
}
