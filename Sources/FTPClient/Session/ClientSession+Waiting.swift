// Where a session waits, without a thread, and how it attends to its transfers (Attendant).

import FTPProtocol
import FTPTransfer
import LinuxSystem
import Reactor

extension ClientSession: Attendant {
  /// Waits for one or two descriptors, the deadline, or the cancellation of the task. It may end early.
  func park(
    _ first: Int32, _ firstInterest: Readiness, _ second: Int32 = -1, _ secondInterest: Readiness = [],
    until deadline: MonotonicTime
  ) async -> (first: Bool, second: Bool) {
    // Most answers on a fast network are here sooner than a thread could be woken.
    if first >= 0 || second >= 0 {
      let ready = Poll.wait(first, firstInterest, second, secondInterest, milliseconds: 2)
      if ready.first || ready.second { return ready }
    }
    let parking = parking
    let wake: Wake
    if isShielded {
      wake = await parking.wait(first, firstInterest, second, secondInterest, until: deadline)
    } else {
      wake = await withTaskCancellationHandler {
        await parking.wait(first, firstInterest, second, secondInterest, until: deadline)
      } onCancel: {
        parking.wake()
      }
    }
    if case .ready(let first, let second) = wake { return (first, second) }
    return (false, false)
  }

  /// Whether the task was cancelled and that counts now.
  var isCancelled: Bool { Task.isCancelled && !isShielded }

  // MARK: Attendant

  public var paceLimits: PaceLimits { PaceLimits(stall: options.timeouts.stall) }

  /// Waits until a descriptor of the transfer is ready, and hears the server meanwhile.
  public func wait(
    for number: Int32, _ interest: Readiness, until deadline: MonotonicTime
  ) async throws(TransferBreak) {
    while true {
      if failure != nil { throw .controlConnectionLost }
      if isCancelled { throw .aborted }
      try hear()
      let listens = earlyReply == nil
      let ready = await park(
        number, interest, listens ? control.number : -1, listens ? control.interest : [], until: deadline)
      if ready.second { try hear() }
      if ready.first { return }
      if MonotonicTime.now >= deadline { throw .stalled }
    }
  }

  /// Looks at the control connection without waiting.
  public func attend() throws(TransferBreak) {
    if isCancelled { throw .aborted }
    if Poll.wait(control.number, .readable, milliseconds: 0) { try hear() }
  }

  /// Takes what the server says during a transfer. The final reply may come before the last byte of data has been read; a refusal ends the
  /// transfer at once.
  private func hear() throws(TransferBreak) {
    if earlyReply != nil { return }
    do throws(ClientError) {
      try control.flush()
      while true {
        while let reply = try control.nextReply() {
          trace(.received(reply))
          if let markers = reply.restartMarkers { restartMarkers.append(markers) }
          if reply.kind == .preliminary { continue }
          earlyReply = reply
          if reply.kind != .completion { throw ClientError.refusal(reply, of: "the transfer") }
          return
        }
        switch try control.receive() {
        case .bytes: continue
        case .nothing: return
        case .ended: throw ClientError(.connectionLost, "the server closed the control connection")
        }
      }
    } catch {
      if earlyReply != nil { throw .aborted }
      fail(error)
      throw .controlConnectionLost
    }
  }
}
