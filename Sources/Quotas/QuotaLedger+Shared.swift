// Quotas that several servers share: what this one holds, and how it asks for more.

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
  static func begin(
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
  func askStore(_ ask: QuotaAsk, _ shared: any SharedQuotaStore) -> QuotaAnswer? {
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
}
