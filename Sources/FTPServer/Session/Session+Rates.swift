// A session's bandwidth: which limits hold for it, from its login to its end, and for the transfer that runs.

import Accounts
import Bandwidth
import FTPProtocol
import FTPTransfer

extension Session {
  /// Puts the limits in force that hold now: after a login, and when settings or accounts have changed. They hold for a transfer that
  /// runs, too.
  func applyRates() {
    let plan = self.ratePlan
    if plan == rates?.plan ?? RatePlan() { return }
    // The new ones are held before the old ones are let go of: what they share goes on.
    rates = plan.isEmpty ? nil : SessionRates(plan, in: context.rates)
    if let process = transfer?.process { process.throttle = throttle }
  }

  private var ratePlan: RatePlan {
    var plan = RatePlan()
    // Unlike other settings those of now, and not those of the session's beginning: as accounts.
    let settings = context.snapshot.configuration.rates
    let account = identity?.account
    addStated(to: &plan)
    if account?.hasRates != true, settings == ServerConfiguration.Rates() { return plan }
    plan.add(.server, down: settings.down, up: settings.up)
    plan.add(.address(control.peer.address.client), down: settings.downPerAddress, up: settings.upPerAddress)
    let host = virtualHost?.name
    let options = account?.options
    if let account {
      for shared in account.groups {
        let group = shared.group
        plan.add(
          .group(host: host, name: group.name), down: group.options.groupDownloadRate,
          up: group.options.groupUploadRate)
      }
      plan.add(.user(host: host, name: account.name), down: options?.downloadRate, up: options?.uploadRate)
    }
    plan.add(
      .session(id), down: options?.sessionDownloadRate ?? settings.downPerSession,
      up: options?.sessionUploadRate ?? settings.upPerSession)
    return plan
  }

  /// The limits on the bytes of the transfer that runs; nil: there are none.
  var throttle: Throttle? {
    guard let transfer else { return nil }
    let direction: RateKey.Direction = transfer.direction == .upload ? .up : .down
    var buckets = rates?.buckets(direction) ?? []
    if rates != nil, transfer.direction != .listing, let shared = transfer.fileRates ?? makeFileRates() {
      self.transfer?.fileRates = shared
      buckets += shared.buckets(direction)
    }
    let allowance = transfer.direction == .listing ? nil : quotas?.traffic(transfer.direction)
    return buckets.isEmpty && allowance == nil ? nil : Throttle(buckets, from: allowance)
  }
}

extension Account {
  /// Whether the entry, or a group, says anything about bandwidth.
  fileprivate var hasRates: Bool {
    if options.downloadRate != nil || options.uploadRate != nil || options.sessionDownloadRate != nil
      || options.sessionUploadRate != nil
    {
      return true
    }
    return groups.contains { $0.group.options.groupDownloadRate != nil || $0.group.options.groupUploadRate != nil }
  }
}
