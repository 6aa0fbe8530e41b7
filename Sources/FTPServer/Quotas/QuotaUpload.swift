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

  /// Room is asked for in pieces: a lock for each megabyte.
  private static let step: Int64 = 1 << 20

  /// - Parameters:
  ///   - present: what is counted of the file now.
  ///   - free: bytes of the file that need no room.
  ///   - growing: has begun, if the file grows in place.
  init(
    _ place: QuotaPlace, _ bounds: [QuotaBound], _ ledger: QuotaLedger, present: QuotaUsage, free: Int64,
    growing: QuotaEntry? = nil
  ) {
    (self.place, self.bounds, self.ledger, self.free, self.growing) = (place, bounds, ledger, free, growing)
    isNewFile = present.files == 0
  }

  deinit { giveBack() }

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
    var generous = missing
    if missing.bytes > 0 { generous.bytes += Self.step }
    return reserve(generous) || reserve(missing)
  }

  /// Whether there is room for so much at this moment; nothing is reserved.
  func couldReach(_ end: Int64) -> Bool {
    let missing = need(end) - reserved
    guard ledger.reserve(missing, in: place.tallies, within: bounds) else { return false }
    ledger.settle(QuotaUsage(), in: place.tallies, reserved: missing)
    return true
  }

  private func reserve(_ change: QuotaUsage) -> Bool {
    guard ledger.reserve(change, in: place.tallies, within: bounds) else { return false }
    reserved += change
    return true
  }

  /// Whether what is written to has got another name: what came there since is counted nowhere.
  func isElsewhere(_ file: Int32) -> Bool {
    guard growing != nil, file >= 0, let status = try? File.status(file), status.links > 0 else { return false }
    let named = try? place.jail.status(of: place.path, followingLink: false)
    return named.map { !$0.isSameFile(as: status) } ?? true
  }

  /// Has exactly so much reserved as the end of the upload will add.
  func prepare(_ growth: QuotaUsage) -> Bool { reserve(growth - reserved) }

  /// The upload has changed what is counted; what it had reserved goes back.
  func settle(_ change: QuotaUsage) {
    ledger.settle(change, in: place.tallies, reserved: reserved)
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
