// The one that a data transfer process waits with: it parks, and looks after the other side meanwhile.

import FTPProtocol
import LinuxSystem

/// Whoever runs a transfer: a server's session, or a client's connection.
///
/// A transfer runs on its attendant's executor, in its task. So the control connection is served while bytes move, and neither side
/// needs a lock (decision 0004).
public protocol Attendant: Actor {
  /// Waits until `number` is ready, and serves the control connection meanwhile.
  ///
  /// - Parameters:
  ///   - number: a descriptor of the transfer.
  ///   - interest: what to wait for. The wait may end early: try, then wait again.
  ///   - deadline: when to give up.
  /// - Throws: ``TransferBreak/stalled`` at the deadline, ``TransferBreak/aborted``, ``TransferBreak/ending``,
  ///   ``TransferBreak/controlConnectionLost``.
  func wait(for number: Int32, _ interest: Readiness, until deadline: MonotonicTime) async throws(TransferBreak)

  /// Waits for a moment, and serves the control connection meanwhile: what is to come often comes within a round trip, and this needs neither
  /// a parking place nor a switch of the task. Where nothing can be gained that way it looks at nothing.
  ///
  /// - Returns: whether `number` is ready; false: nobody knows, so ``wait(for:_:until:)``.
  /// - Throws: as ``wait(for:_:until:)``, but for the deadline.
  func isReadySoon(_ number: Int32, _ interest: Readiness) throws(TransferBreak) -> Bool

  /// Waits until `deadline`, because the transfer may not move bytes before, and serves the control connection meanwhile. The wait may end
  /// early.
  ///
  /// - Throws: as ``wait(for:_:until:)``, but for the deadline.
  func pause(until deadline: MonotonicTime) async throws(TransferBreak)

  /// Looks at the control connection without waiting: called now and then by a transfer that never has to wait.
  ///
  /// - Throws: as ``wait(for:_:until:)``, but for the deadline.
  func attend() throws(TransferBreak)

  /// Lets those go first that wait for the thread, if there are any. Called between two pieces by a transfer that never has to wait.
  func makeWay() async

  /// How slow a transfer may be before it is broken off.
  var paceLimits: PaceLimits { get }

  /// Whether replies to the other side pile up, so that nothing more may be received that has to be answered.
  var isBacklogged: Bool { get }

  /// Waits until the other side has taken the replies.
  func relieve() async throws(TransferBreak)

  /// The sender put a restart marker into the data (RFC 959, section 3.5). All before it is written, up to `position` in the file.
  ///
  /// - Parameters:
  ///   - mark: the sender's marker.
  ///   - point: the same place as the receiver has it.
  func receivedMarker(_ mark: [UInt8], at position: Int64, _ point: RestartPoint)

  /// The sender marked data as suspect (RFC 959, section 3.4.2); told once in a transfer.
  func receivedSuspectData()
}

extension Attendant {
  public func isReadySoon(_ number: Int32, _ interest: Readiness) throws(TransferBreak) -> Bool { false }

  public func pause(until deadline: MonotonicTime) async throws(TransferBreak) {
    do throws(TransferBreak) { try await wait(for: -1, [], until: deadline) } catch {
      guard case .stalled = error else { throw error }
    }
  }

  public func makeWay() async {}
  public var isBacklogged: Bool { false }
  public func relieve() async throws(TransferBreak) {}
  public func receivedMarker(_ mark: [UInt8], at position: Int64, _ point: RestartPoint) {}
  public func receivedSuspectData() {}
}
