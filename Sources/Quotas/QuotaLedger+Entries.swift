// Who may change what right now: files by one at a time, and none while its directory is being counted.

/// A change to files, from the look at what there is to the look at what there is then.
public struct QuotaEntry: Sendable {
  /// How long it takes, and what it lets others do meanwhile.
  public enum Kind: Sendable {
    /// Names change, in a moment.
    case short
    /// A file grows in place: others go on, but nobody counts.
    case long
    /// A whole tree changes: nobody else changes anything.
    case alone
  }

  let tallies: [String]
  let names: [String]
  let kind: Kind

  /// - Parameters:
  ///   - tallies: the directories whose counts change.
  ///   - names: the files, by their real paths.
  public init(_ tallies: [String], names: [String] = [], _ kind: Kind = .short) {
    self.tallies = tallies
    self.names = names
    self.kind = kind
  }
}

extension QuotaLedger {
  /// Begins a change, if it may begin now: everything is counted, the store knows that it is in use, nobody changes the same names.
  ///
  /// - Parameter wake: called once, by any thread, when it is worth to try again; not if this returns true.
  /// - Returns: whether it has begun: then ``leave(_:)`` has to end it.
  public func enter(_ entry: QuotaEntry, wake: @escaping @Sendable () -> Void) -> Bool {
    let now = clock()
    let isTrusted = shared?.isTrusted ?? true
    let (hasBegun, wantsWork) = state.withLock { state -> (Bool, Bool) in
      // Others may take this server for dead and count what is there.
      var (mayBegin, wantsWork) = (isTrusted || entry.tallies.isEmpty, false)
      for name in entry.tallies {
        guard let tally = state.tallies[name] else { continue }
        if tally.phase != .counted || !tally.isMarked { wantsWork = true }
        if tally.phase != .counted || !tally.isMarked || tally.isAlone { mayBegin = false }
        switch entry.kind {
        case .short: if tally.isWanted { mayBegin = false }
        case .long: break
        case .alone:
          if tally.entries + tally.longEntries > 0 {
            mayBegin = false
            state.tallies[name]?.isWanted = true
          }
        }
      }
      if entry.names.contains(where: state.names.contains) { mayBegin = false }
      guard mayBegin else {
        state.waiting.append(wake)
        // Time to ask the store for what it wants to know.
        for name in entry.tallies { state.tallies[name]?.lastUse = now }
        return (false, wantsWork)
      }
      for name in entry.tallies where state.tallies[name] != nil {
        state.tallies[name]?.lastUse = now
        switch entry.kind {
        case .short: state.tallies[name]?.entries += 1
        case .long: state.tallies[name]?.longEntries += 1
        case .alone:
          state.tallies[name]?.isAlone = true
          state.tallies[name]?.isWanted = false
        }
      }
      state.names.formUnion(entry.names)
      return (true, false)
    }
    if wantsWork { work(on: entry.tallies) }
    return hasBegun
  }

  /// Ends a change.
  public func leave(_ entry: QuotaEntry) {
    let now = clock()
    let waiting = state.withLock { state -> [@Sendable () -> Void] in
      for name in entry.tallies where state.tallies[name] != nil {
        state.tallies[name]?.lastUse = now
        switch entry.kind {
        case .short: state.tallies[name]?.entries -= 1
        case .long: state.tallies[name]?.longEntries -= 1
        case .alone: state.tallies[name]?.isAlone = false
        }
      }
      state.names.subtract(entry.names)
      return Self.takeWaiting(&state)
    }
    for wake in waiting { wake() }
  }

  /// Somebody who could not begin does not want to any more.
  public func withdraw(_ entry: QuotaEntry) {
    guard case .alone = entry.kind else { return }
    let waiting = state.withLock { state -> [@Sendable () -> Void] in
      // Others who want to be alone say so again.
      for name in entry.tallies { state.tallies[name]?.isWanted = false }
      return Self.takeWaiting(&state)
    }
    for wake in waiting { wake() }
  }

  static func takeWaiting(_ state: inout State) -> [@Sendable () -> Void] {
    defer { state.waiting = [] }
    return state.waiting
  }
}
