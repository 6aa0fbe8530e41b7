// The data transfer process of one transfer (RFC 959, section 2.3): its connection, its count, and the one place that counts.

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
  /// Bytes since the attendant last looked at the control connection.
  private var unwatched = 0
  /// Made at the first wait: the attendant knows the limits.
  private var pace: Pace?
  /// So many bytes may move without a wait before the control connection is looked at.
  private static let watchInterval = 8 * 1024 * 1024

  /// - Parameters:
  ///   - data: an open data connection.
  ///   - meter: counts what moves; whoever wants to know may read it from any thread.
  public init(on data: DataConnection, pools: TransferPools, meter: TransferMeter) {
    self.data = data
    self.pools = pools
    self.meter = meter
  }

  /// Counts bytes that have moved on the data connection. Every byte of every transfer comes through here.
  func count(_ bytes: Int) { meter.count(bytes) }

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
      pace.count(waited: MonotonicTime.now.since(start))
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
