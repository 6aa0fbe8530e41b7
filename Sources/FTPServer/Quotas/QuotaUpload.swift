// Keeps the file of one upload within the quotas: room is reserved before bytes are written.

import FTPTransfer
import LinuxSystem
import Quotas

/// The room an upload has reserved. It belongs to its session.
final class QuotaUpload: FileAllowance {
  let place: QuotaPlace
  let bounds: [QuotaBound]
  private let ledger: QuotaLedger
  /// Bytes of the file that need no room: those of the file it replaces, or those that others bring.
  private let free: Int64
  private let isNewFile: Bool
  /// It grows under its name: what is counted of it follows what is there.
  let growing: QuotaEntry?
  private(set) var reserved = QuotaUsage()
  private var isOver = false
  /// Of what is reserved; another one makes it void.
  private var epoch: Int
  /// What is being asked for, where other servers share the quota.
  private var request: QuotaRequest?
  /// There is no more, so whatever comes is too much.
  private var isRefused = false
  private let wake: @Sendable () -> Void

  /// Room is asked for in pieces: a lock for each megabyte.
  private static let step: Int64 = 1 << 20

  /// - Parameters:
  ///   - present: what is counted of the file now.
  ///   - free: bytes of the file that need no room.
  ///   - growing: has begun, if the file grows in place.
  ///   - wake: wakes the session, when it waits for room.
  init(
    _ place: QuotaPlace, _ bounds: [QuotaBound], _ ledger: QuotaLedger, present: QuotaUsage, free: Int64,
    growing: QuotaEntry? = nil, wake: @escaping @Sendable () -> Void
  ) {
    self.wake = wake
    epoch = ledger.epoch
    (self.place, self.bounds, self.ledger, self.free, self.growing) = (place, bounds, ledger, free, growing)
    isNewFile = present.files == 0
  }

  deinit {
    if let request { ledger.abandon(request) }
    giveBack()
  }

  /// What the file needs if it reaches up to `end`.
  private func need(_ end: Int64) -> QuotaUsage {
    // Somebody may have removed the file since: what grows in place then has nothing left that is counted.
    guard growing != nil, let counted = ledger.counted(ofGrowing: place.name) else {
      return QuotaUsage(bytes: max(0, end - free), files: isNewFile ? 1 : 0)
    }
    return QuotaUsage(bytes: max(0, end - counted.bytes), files: counted.files > 0 ? 0 : 1)
  }

  func reach(_ end: Int64) -> Bool {
    let missing = need(end) - reserved
    if missing.bytes <= 0, missing.files <= 0 { return true }
    if ledger.isShared {
      guard missing.files <= 0 else { return false }
      reserved.bytes += ledger.reserveHeld(upTo: missing.bytes, in: place.tallies, within: bounds)
      return (need(end) - reserved).bytes <= 0
    }
    var generous = missing
    if missing.bytes > 0 { generous.bytes += Self.step }
    return reserve(generous) || reserve(missing)
  }

  private func reserve(_ change: QuotaUsage) -> Bool {
    guard ledger.reserve(change, in: place.tallies, within: bounds) else { return false }
    reserved += change
    return true
  }

  // MARK: room that other servers may want, too

  func room(behind position: Int64) -> Int {
    guard ledger.isShared, !isRefused else { return .max }
    forgetWhatIsVoid()
    let missing = need(position) - reserved
    return missing.files > 0 ? 0 : Int(max(0, -missing.bytes))
  }

  func ask(for bytes: Int64, behind position: Int64) throws(TransferBreak) -> Bool {
    guard ledger.isShared else { return true }
    forgetWhatIsVoid()
    let missing = need(position + 1) - reserved
    guard let isMade = try obtain(missing, extra: bytes) else { return false }
    isRefused = !isMade
    if isMade {
      let more = (need(position + bytes) - reserved).bytes
      reserved.bytes += ledger.reserveHeld(upTo: more, in: place.tallies, within: bounds)
    }
    return true
  }

  /// What was reserved before this server was taken for dead is not reserved any more.
  private func forgetWhatIsVoid() {
    if !ledger.isShared { return }
    let now = ledger.epoch
    if epoch != now { (epoch, reserved) = (now, QuotaUsage()) }
  }

  /// What the upload lacks if it shall add so much when it ends.
  func missing(for growth: QuotaUsage) -> QuotaUsage {
    forgetWhatIsVoid()
    return growth - reserved
  }

  /// What the upload lacks if it shall reach up to `end`.
  func missing(upTo end: Int64) -> QuotaUsage {
    forgetWhatIsVoid()
    return need(end) - reserved
  }

  /// Reserves so much more, or gives so much back.
  ///
  /// - Returns: whether there was room; nil while that is being found out: call it again.
  /// - Throws: if nobody can tell.
  func obtain(_ change: QuotaUsage, extra: Int64 = 0) throws(TransferBreak) -> Bool? {
    let outcome: QuotaOutcome?
    if let request {
      outcome = request.outcome
    } else {
      let extra = QuotaUsage(bytes: change.bytes > 0 ? extra + (16 << 20) : 0, files: change.files > 0 ? 64 : 0)
      let asked = ledger.ask(for: change, extra: extra, in: place.tallies, within: bounds, wake: wake)
      (outcome, request) = (asked.outcome, asked.request)
      wanted = change
    }
    guard let outcome else { return nil }
    request = nil
    switch outcome {
    case .made(let epoch):
      if self.epoch != epoch { (self.epoch, reserved) = (epoch, QuotaUsage()) }
      reserved += wanted
      return true
    case .refused: return false
    case .unavailable: throw .quotaUnknown
    }
  }
  private var wanted = QuotaUsage()

  /// Whether what is written to has got another name: what came there since is counted nowhere.
  func isElsewhere(_ file: Int32) -> Bool {
    guard growing != nil, file >= 0, let status = try? File.status(file), status.links > 0 else { return false }
    let named = try? place.jail.status(of: place.path, followingLink: false)
    return named.map { !$0.isSameFile(as: status) } ?? true
  }

  /// The upload has changed what is counted; what it had reserved goes back.
  func settle(_ change: QuotaUsage) {
    ledger.settle(change, in: place.tallies, reserved: reserved, epoch: epoch)
    reserved = QuotaUsage()
  }

  /// What was reserved goes back.
  func giveBack() { settle(QuotaUsage()) }

  /// The first to call this ends what the upload has begun.
  func isEnding() -> Bool {
    defer { isOver = true }
    return !isOver
  }
}
