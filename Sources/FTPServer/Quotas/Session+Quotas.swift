// A session's quotas: what holds for its login, its turn to change what is counted, and its uploads.

import Accounts
import FTPProtocol
import FTPTransfer
import Glibc
import Jail
import LinuxSystem
import Quotas
import UploadStore

extension Session {
  /// Puts the quotas in force that hold now: after a login, and when settings or accounts have changed.
  func applyQuotas() {
    guard let identity else {
      quotas = nil
      return
    }
    let quotas = SessionQuotas(identity, context.snapshot.configuration.quotas, host: virtualHost?.name, context.quotas)
    if let quotas { context.quotas.watch(quotas.bounds.flatMap(\.directories)) }
    self.quotas = quotas
  }

  // MARK: places and turns

  /// Where a file is counted; nil if it is not.
  ///
  /// - Parameter name: the name itself, and not what a link leads to.
  func quotaPlace(of path: VirtualPath, in jail: Jail, name: Bool = true) -> QuotaPlace? {
    if !context.quotas.isActive { return nil }
    // Who may see a file does not decide where it is.
    let jail = jail.ruled(by: nil)
    guard let host = name ? jail.hostPathOfName(path) : jail.hostPath(of: path) else { return nil }
    let tallies = context.quotas.tallies(containing: host)
    return tallies.isEmpty ? nil : QuotaPlace(name: host, tallies: tallies, path: path, jail: jail)
  }

  /// Waits for the turn to change files, which ``QuotaLedger/leave(_:)`` ends. That takes long only while a directory is counted.
  func enter(_ entry: QuotaEntry) async throws(FTPError) {
    let parking = self.parking
    let start = MonotonicTime.now
    while !context.quotas.enter(entry, wake: { parking.wake() }) {
      do throws(FTPError) {
        try await pauseForQuota()
        try requireQuotaStore(since: start)
      } catch {
        context.quotas.withdraw(entry)
        throw error
      }
    }
  }

  /// Throws if the store that other servers share has not answered for too long.
  private func requireQuotaStore(since start: MonotonicTime) throws(FTPError) {
    if context.quotas.isAway, MonotonicTime.now.since(start) >= QuotaLedger.patience { throw .broken(.quotaUnknown) }
  }

  /// Reserves room, and waits until it is known whether there is any.
  ///
  /// - Returns: the epoch of the reservation; nil: there is no room.
  func reserveQuota(
    _ change: QuotaUsage, in tallies: [String], within bounds: [QuotaBound]
  ) async throws(FTPError) -> Int? {
    let (parking, ledger) = (self.parking, context.quotas)
    let asked = ledger.ask(for: change, in: tallies, within: bounds, wake: { parking.wake() })
    var outcome = asked.outcome
    if let request = asked.request {
      while outcome == nil {
        outcome = request.outcome
        if outcome != nil { break }
        do throws(FTPError) { try await pauseForQuota() } catch {
          ledger.abandon(request)
          throw error
        }
      }
    }
    switch outcome {
    case .made(let epoch)?: return epoch
    case .unavailable?: throw .broken(.quotaUnknown)
    case .refused?, nil: return nil
    }
  }

  /// Has an upload reserve so much more, or give so much back.
  private func obtain(_ change: QuotaUsage, for quota: QuotaUpload) async throws(FTPError) -> Bool {
    while true {
      let isMade: Bool?
      do throws(TransferBreak) { isMade = try quota.obtain(change) } catch { throw FTPError(error) }
      if let isMade { return isMade }
      try await pauseForQuota()
    }
  }

  private func pauseForQuota() async throws(FTPError) {
    let deadline = MonotonicTime.now.advanced(by: 1_000_000_000)
    if transfer != nil {
      do throws(TransferBreak) { try await pause(until: deadline) } catch { throw FTPError(error) }
    } else {
      _ = await parking.sleep(until: deadline)
      if isToldToStop { throw .broken(.ending) }
    }
  }

  /// Waits until everything that the user's quotas speak of is counted.
  func prepareQuotas() async throws(FTPError) {
    guard let quotas, !quotas.bounds.isEmpty else { return }
    let entry = QuotaEntry(quotas.bounds.flatMap(\.directories), .long)
    try await enter(entry)
    context.quotas.leave(entry)
  }

  // MARK: traffic

  /// Whether the bytes of such transfers are counted for the account.
  func limitsTraffic(_ direction: TransferDirection) -> Bool { quotas?.traffic(direction) != nil }

  /// Refuses a transfer when all bytes have moved that may. Waits until that is known.
  func requireTraffic(_ direction: TransferDirection) async throws(FTPError) {
    guard let allowance = quotas?.traffic(direction) else { return }
    let parking = self.parking
    let start = MonotonicTime.now
    while !allowance.isKnown(wake: { parking.wake() }) {
      try await pauseForQuota()
      try requireQuotaStore(since: start)
    }
    if allowance.isUsedUp { throw .broken(.usedUp) }
  }

  /// Uploads that fail do not count, unless there were too many bytes.
  func giveTrafficBack(after error: FTPError) {
    if case .broken(.usedUp) = error { return }
    quotas?.traffic(.upload)?.giveBack(Int64(clamping: activity.meter.bytes))
  }

  // MARK: uploads

  /// Looks what the upload may add, and refuses what is known to be too much.
  ///
  /// - Parameters:
  ///   - isNew: the server has made up the name.
  ///   - announced: the bytes that ALLO has announced are bytes of the file.
  /// - Returns: nil if nothing is counted there.
  func beginQuota(
    of target: any UploadTarget, _ path: VirtualPath, isNew: Bool, announced: Bool
  ) async throws(FTPError) -> QuotaUpload? {
    guard context.quotas.isActive, let jail = transfer?.identity?.jail ?? identity?.jail else { return nil }
    let resolved = (try? jail.ruled(by: nil).writableTarget(of: path).0) ?? path
    guard let place = quotaPlace(of: resolved, in: jail) else { return nil }
    let bounds = quotas?.bounds ?? []
    let ledger = context.quotas
    let entry = QuotaEntry(place.tallies, names: [place.name])
    try await enter(entry)
    defer { ledger.leave(entry) }
    let present = isNew ? QuotaUsage() : place.present
    var growing: QuotaEntry?
    if target is InPlaceUpload {
      let long = QuotaEntry(place.tallies, .long)
      try await enter(long)
      ledger.beginGrowing(place.name, from: present)
      growing = long
    }
    let free: Int64 =
      if target is SegmentUpload { target.start } else if target.place > target.start { 0 } else { present.bytes }
    let parking = self.parking
    let quota = QuotaUpload(
      place, bounds, ledger, present: present, free: free, growing: growing, wake: { parking.wake() })
    // Now, because what has been begun is ended by this.
    transfer?.quota = quota
    var least = target.start
    if announced, let size = transfer?.announced.flatMap({ Int64(exactly: $0) }) {
      least += Reservation.rest(of: size, behind: target.start)
    }
    if let segment = target as? SegmentUpload { least = segment.start + max(0, segment.total - present.bytes) }
    // Whether there is room for all that is known to come; what begins now needs only its beginning.
    let whole = quota.missing(upTo: least)
    guard try await obtain(whole, for: quota) else { throw .broken(.quotaExceeded) }
    let begin = quota.missing(upTo: target.start)
    guard try await obtain(begin, for: quota) else { throw .broken(.quotaExceeded) }
    return quota
  }

  /// Gives the upload its name if what it adds is within the quotas, and counts what it has changed.
  func commitWithinQuota(_ target: any UploadTarget) async throws(FTPError) {
    guard let quota = transfer?.quota else { return try await commit(target) }
    let place = quota.place
    let entry = QuotaEntry(place.tallies, names: [place.name])
    try await enter(entry)
    defer { context.quotas.leave(entry) }
    let before = place.present
    if quota.growing == nil {
      let size = Int64(clamping: (try? File.status(target.number).size) ?? 0)
      let whole: Int64 =
        if let segment = target as? SegmentUpload { segment.total } else if target.place > target.start {
          before.bytes + size
        } else { size }
      let growth = QuotaUsage(bytes: max(0, whole - before.bytes), files: before.files == 0 ? 1 : 0)
      let missing = quota.missing(for: growth)
      guard try await obtain(missing, for: quota) else { throw .broken(.quotaExceeded) }
    }
    let isElsewhere = quota.isElsewhere(target.number)
    // Whatever comes of it: what is there then is what counts.
    let result: Result<Void, FTPError>
    do throws(FTPError) { result = .success(try await commit(target)) } catch { result = .failure(error) }
    settle(quota, from: before)
    if isElsewhere { context.quotas.forget(place.tallies) }
    try result.get()
  }

  /// Ends what an upload that failed has begun.
  ///
  /// - Parameter isElsewhere: it has written to a file that has got another name.
  func endQuota(isElsewhere: Bool) async {
    if isElsewhere, let quota = transfer?.quota { context.quotas.forget(quota.place.tallies) }
    guard let quota = transfer?.quota else { return }
    if quota.growing == nil { return quota.giveBack() }
    let entry = QuotaEntry(quota.place.tallies, names: [quota.place.name])
    do throws(FTPError) { try await enter(entry) } catch {
      // The session ends before its turn: the disk tells what has become of the file.
      quota.giveBack()
      if quota.isEnding(), let growing = quota.growing {
        context.quotas.endGrowing(quota.place.name)
        context.quotas.leave(growing)
        context.quotas.forget(quota.place.tallies)
      }
      return
    }
    defer { context.quotas.leave(entry) }
    settle(quota, from: quota.place.present)
  }

  private func settle(_ quota: QuotaUpload, from before: QuotaUsage) {
    guard quota.isEnding() else { return quota.giveBack() }
    let place = quota.place
    quota.settle(context.quotas.change(of: place.name, from: before, to: place.present))
    guard let growing = quota.growing else { return }
    context.quotas.endGrowing(place.name)
    context.quotas.leave(growing)
  }

  // MARK: what is told

  /// The least that may still be written in a directory; nil: there is no limit.
  func bytesLeft(in directory: VirtualPath, _ jail: Jail) -> UInt64? {
    guard let quotas, let host = jail.ruled(by: nil).hostPath(of: directory) else { return nil }
    let bounds = quotas.bounds.filter { $0.directories.contains { QuotaBound.contains($0, host) } }
    return context.quotas.standings(bounds)?.compactMap(\.bytesLeft).min().map { UInt64(clamping: $0) }
  }

  /// A line for each quota.
  var quotaLines: [String] {
    guard let quotas else { return [] }
    var lines: [String] = []
    for (bound, name) in zip(quotas.bounds, quotas.names) {
      let place = name.map { "\($0)" } ?? "all your files"
      guard let usage = context.quotas.standings([bound])?.first?.usage else {
        lines.append("Quota of \(place): being counted")
        continue
      }
      let bytes = "\(usage.bytes) of \(bound.bytes.map { "\($0)" } ?? "any number of") bytes"
      let files = "\(usage.files) of \(bound.files.map { "\($0)" } ?? "any number of") files"
      lines.append("Quota of \(place): \(bytes), \(files)")
    }
    for (direction, what) in [(TransferDirection.download, "Downloads"), (.upload, "Uploads")] {
      for standing in quotas.traffic(direction)?.standings ?? [] {
        lines.append("\(what) in \(standing.period): \(standing.moved) of \(standing.limit) bytes")
      }
    }
    return lines
  }
}
