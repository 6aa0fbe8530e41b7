// The book's own thread: keeps the store and the export up to date, takes what others changed, tells the news.

import Glibc
import LinuxSystem

extension BanBook {
  /// How long changes are gathered before they are written and told: an attack brings many at once.
  private static let linger: Duration = .milliseconds(100)
  /// How long until a store that failed, or that tells of no changes, is asked again.
  private static let retry: Int32 = 1000
  /// The longest sleep: those that have run out are forgotten then.
  private static let longest: Int32 = 60_000

  /// Takes over what the store has. For the time before ``start()``; afterwards the thread does it.
  ///
  /// - Throws: why the bans cannot be read: a server that would start without them lets in whom somebody has banned.
  public func load() throws(BanStoreError) {
    guard let store else { return }
    merge(try store.list())
    state.withLock { $0.news = BanNews() }
  }

  /// Starts the thread; once is enough.
  public func start() throws(SystemError) {
    let isFirst = state.withLock { state in
      defer { state.isStarted = true }
      return !state.isStarted
    }
    guard isFirst else { return }
    var thread = pthread_t()
    let book = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { argument in
        ProcessLimits.nameThread("weftpd-bans")
        if let argument { Unmanaged<BanBook>.fromOpaque(argument).takeUnretainedValue().run() }
        return nil
      }, book.toOpaque())
    guard code == 0 else {
      book.release()
      throw SystemError(code: code, call: "pthread_create")
    }
    pthread_detach(thread)
  }

  private func run() -> Never {
    var keeper = Keeper(isStale: true)
    while true {
      let pause = turn(&keeper)
      let (rung, noticed) = Poll.wait(
        bell.number, .readable, store?.changes ?? -1, .readable, milliseconds: pause)
      if rung {
        usleep(UInt32(Self.linger.inNanoseconds / 1000))
        bell.hush()
      }
      if let store {
        if noticed { keeper.isStale = store.takeNotice() || keeper.isStale }
        // Without a word from the store only asking helps.
        if store.changes < 0 { keeper.isStale = true }
      }
    }
  }

  /// What the thread knows from one turn to the next.
  struct Keeper {
    /// The store may have something new.
    var isStale: Bool
    /// What was wrong last; told once.
    var storeFault: String?
    var exportFault: String?
    /// When the store may be written again: a large file is not written anew for each ban of an attack.
    var nextWrite = MonotonicTime(nanoseconds: 0)
  }

  /// Does what there is to do.
  ///
  /// - Returns: after how many milliseconds to come again at the latest.
  func turn(_ keeper: inout Keeper) -> Int32 {
    var pause = Self.longest
    if store != nil { pause = min(pause, tend(&keeper)) }
    let time = now()
    let (told, news, due, next) = state.withLock { state in
      if store == nil { (state.added, state.removed) = ([:], []) }
      // Those that others have lifted or that have run out.
      if !state.table.expire(at: time).isEmpty { state.isExportDue = true }
      defer { (state.news, state.isExportDue) = (BanNews(), false) }
      return (state.told, state.news, state.isExportDue, state.table.bans.values.lazy.compactMap(\.until).min())
    }
    updateIdle()
    if due, export != nil { pause = min(pause, writeExport(&keeper, at: time)) }
    if let next, export != nil {
      pause = Int32(min(Int64(pause), max(1, next - time) * 1000))
    }
    if !news.isEmpty { told(news) }
    return pause
  }

  /// Writes what is new into the store, and takes from it what others have changed.
  private func tend(_ keeper: inout Keeper) -> Int32 {
    guard let store else { return Self.longest }
    let (added, removed) = state.withLock { ($0.added, $0.removed) }
    do throws(BanStoreError) {
      let started = MonotonicTime.now
      if !added.isEmpty || !removed.isEmpty {
        guard started >= keeper.nextWrite else {
          return Int32(clamping: keeper.nextWrite.since(started) / 1_000_000 + 1)
        }
        try store.change(adding: Array(added.values), removing: Array(removed))
        keeper.nextWrite = MonotonicTime.now.advanced(by: min(10_000_000_000, MonotonicTime.now.since(started) * 10))
        state.withLock { state in
          for (subject, ban) in added where state.added[subject] == ban { state.added[subject] = nil }
          state.removed.subtract(removed)
        }
        keeper.isStale = true
      }
      if keeper.isStale {
        merge(try store.list())
        keeper.isStale = false
      }
      keeper.storeFault = nil
      return store.changes < 0 ? Self.retry : Self.longest
    } catch {
      if keeper.storeFault != error.description {
        keeper.storeFault = error.description
        state.withLock { $0.news.faults.append(error.description) }
      }
      keeper.isStale = true
      return Self.retry
    }
  }

  /// The bans are those of the store from now on, and those it has not been told yet.
  func merge(_ kept: [Ban]) {
    let time = now()
    state.withLock { state in
      var bans: [BanSubject: Ban] = [:]
      for ban in kept where ban.holds(at: time) { bans[ban.subject] = ban }
      for subject in state.removed { bans[subject] = nil }
      for (subject, ban) in state.added { bans[subject] = ban }
      let old = state.table.bans
      if old == bans { return }
      state.news.lifted += old.values.filter { bans[$0.subject] == nil && $0.holds(at: time) }
      state.news.added += bans.values.filter { old[$0.subject] != $0 && state.added[$0.subject] == nil }
      state.table = BanTable(Array(bans.values))
      state.isExportDue = true
    }
    updateIdle()
  }

  private func writeExport(_ keeper: inout Keeper, at time: Int64) -> Int32 {
    guard let export else { return Self.longest }
    let (bans, allowed, told) = state.withLock { (Array($0.table.bans.values), $0.rules.allowed, $0.told) }
    do throws(SystemError) {
      try export.write(bans, allowing: allowed, at: time)
      keeper.exportFault = nil
      return Self.longest
    } catch {
      state.withLock { $0.isExportDue = true }
      if keeper.exportFault != error.description {
        keeper.exportFault = error.description
        told(BanNews(faults: ["\(export.path) cannot be written: \(error.reason)"]))
      }
      return Self.retry
    }
  }
}
