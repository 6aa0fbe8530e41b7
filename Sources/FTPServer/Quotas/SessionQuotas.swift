// What quotas hold for a session's user: how much may be stored where, and how much may be moved.

import Accounts
import Bandwidth
import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import Quotas
import Synchronization

/// The quotas of one login.
struct SessionQuotas: Sendable {
  /// How much may be stored; the first is that of all files of the user, if there is one.
  let bounds: [QuotaBound]
  /// What each of ``bounds`` is called in replies: its directory as the user sees it; nil: all of the user's files.
  let names: [VirtualPath?]
  fileprivate let download: TrafficAllowance?
  fileprivate let upload: TrafficAllowance?

  /// What is left of the bytes that may be moved; nil: they are not numbered.
  func traffic(_ direction: TransferDirection) -> TrafficAllowance? {
    switch direction {
    case .download: download
    case .upload: upload
    case .listing, .fileWork: nil
    }
  }

  /// - Returns: nil if the account has none.
  init?(_ identity: Identity, _ settings: ServerConfiguration.Quotas, host: String?, _ ledger: QuotaLedger) {
    let account = identity.account
    let options = account.options
    var (bytes, files) = (options.quota, options.quotaFiles)
    if !account.isAnonymous {
      if bytes == nil, settings.bytes > 0 { bytes = settings.bytes }
      if files == nil, settings.files > 0 { files = settings.files }
    }
    var bounds: [QuotaBound] = []
    var names: [VirtualPath?] = []
    if bytes != nil || files != nil {
      // All trees that the user can write to.
      let further = options.mounts.map(\.path) + options.directories.filter { !$0.isReadOnly }.map(\.target)
      let trees = [account.home] + further
      bounds.append(QuotaBound(trees.map { (try? File.resolvedPath($0)) ?? $0 }, bytes: bytes, files: files))
      names.append(nil)
    }
    for quota in options.directoryQuotas {
      guard let place = Self.place(of: quota.path, identity) else { continue }
      bounds.append(QuotaBound([place], bytes: quota.bytes, files: quota.files))
      names.append(quota.path)
    }
    (self.bounds, self.names) = (bounds, names)
    let user = (host.map { "\($0)/" } ?? "") + String(decoding: account.name, as: UTF8.self)
    download = TrafficAllowance(
      ledger, user, "down", perDay: options.downloadPerDay, perMonth: options.downloadPerMonth)
    upload = TrafficAllowance(ledger, user, "up", perDay: options.uploadPerDay, perMonth: options.uploadPerMonth)
    if bounds.isEmpty, download == nil, upload == nil { return nil }
  }
}

extension SessionQuotas {
  /// The path on the host of a directory of the user's home, whatever tree the session is in.
  private static func place(of path: VirtualPath, _ identity: Identity) -> String? {
    if identity.root == identity.account.home { return identity.jail.ruled(by: nil).hostPath(of: path) }
    let whole = identity.account.home + "\(path)"
    return (try? File.resolvedPath(whole)) ?? whole
  }
}

/// The bytes that a user may still move in one direction today and this month, by the clock of this host. All of the user's sessions
/// take from the same.
final class TrafficAllowance: ByteAllowance {
  private let ledger: QuotaLedger
  private let user: String
  private let direction: String
  private let perDay: Int64?
  private let perMonth: Int64?
  /// Since when nobody could tell how many bytes are left, by the monotonic clock; 0: it is known.
  private let waitingSince = Atomic<Int64>(0)

  init?(_ ledger: QuotaLedger, _ user: String, _ direction: String, perDay: UInt64?, perMonth: UInt64?) {
    if perDay == nil, perMonth == nil { return nil }
    (self.ledger, self.user, self.direction) = (ledger, user, direction)
    self.perDay = perDay.map { Int64(clamping: $0) }
    self.perMonth = perMonth.map { Int64(clamping: $0) }
  }

  /// Each limit that there is, with its key for now.
  private var limits: [(key: TrafficKey, limit: Int64)] {
    let (day, month) = Self.periods(at: WallClock.seconds)
    var limits: [(key: TrafficKey, limit: Int64)] = []
    if let perDay { limits.append((TrafficKey(user: user, direction: direction, period: day), perDay)) }
    if let perMonth { limits.append((TrafficKey(user: user, direction: direction, period: month), perMonth)) }
    return limits
  }

  /// The names of the day and the month at a time, as `2026-11-29` and `2026-11`. Source: localtime_r(3)
  static func periods(at seconds: Int64) -> (day: String, month: String) {
    var (time, parts) = (time_t(seconds), tm())
    localtime_r(&time, &parts)
    func digits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let month = "\(parts.tm_year + 1900)-\(digits(parts.tm_mon + 1))"
    return ("\(month)-\(digits(parts.tm_mday))", month)
  }

  /// Whether it is known what was moved before this process began; if not, `wake` is called once it is.
  func isKnown(wake: @escaping @Sendable () -> Void) -> Bool { ledger.prepare(limits.map(\.key), wake: wake) }

  func take(upTo bytes: Int64) -> Int64? {
    if let taken = ledger.take(upTo: bytes, of: limits) {
      waitingSince.store(0, ordering: .relaxed)
      return taken
    }
    let now = MonotonicTime.now.nanoseconds
    let since = waitingSince.load(ordering: .relaxed)
    if since == 0 { waitingSince.store(now, ordering: .relaxed) }
    return isOutOfReach ? 0 : nil
  }

  var isOutOfReach: Bool {
    let since = waitingSince.load(ordering: .relaxed)
    return since != 0 && MonotonicTime.now.nanoseconds - since > QuotaLedger.patience
  }

  func giveBack(_ bytes: Int64) { ledger.giveBack(bytes, to: limits.map(\.key)) }

  /// What has been moved and may be, for today and this month.
  var standings: [(period: String, moved: Int64, limit: Int64)] {
    limits.map { ($0.key.period, ledger.moved($0.key), $0.limit) }
  }

  /// Whether there is nothing left.
  var isUsedUp: Bool { limits.contains { ledger.moved($0.key) >= $0.limit } }
}
