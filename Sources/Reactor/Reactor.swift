// One epoll descriptor, which idle workers wait for: it wakes parked sessions when a socket is ready or a deadline has come.

import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// Why a parked session continues.
public enum Wake: Sendable, Equatable {
  /// The first, the second or both of the descriptors waited for are ready (an error counts as ready).
  case ready(first: Bool, second: Bool)
  /// The deadline came first.
  case deadline
  /// ``Parking/wake()`` was called.
  case called
}

/// What sessions are parked at, and the workers that run them.
///
/// Sockets never get a `DispatchSource`, because libdispatch's epoll backend crashes when many clients reset their connections
/// (swift-corelibs-libdispatch issues 833 and 949). Descriptors are armed one-shot, and only while a session is parked on them.
public final class Reactor: Sendable {
  struct State {
    var parkings: [Unmanaged<Parking>?] = []
    var generations: [UInt32] = []
    var free: [UInt32] = []
    var deadlines = DeadlineHeap()
    /// The time until which epoll_wait sleeps; an earlier deadline must wake it.
    var sleepsUntil: Int64 = .max
  }

  let state = Mutex(State())
  let epoll: Int32
  private let alarm: Int32
  private static let alarmToken = UInt64.max
  private let pulse = Pulse()
  let workers: Workers
  /// What epoll_wait gives, and whom it wakes. They belong to whoever polls, one thread at a time.
  private nonisolated(unsafe) let events = UnsafeMutablePointer<weft_event>.allocate(capacity: batchSize)
  private nonisolated(unsafe) var woken: [(Parking.Waiter, Wake)] = []
  private static let batchSize = 256

  /// Makes the epoll descriptor and starts the threads, which live as long as the process.
  public convenience init() throws(SystemError) {
    try self.init(suspended: ())
    try start()
  }

  /// Makes only the epoll descriptor, for a process that must not have other threads yet. Call ``start()`` later.
  public init(suspended: Void) throws(SystemError) {
    epoll = try Self.checked(weft_epoll_create(), "epoll_create1")
    alarm = try Self.checked(weft_eventfd(), "eventfd")
    workers = Workers()
    _ = try Self.checked(
      weft_epoll_ctl(epoll, WEFT_EPOLL_ADD, alarm, WEFT_EPOLL_READABLE, Self.alarmToken), "epoll_ctl")
    workers.attach(to: self)
  }

  deinit { events.deallocate() }

  /// Starts the first worker. May be called only once.
  public func start() throws(SystemError) { try workers.start() }

  /// What the workers do now. Any thread may ask.
  public var load: WorkerLoad { workers.load }

  private static func checked(_ result: Int32, _ call: StaticString) throws(SystemError) -> Int32 {
    if result < 0 { throw SystemError(code: -result, call: call) }
    return result
  }

  /// Makes whoever polls look at the deadlines and at the line again. Call it with the state locked, unless you have changed nothing in it.
  func ring() {
    var one: UInt64 = 1
    _ = weft_write(alarm, &one, 8)
  }

  /// Whether somebody looks at the sockets within `limit`. For a watchdog. It blocks the caller for up to that time, and takes no lock
  /// that a hanging thread could hold.
  public func isTurning(within limit: Duration) -> Bool { pulse.check(within: limit) { ring() } }

  /// Wakes whatever is ready or due. Only one thread at a time may call it.
  ///
  /// - Parameters:
  ///   - isWaiting: wait until something is; else only look.
  ///   - wrapping: runs the function it gets, which resumes all that is woken.
  func poll(isWaiting: Bool, wrapping: (() -> Void) -> Void) {
    let count = weft_epoll_wait(epoll, events, Int32(Self.batchSize), isWaiting ? timeout() : 0)
    state.withLock { state in
      state.sleepsUntil = 0
      for index in 0..<max(0, Int(count)) { deliver(events[index], &state) }
      expire(&state)
    }
    if !woken.isEmpty {
      wrapping { for (waiter, wake) in woken { waiter.resume(wake) } }
      woken.removeAll(keepingCapacity: true)
    }
    pulse.answer()
  }

  /// How long epoll_wait may sleep, in milliseconds, rounded up so that it never wakes just before a deadline.
  private func timeout() -> Int32 {
    state.withLock { state in
      guard let earliest = state.deadlines.earliest else {
        state.sleepsUntil = .max
        return -1
      }
      state.sleepsUntil = earliest
      let wait = earliest &- weft_monotonic()
      return wait <= 0 ? 0 : Int32(clamping: wait / 1_000_000 + 1)
    }
  }

  private func deliver(_ event: weft_event, _ state: inout State) {
    if event.token == Self.alarmToken {
      var count: UInt64 = 0
      _ = weft_read(alarm, &count, 8)
      return
    }
    let token = Token(event.token)
    guard let parking = lookUp(token.slot, token.generation, state) else { return }
    if let wake = parking.disarmed(token), let waiter = parking.take() { woken.append((waiter, wake)) }
  }

  private func expire(_ state: inout State) {
    guard let earliest = state.deadlines.earliest else { return }
    let now = weft_monotonic()
    guard earliest <= now else { return }
    while let entry = state.deadlines.popDue(at: now) {
      guard let parking = lookUp(entry.slot, entry.generation, state) else { continue }
      parking.unschedule()
      guard parking.isParked else { continue }
      if parking.deadline <= now {
        if let waiter = parking.take() { woken.append((waiter, .deadline)) }
      } else {
        // The deadline was moved back while the session was awake; only now does the heap get the new time.
        parking.schedule(&state.deadlines)
      }
    }
  }

  private func lookUp(_ slot: UInt32, _ generation: UInt32, _ state: borrowing State) -> Parking? {
    let index = Int(slot)
    guard index < state.parkings.count, state.generations[index] == generation else { return nil }
    return state.parkings[index]?.takeUnretainedValue()
  }
}

/// The value epoll returns with an event: which parking, and which of its two descriptors.
struct Token {
  let slot: UInt32
  let generation: UInt32
  let isSecond: Bool
  /// It is the parking's home descriptor, whether first or second.
  let isHome: Bool

  init(slot: UInt32, generation: UInt32, isSecond: Bool, isHome: Bool = false) {
    self.slot = slot
    self.generation = generation
    self.isSecond = isSecond
    self.isHome = isHome
  }

  init(_ raw: UInt64) {
    slot = UInt32(truncatingIfNeeded: raw) & 0x3FFF_FFFF
    isHome = raw & 0x4000_0000 != 0
    isSecond = raw & 0x8000_0000 != 0
    generation = UInt32(truncatingIfNeeded: raw >> 32)
  }

  var raw: UInt64 {
    UInt64(generation) << 32 | (isSecond ? 0x8000_0000 : 0) | (isHome ? 0x4000_0000 : 0) | UInt64(slot)
  }
}
