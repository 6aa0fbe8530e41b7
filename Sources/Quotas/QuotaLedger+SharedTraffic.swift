// Bytes that users move in a day and in a month, where several servers share the limits.

import Dispatch

extension QuotaLedger {
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
    let isOverdue = !ask.isFirst && now - (asked ?? now) > Self.grace
    let isRefused = answer.verdict == .short || answer.verdict == .asked && isOverdue
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
}
