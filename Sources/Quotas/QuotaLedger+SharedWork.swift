// What the ledger does on its own queue when other servers share the store: it says that it lives, counts in turn with the others,
// and does what they ask for.

import Dispatch

extension QuotaLedger {
  // MARK: reading and marking

  func readShared(_ name: String, _ tally: Tally, _ shared: any SharedQuotaStore) {
    do throws(QuotaStoreError) {
      let share = try shared.shares(of: [name])[name] ?? QuotaShare()
      // What has been counted in this process, and is to be counted again, is not asked of the store.
      if !tally.isChanged, let stored = try shared.tally(of: name), !stored.isInUse {
        let isMarked = try shared.mark(StoredTally(name, stored.usage, isInUse: true))
        noteAnswer()
        takeOver(share, of: name, has: stored.usage)
        counted(name, stored.usage, isMarked: isMarked)
        if !isMarked { wakeSoon() }
        return
      }
      noteAnswer()
      takeOver(share, of: name, has: tally.usage)
    } catch {
      noteAway(error)
      return giveUp(name)
    }
    count(name)
  }

  private func takeOver(_ share: QuotaShare, of name: String, has usage: QuotaUsage) {
    state.withLock { state in
      var share = share
      share.held = state.sharing.shares[name]?.held ?? usage
      state.sharing.shares[name] = share
    }
  }

  /// Nobody can tell how it stands: whoever wants to change something there asks again.
  private func giveUp(_ name: String) {
    state.withLock { state in
      if state.tallies[name]?.phase == .working { state.tallies[name]?.phase = .unknown }
    }
  }

  /// Has those who wait look again, when it may have become their turn.
  private func wakeSoon() { queue.asyncAfter(deadline: .now() + .milliseconds(100)) { self.wakeAll { _ in } } }

  func markShared(_ names: [String], _ shared: any SharedQuotaStore) {
    for name in names {
      guard let tally = state.withLock({ $0.tallies[name] }) else { continue }
      do throws(QuotaStoreError) {
        let isMarked = try shared.mark(StoredTally(name, tally.usage, isInUse: true))
        noteAnswer()
        if isMarked { wakeAll { $0.tallies[name]?.isMarked = true } } else { wakeSoon() }
      } catch {
        noteAway(error)
      }
    }
  }

  // MARK: counting

  /// Whether no other server changes anything there. If not, this one is not alone there any more, and tries again.
  func mayCountShared(_ name: String, _ shared: any SharedQuotaStore) -> Bool {
    do throws(QuotaStoreError) {
      if try shared.beginScan(name) {
        noteAnswer()
        return true
      }
      noteAnswer()
      state.withLock { $0.tallies[name]?.isAlone = false }
      queue.asyncAfter(deadline: .now() + .milliseconds(100)) { self.count(name) }
    } catch {
      noteAway(error)
      state.withLock { state in
        state.tallies[name]?.isAlone = false
        state.sharing.scans.insert(name)
      }
      giveUp(name)
    }
    return false
  }

  func finishSharedCount(_ name: String, _ usage: QuotaUsage, _ shared: any SharedQuotaStore) {
    do throws(QuotaStoreError) {
      let part = try shared.endScan(name, usage)
      // Others may have ended that this one has not heard of: their parts are in its own now.
      let share = try shared.shares(of: [name])[name] ?? QuotaShare()
      noteAnswer()
      state.withLock { state in
        state.tallies[name]?.isAlone = false
        state.tallies[name]?.isRequested = false
        state.sharing.scans.remove(name)
        var new = share
        // The store has this server hold that at least; what more it needs it asks for.
        new.held = part
        state.sharing.shares[name] = new
      }
      counted(name, part, isMarked: true)
    } catch {
      noteAway(error)
      state.withLock { state in
        state.tallies[name]?.isAlone = false
        state.sharing.scans.insert(name)
      }
      giveUp(name)
    }
  }

  // MARK: every second, and more often

  func tickShared(_ shared: any SharedQuotaStore) {
    do throws(QuotaStoreError) {
      if try !shared.renew() { lapse() }
      noteAnswer()
      let scans = state.withLock { state in
        state.sharing.scans.filter { state.tallies[$0]?.phase != .working }
      }
      for name in scans {
        try shared.cancelScan(name)
        state.withLock { _ = $0.sharing.scans.remove(name) }
      }
      let news = try shared.changedShares()
      state.withLock { state in
        for (subject, share) in news where !state.sharing.asked.contains(subject) {
          state.sharing.shares[subject]?.others = share.others
          state.sharing.shares[subject]?.othersHeld = share.othersHeld
        }
      }
    } catch {
      noteAway(error)
    }
    let isFirst = state.withLock { state in
      defer { state.sharing.isAttending = true }
      return !state.sharing.isAttending
    }
    if isFirst { attendShared(shared) }
  }

  /// Others may have taken this server for dead, and counted what they found: nothing that it knows or holds is worth anything.
  private func lapse() {
    report("this server has not been heard by the others for too long: what it holds is counted again")
    wakeAll { state in
      state.sharing.epoch += 1
      state.sharing.shares = state.sharing.shares.filter { state.sharing.keys[$0.key] != nil }
      for subject in state.sharing.shares.keys { state.sharing.shares[subject]?.held = QuotaUsage() }
      for name in state.tallies.keys {
        state.tallies[name]?.reserved = QuotaUsage()
        state.tallies[name]?.isMarked = false
        if state.tallies[name]?.phase == .counted { state.tallies[name]?.phase = .unknown }
        state.tallies[name]?.isChanged = true
      }
    }
  }

  /// Looks four times a second what others want, so that nobody has to wait for long.
  private func attendShared(_ shared: any SharedQuotaStore) {
    queue.asyncAfter(deadline: .now() + .milliseconds(250)) { [weak self] in
      guard let self, !self.state.withLock({ $0.isClosed }) else { return }
      do throws(QuotaStoreError) {
        let wishes = try shared.wishes()
        let isOver = self.state.withLock { state -> Bool in
          let over = state.sharing.paused.subtracting(wishes.quiet)
          for name in over { state.tallies[name]?.isWanted = false }
          state.sharing.paused = wishes.quiet
          return !over.isEmpty
        }
        if isOver { self.wakeAll { _ in } }
        if !wishes.trimmed.isEmpty || !wishes.quiet.isEmpty {
          self.saveShared(isLast: false, shared, trimming: wishes.trimmed, pausing: wishes.quiet)
          self.saveSharedTraffic(shared, trimming: wishes.trimmed)
        }
      } catch {
        self.noteAway(error)
      }
      self.attendShared(shared)
    }
  }
}
