// OPTS LIMITS (by custom): client and server tell what they are ready for, and both keep to the lower of the two.

import Accounts
import FTPProtocol
import FTPTransfer
import LinuxSystem

extension Session {
  /// OPTS LIMITS [connections=…;total=…;file=…;connection=…;block=…;]: what is told holds for this session until it is told anew, and its
  /// rates for all transfers of the user from this address.
  func limitOptions(_ argument: [UInt8]) throws(FTPError) -> Reply {
    guard let stated = TransferLimits(argument) else {
      throw .syntax("Usage: OPTS LIMITS [connections=<n>;] [total=<rate>;] [file=<rate>;] [connection=<rate>;]")
    }
    makeExtras().stated = stated
    applyRates()
    activity.note(limits: limitsInForce.text)
    return Reply(200, bytes: limitsInForce.answer)
  }

  /// The lower of both sides.
  var limitsInForce: TransferLimits { ownLimits.lower(extras?.stated ?? TransferLimits()) }

  /// What settings and account say, now. A rate that holds for one direction only is told where the other one has none: the limit of each
  /// direction is kept in any case.
  private var ownLimits: TransferLimits {
    let rates = context.snapshot.configuration.rates
    let account = identity?.account
    let options = account?.options
    var limits = TransferLimits(block: UInt64(BufferPool.size))
    limits.connections = shareLimit(account)
    let moment = WeekMoment(seconds: WallClock.seconds)
    func both(_ down: [ByteRate?], _ up: [ByteRate?]) -> UInt64 {
      func lowest(_ rates: [ByteRate?]) -> UInt64 {
        rates.compactMap { $0?.limit(at: moment) }.filter { $0 > 0 }.min() ?? 0
      }
      let (down, up) = (lowest(down), lowest(up))
      return down == 0 ? up : up == 0 ? down : max(down, up)
    }
    let groups = account?.groups.map(\.group.options) ?? []
    limits.total = both(
      [rates.down, rates.downPerAddress, options?.downloadRate] + groups.map(\.groupDownloadRate),
      [rates.up, rates.upPerAddress, options?.uploadRate] + groups.map(\.groupUploadRate))
    limits.connection = both(
      [options?.sessionDownloadRate ?? rates.downPerSession], [options?.sessionUploadRate ?? rates.upPerSession])
    return limits
  }

  /// How many sessions, or transfers, of the user there may be; 0: any number.
  private func shareLimit(_ account: Account?) -> UInt64 {
    let limits = configuration.limits
    guard let account else { return UInt64(clamping: limits.sessionsPerUser) }
    let all = shares(of: account).map(\.limit) + [limits.sessionsPerAddress, account.options.transfers ?? 0]
    return UInt64(clamping: all.filter { $0 > 0 }.min() ?? 0)
  }

  /// What the client has said it wants to keep to, as limits of this session.
  func addStated(to plan: inout RatePlan) {
    guard let stated = extras?.stated, stated.hasRates else { return }
    // One connection moves one file.
    let own = TransferLimits(connection: stated.connection).lower(TransferLimits(connection: stated.file)).connection
    if own > 0 { plan.add(.stated(id), down: ByteRate(bytesPerSecond: own), up: ByteRate(bytesPerSecond: own)) }
    guard let account = identity?.account, stated.total > 0 else { return }
    let rate = ByteRate(bytesPerSecond: stated.total)
    plan.add(
      .statedTotal(host: virtualHost?.name, name: account.name, control.peer.address.client), down: rate, up: rate)
  }

  /// The limit on the file of the transfer that runs, which other sessions of the user may move parts of; nil: none.
  func makeFileRates() -> SessionRates? {
    guard let stated = extras?.stated, stated.file > 0, let transfer, let account = identity?.account else {
      return nil
    }
    var plan = RatePlan()
    let rate = ByteRate(bytesPerSecond: stated.file)
    plan.add(
      .statedFile(host: virtualHost?.name, name: account.name, control.peer.address.client, transfer.path.bytes),
      down: rate, up: rate)
    return SessionRates(plan, in: context.rates)
  }
}
