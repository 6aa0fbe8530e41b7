// The data transfer process of one transfer (RFC 959, section 2.3): its connection, its count, and the one place that counts.

import Bandwidth
import LinuxSystem

/// Moves bytes between a file and a data connection, for a server or a client.
///
/// The process has to ignore SIGPIPE: sendfile(2) and splice(2) raise it when the other side is gone. It belongs to its attendant and is
/// used on the attendant's executor only. The ways in are ``send(_:_:with:)`` and
/// ``receive(into:at:with:)`` for files as they are, and ``sendCoded(_:from:through:with:)`` and
/// ``receiveCoded(into:through:with:)`` where TYPE, STRU or MODE change them.
public final class DataTransferProcess {
  /// The connection it moves bytes on.
  public let data: DataConnection
  let pools: TransferPools
  let meter: TransferMeter
  /// The limits on its bytes; nil: none. Others may be put in their place while it runs.
  public var throttle: Throttle? { didSet { oldValue?.close() } }
  /// Nothing more may move, but the end of the file has not been seen.
  private var looksForEnd = false
  /// How long the file may become; nil: as long as it likes.
  public var allowance: (any FileAllowance)?
  /// Bytes since the attendant last looked at the control connection.
  private var unwatched = 0
  /// Made at the first wait: the attendant knows the limits.
  private var pace: Pace?
  /// So many bytes may move without a wait before the control connection is looked at.
  private static let watchInterval = 8 * 1024 * 1024
  /// Nanoseconds for which bytes that may move are held for an other side that is not ready.
  private static let longestHold: Int64 = 100_000_000

  /// - Parameters:
  ///   - data: an open data connection.
  ///   - meter: counts what moves; whoever wants to know may read it from any thread.
  ///   - throttle: the limits on its bytes; nil: none.
  public init(on data: DataConnection, pools: TransferPools, meter: TransferMeter, throttle: Throttle? = nil) {
    self.data = data
    self.pools = pools
    self.meter = meter
    self.throttle = throttle
  }

  /// Counts bytes that have moved on the data connection. Every byte of every transfer comes through here.
  func count(_ bytes: Int) {
    meter.count(bytes)
    throttle?.spend(bytes)
  }

  /// Takes bytes back that will be counted again.
  func uncount(_ bytes: Int) {
    meter.uncount(bytes)
    throttle?.unspend(bytes)
  }

  // MARK: limits

  /// Bytes that may move before ``waitForCredit(_:with:)``; without limits, any number.
  var credit: Int {
    guard let throttle else { return .max }
    return looksForEnd ? 1 : throttle.credit
  }

  /// Waits until the limits let bytes move: time in which nobody is slow but we.
  ///
  /// - Parameters:
  ///   - wanted: bytes that could move now.
  ///   - receiving: the last byte that may move can be the last of the file. Whether it is, the next look tells: ``requireCredit()`` has to
  ///     be called when something comes.
  func waitForCredit(
    _ wanted: Int, receiving: Bool = false, with attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    while let throttle, throttle.credit <= 0 {
      let delay = throttle.ask(for: wanted)
      if throttle.isUsedUp {
        if throttle.isOutOfReach { throw .quotaUnknown }
        if !receiving { throw .usedUp }
        looksForEnd = true
        return try await wait(.readable, with: attendant)
      }
      if delay > 0 { try await attendant.pause(until: MonotonicTime.now.advanced(by: delay)) }
    }
  }

  /// Waits until bytes may move that the caller receives by itself, and then tells the process of with ``moved(_:)``.
  ///
  /// - Returns: how many, 1 at least and `most` at most.
  public func room(upTo most: Int, with attendant: isolated some Attendant) async throws(TransferBreak) -> Int {
    if credit <= 0 { try await waitForCredit(most, receiving: true, with: attendant) }
    return max(1, min(most, credit))
  }

  /// Counts bytes that the caller has received by itself.
  public func moved(_ bytes: Int) { count(bytes) }

  /// Throws if what has come is more than may move at all.
  func requireCredit() throws(TransferBreak) {
    if looksForEnd { throw .usedUp }
  }

  /// Waits until `wanted` bytes, or some of them, may be sent: for the limits, or else for the connection.
  func waitToSend(_ wanted: Int, with attendant: isolated some Attendant) async throws(TransferBreak) {
    if credit <= 0 { return try await waitForCredit(wanted, with: attendant) }
    try await wait(.writable, with: attendant)
  }

  // MARK: waiting

  /// Has the attendant look at the control connection every ``watchInterval`` bytes, so that ABOR is seen in a transfer that never waits.
  ///
  /// - Parameter bytes: bytes that moved, or were written, since the last call.
  /// - Returns: whether it has looked.
  @discardableResult
  func watch(after bytes: Int, with attendant: isolated some Attendant) throws(TransferBreak) -> Bool {
    unwatched += bytes
    if unwatched < Self.watchInterval { return false }
    unwatched = 0
    try attendant.attend()
    return true
  }

  /// Whether the data connection is ready within a moment; false: nobody knows, so ``wait(_:at:with:lastLook:)``.
  func isReadySoon(_ interest: Readiness, with attendant: isolated some Attendant) throws(TransferBreak) -> Bool {
    // Who sends a byte each moment is held to the pace as well.
    var pace = self.pace ?? Pace(attendant.paceLimits)
    defer { self.pace = pace }
    _ = try pace.allowance(at: meter.bytes)
    let start = MonotonicTime.now
    guard try attendant.isReadySoon(data.number, interest) else { return false }
    pace.count(waited: MonotonicTime.now.since(start))
    return true
  }

  /// Waits until the data connection is ready, as long as the pace of the transfer allows. The wait may end early.
  ///
  /// - Parameters:
  ///   - progress: bytes of the file that have moved until now; nil: all bytes that passed the connection are such.
  ///   - lastLook: called when the time is up, before that is held against the other side; true: there is something after all.
  func wait(
    _ interest: Readiness, at progress: UInt64? = nil, with attendant: isolated some Attendant,
    lastLook: () -> Bool = { false }
  ) async throws(TransferBreak) {
    let bytes = progress ?? meter.bytes
    var pace = self.pace ?? Pace(attendant.paceLimits)
    defer { self.pace = pace }
    let limit = try pace.allowance(at: bytes)
    let start = MonotonicTime.now
    do throws(TransferBreak) {
      try await attendant.wait(for: data.number, interest, until: start.advanced(by: limit))
      let waited = MonotonicTime.now.since(start)
      pace.count(waited: waited)
      if waited > Self.longestHold { throttle?.relinquish() }
    } catch {
      guard case .stalled = error else { throw error }
      pace.count(waited: max(limit, MonotonicTime.now.since(start)))
      if !lastLook() { _ = try pace.allowance(at: bytes) }
    }
  }

  /// Ends a transfer that went well under TLS: close_notify has gone when this returns.
  public func finishClosing(with attendant: isolated some Attendant) async throws(TransferBreak) {
    // What was counted may have been something else than the bytes on the wire.
    pace = Pace(attendant.paceLimits, at: meter.bytes)
    while data.isClosing {
      try await wait(.writable, with: attendant)
      data.goOnClosing()
    }
  }
}
