// How PASV and its kin come to a port, and wait their turn when a narrow range is used up.

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension Session {
  /// How long PASV waits for a port, in nanoseconds: clients take no reply for so long for a slow server, not for a dead one.
  private static let passivePortWait: Int64 = 3_000_000_000
  /// How long after a refusal the next port that is free is kept for the client that asks again, in nanoseconds.
  private static let passivePortReservation: Int64 = 3_000_000_000

  /// Opens the passive port of the next transfer; nil if it would have to wait for one.
  func openPassivePortNow() throws(FTPError) -> PassiveListener? {
    do throws(FTPError) { return try tryPassivePort(until: .now) } catch {
      guard case .noPassivePort(let cause) = error else { throw error }
      if case .allInUse = cause { return nil }
      tellOfNoPort(cause)
      throw error
    }
  }

  /// Opens the passive port of the next transfer.
  func openPassivePort() async throws(FTPError) -> PassiveListener {
    let deadline = MonotonicTime.now.advanced(by: Self.passivePortWait)
    while true {
      do throws(FTPError) { return try tryPassivePort(until: deadline) } catch {
        guard case .noPassivePort(let cause) = error else { throw error }
        guard case .allInUse = cause, MonotonicTime.now < deadline, !isToldToStop else {
          tellOfNoPort(cause)
          throw error
        }
      }
      // Woken when it is this session's turn; and now and then, since a port that is too young to be taken back grows old by itself.
      let look = MonotonicTime.now.advanced(by: 500_000_000)
      _ = await parking.sleep(until: min(look, deadline))
    }
  }

  /// - Parameter deadline: until when it will be asked for again, if there is none now.
  private func tryPassivePort(until deadline: MonotonicTime) throws(FTPError) -> PassiveListener {
    tellOfStrangers()
    protection.isClientOnce = false
    let listener = try channels.openPassivePort(
      for: try portClaimant(), admitting: partnerNetworks,
      waitingUntil: deadline.advanced(by: Self.passivePortReservation))
    control.offerTicket()
    return listener
  }

  /// In whose name ports are counted: the user's; where that is one name for many people, the address's.
  private func portClaimant() throws(FTPError) -> PortClaimant {
    if let claimant { return claimant }
    let account = try requireIdentity().account
    let address = control.peer.address
    let distinction = account.isAnonymous ? address.client.octets : Array((virtualHost?.name ?? "").utf8)
    let claimant = PortClaimant(number: id, user: account.name + [0] + distinction, address: address) { [parking] in
      parking.wake()
    }
    self.claimant = claimant
    return claimant
  }

  private func tellOfNoPort(_ cause: PassivePortError) {
    guard let count = context.notices.pass(.noPassivePort) else { return }
    let requests = count > 1 ? " for \(count) requests" : ""
    switch cause {
    case .allInUse(let size):
      tell(
        .error,
        "no passive port\(requests): all \(size) ports of passive.ports are in use; widen the range",
        record(result: 425))
    case .failed(let error): tell(.error, "no passive port\(requests): \(error)", record(result: 425))
    }
  }
}
