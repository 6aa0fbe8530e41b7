// An attendant of the tests: it parks in a reactor, and breaks a transfer off where the test says so.

import Bandwidth
import FTPProtocol
import LinuxSystem
import Reactor
import UnitSupport

@testable import FTPTransfer

/// Waits for a transfer, as a session or a client would.
actor ScriptedAttendant: Attendant {
  /// What ``attend()`` throws, once.
  private var interruption: TransferBreak?
  private(set) var attended = 0
  /// How long a wait takes at most.
  private let patience: Duration
  private let minimumRate: UInt64
  /// Waits end after this time, whether there is something or not.
  private let restlessness: Duration?
  private let throttle: @Sendable () -> Throttle?
  private let allowance: @Sendable () -> (any FileAllowance)?
  private let parking: Parking
  private nonisolated let executor: SessionExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private static let reactor = Result { try Reactor() }

  init(
    interruption: TransferBreak? = nil, patience: Duration = .seconds(60), minimumRate: UInt64 = 0,
    restlessness: Duration? = nil, throttle: @escaping @Sendable () -> Throttle? = { nil },
    allowance: @escaping @Sendable () -> (any FileAllowance)? = { nil }
  ) throws {
    self.interruption = interruption
    self.patience = patience
    self.minimumRate = minimumRate
    self.restlessness = restlessness
    (self.throttle, self.allowance) = (throttle, allowance)
    let reactor = try Self.reactor.get()
    parking = Parking(reactor)
    executor = SessionExecutor(reactor)
  }

  deinit { parking.retire() }

  func wait(
    for number: Int32, _ interest: Readiness, until deadline: MonotonicTime
  ) async throws(TransferBreak) {
    let restless = restlessness.map { MonotonicTime.now.advanced(by: $0.inNanoseconds) } ?? .never
    let wake = await parking.wait(number, interest, until: min(deadline, restless))
    if wake == .deadline, deadline <= restless { throw .stalled }
  }

  func attend() throws(TransferBreak) {
    attended += 1
    guard let interruption else { return }
    self.interruption = nil
    throw interruption
  }

  nonisolated var paceLimits: PaceLimits { PaceLimits(stall: patience, minimumRate: minimumRate) }

  // MARK: transfers

  private func process(_ number: Int32, _ meter: TransferMeter) -> DataTransferProcess {
    let process = DataTransferProcess(
      on: connection(number), pools: TransferPools(), meter: meter, throttle: throttle())
    process.allowance = allowance()
    return process
  }

  /// Sends a part of a file over a connection, and closes it.
  func send(
    _ file: Held, _ range: Range<Int64>, over number: Int32, meter: TransferMeter = TransferMeter()
  ) async throws(TransferBreak) {
    let process = process(number, meter)
    try await process.send(file.number, range, with: self)
    process.data.close()
  }

  /// Receives a file.
  func receive(
    into file: Held, over number: Int32, meter: TransferMeter = TransferMeter()
  ) async throws(TransferBreak) {
    try await process(number, meter).receive(into: file.number, at: 0, with: self)
  }

  /// Receives exactly a range.
  func receive(into file: Held, exactly range: Range<Int64>, over number: Int32) async throws(TransferBreak) {
    try await process(number, TransferMeter()).receive(into: file.number, exactly: range, with: self)
  }

  /// Sends a file through a codec.
  func sendCoded(_ file: Held, _ format: TransferFormat, over number: Int32) async throws(TransferBreak) {
    let stream = format.mode == .deflate ? try TransferPools().deflates.lend(.compressing, level: 6) : nil
    let output = CodedOutput(WireEncoder(format, over: stream, from: RestartPoint()))
    let process = process(number, TransferMeter())
    try await process.sendCoded(file.number, from: 0, through: output, with: self)
    process.data.close()
  }

  /// Receives a file through a codec; returns the bytes written.
  func receiveCoded(
    into file: Held, _ format: TransferFormat, over number: Int32
  ) async throws(TransferBreak) -> UInt64 {
    let stream = format.mode == .deflate ? try TransferPools().deflates.lend(.expanding, level: 6) : nil
    let input = CodedInput(WireDecoder(format, over: stream, from: RestartPoint()), format, at: 0)
    return try await process(number, TransferMeter()).receiveCoded(into: file.number, through: input, with: self)
  }
}
