// Saves what this server has in a store that others share, and gives back what it holds and does not use.

extension QuotaLedger {
  /// Saves these, whose subjects are among the asked ones, and takes over what is held then.
  @discardableResult
  func save(
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
