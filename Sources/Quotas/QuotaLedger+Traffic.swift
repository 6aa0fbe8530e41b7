// Bytes that users move in a day and in a month.

import Synchronization

extension QuotaLedger {
  /// Has the store read what it has of these, so that ``take(upTo:_:)`` knows it.
  ///
  /// - Parameter wake: called once it is known, if this returns false.
  public func prepare(_ keys: [TrafficKey], wake: @escaping @Sendable () -> Void) -> Bool {
    let isKnown = state.withLock { state -> Bool in
      if keys.allSatisfy({ state.traffic[$0]?.stored != nil }) { return true }
      state.waiting.append(wake)
      return false
    }
    if isKnown { return true }
    tick()
    if let shared {
      prepareShared(keys, shared)
      return false
    }
    queue.async {
      for key in keys {
        var stored: Int64 = 0
        do throws(QuotaStoreError) { stored = try self.store.traffic(key) } catch { self.report("\(error)") }
        self.state.withLock { state in
          if state.traffic[key]?.stored == nil { state.traffic[key, default: Traffic()].stored = stored }
        }
      }
      let waiting = self.state.withLock { Self.takeWaiting(&$0) }
      for wake in waiting { wake() }
    }
    return false
  }

  /// Takes bytes of each of `limits`.
  ///
  /// - Returns: how many there were of all of them, `bytes` at most; nil: the store is being asked, so try again in a moment.
  public func take(upTo bytes: Int64, of limits: [(key: TrafficKey, limit: Int64)]) -> Int64? {
    if let shared { return takeShared(upTo: bytes, of: limits, shared) }
    return state.withLock { state in
      var most = bytes
      for (key, limit) in limits { most = min(most, limit - Self.sum(state.traffic[key])) }
      if most <= 0 { return 0 }
      for (key, _) in limits { state.traffic[key, default: Traffic()].taken += most }
      return most
    }
  }

  /// So many bytes that were taken did not move.
  public func giveBack(_ bytes: Int64, to keys: [TrafficKey]) {
    state.withLock { state in
      for key in keys { state.traffic[key, default: Traffic()].taken -= bytes }
    }
  }

  /// Bytes that were moved until now.
  public func moved(_ key: TrafficKey) -> Int64 {
    state.withLock { Self.sum($0.traffic[key]) + ($0.sharing.shares[key.subject]?.others.bytes ?? 0) }
  }

  /// Forgets the days and months before those that are counted now.
  static func dropThePast(_ state: inout State) {
    for length in [7, 10] {
      let periods = state.traffic.keys.map(\.period).filter { $0.utf8.count == length }
      guard let latest = periods.max(), periods.contains(where: { $0 < latest }) else { continue }
      state.traffic = state.traffic.filter { key, traffic in
        key.period.utf8.count != length || key.period >= latest || traffic.taken != 0
      }
    }
  }

  static func sum(_ traffic: Traffic?) -> Int64 { (traffic?.stored ?? 0) + (traffic?.taken ?? 0) }

  /// Stores what was taken, all of it in one go.
  func saveTraffic() {
    if let shared { return saveSharedTraffic(shared) }
    let due = state.withLock { state in
      Self.dropThePast(&state)
      let due = state.traffic.compactMapValues { $0.taken == 0 ? nil : $0.taken }
      for (key, taken) in due {
        state.traffic[key]?.move(taken)
      }
      return due
    }
    if due.isEmpty { return }
    do throws(QuotaStoreError) {
      let sums = try store.add(due)
      state.withLock { state in
        for (key, sum) in sums { state.traffic[key]?.stored = sum }
      }
    } catch {
      report("\(error)")
      state.withLock { state in
        for (key, taken) in due {
          state.traffic[key]?.move(-taken)
        }
      }
    }
  }
}
