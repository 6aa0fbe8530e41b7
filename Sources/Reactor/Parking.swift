// Where one session waits, without a thread, for its control connection, its data connection or a deadline.

import CLinux
import Glibc
import LinuxSystem

/// The parking place of one session. A session is parked at most once at a time.
public final class Parking: @unchecked Sendable {
  // Sendable: every stored `var` is touched only with the reactor's `state` locked.
  /// What continues when the parking ends: a suspended task, a session without one, or a function.
  enum Waiter {
    case task(UnsafeContinuation<Wake, Never>)
    case parked(any Parked)
    case callback(@Sendable (Wake) -> Void)

    func resume(_ wake: Wake) {
      switch self {
      case .task(let continuation): continuation.resume(returning: wake)
      case .parked(let parked): parked.executor.add(.wake(parked, wake))
      case .callback(let function): function(wake)
      }
    }
  }

  private let reactor: Reactor
  private let slot: UInt32
  private let generation: UInt32
  private var waiter: Waiter?
  private var wasCalled = false
  /// The descriptor that stays open for as long as the session lives, or -1: only of this one is it known that it is armed still.
  private let home: Int32
  /// What the home descriptor is armed for; 0: nothing.
  private var homeEvents: UInt32 = 0
  private var isHomeKnown = false
  /// The others that were armed last: they are known to epoll, unless they were closed meanwhile.
  private var others: (Int32, Int32) = (-1, -1)
  /// What the home descriptor is to the present wait.
  private var homeRole = Role.none

  private enum Role {
    case none
    case first
    case second
  }

  /// Nanoseconds of CLOCK_MONOTONIC, or .max.
  var deadline: Int64 = .max
  /// The earliest entry of this parking in the reactor's heap, or .max.
  private(set) var scheduled: Int64 = .max
  /// Its other entries in the heap, the earliest last. An entry is added only for a deadline before all others, so there are few.
  private var scheduledLater: [Int64] = []

  /// - Parameter home: a descriptor that is often waited for, and stays open until ``retire()``: a session's control connection.
  public init(_ reactor: Reactor, home: Int32 = -1) {
    self.reactor = reactor
    self.home = home
    (slot, generation) = reactor.state.withLock { state in
      if let slot = state.free.popLast() { return (slot, state.generations[Int(slot)]) }
      state.parkings.append(nil)
      state.generations.append(0)
      return (UInt32(truncatingIfNeeded: state.parkings.count - 1), 0)
    }
    let place = Unmanaged.passUnretained(self)
    reactor.state.withLock { [slot] in $0.parkings[Int(slot)] = place }
  }

  /// Frees the slot. Call it once, as the last call, when the session has ended; nothing may wait here afterwards.
  public func retire() {
    reactor.state.withLock { state in
      guard state.generations[Int(slot)] == generation, state.parkings[Int(slot)] != nil else { return }
      state.parkings[Int(slot)] = nil
      state.generations[Int(slot)] &+= 1
      state.free.append(slot)
    }
  }

  /// Waits until `first` (or `second`, if given) is ready, `until` has come or ``wake()`` is called.
  ///
  /// A wake may be spurious. The caller tries its system call before it waits and again afterwards.
  public nonisolated(nonsending) func wait(
    _ first: Int32, _ firstInterest: Readiness, _ second: Int32 = -1, _ secondInterest: Readiness = [],
    until: MonotonicTime
  ) async -> Wake {
    await withUnsafeContinuation {
      park(.task($0), first, firstInterest, second, secondInterest, until)
    }
  }

  /// Like ``wait(_:_:_:_:until:)``, but without a task: `parked` goes on on its executor when the parking ends.
  ///
  /// This saves the kilobytes of a task while a session is idle.
  public func call(
    _ parked: any Parked, when first: Int32, _ firstInterest: Readiness, _ second: Int32 = -1,
    _ secondInterest: Readiness = [], until: MonotonicTime
  ) {
    park(.parked(parked), first, firstInterest, second, secondInterest, until)
  }

  /// The same with a function, which is called by whoever wakes it.
  public func call(
    when first: Int32, _ firstInterest: Readiness, _ second: Int32 = -1, _ secondInterest: Readiness = [],
    until: MonotonicTime, _ function: @escaping @Sendable (Wake) -> Void
  ) {
    park(.callback(function), first, firstInterest, second, secondInterest, until)
  }

  private func park(
    _ waiter: Waiter, _ first: Int32, _ firstInterest: Readiness, _ second: Int32, _ secondInterest: Readiness,
    _ until: MonotonicTime
  ) {
    let wokenAlready = reactor.state.withLock { state -> Bool in
      if wasCalled {
        wasCalled = false
        return true
      }
      self.waiter = waiter
      deadline = until.nanoseconds
      if schedule(&state.deadlines), deadline < state.sleepsUntil { reactor.ring() }
      if second == home, home >= 0 {
        homeRole = .second
        if first >= 0 { arm(first, firstInterest, isSecond: false) }
        armHome(secondInterest)
        others = (first, -1)
      } else if first == home, home >= 0 {
        homeRole = .first
        armHome(firstInterest)
        if second >= 0 { arm(second, secondInterest, isSecond: true) }
        others = (second, -1)
      } else {
        homeRole = .none
        if first >= 0 { arm(first, firstInterest, isSecond: false) }
        if second >= 0 { arm(second, secondInterest, isSecond: true) }
        others = (first, second)
      }
      return false
    }
    if wokenAlready { waiter.resume(.called) }
  }

  /// Waits only for the deadline or ``wake()``.
  public nonisolated(nonsending) func sleep(until: MonotonicTime) async -> Wake { await wait(-1, [], until: until) }

  /// Wakes the session from any thread. If it is not parked, its next wait ends at once.
  public func wake() {
    let waiter = reactor.state.withLock { _ -> Waiter? in
      if self.waiter == nil { wasCalled = true }
      return take()
    }
    waiter?.resume(.called)
  }

  var isParked: Bool { waiter != nil }

  /// Adds the deadline to the heap, unless an earlier entry is there already; true if it did.
  @discardableResult
  func schedule(_ heap: inout DeadlineHeap) -> Bool {
    guard deadline < scheduled else { return false }
    if scheduled != .max { scheduledLater.append(scheduled) }
    scheduled = deadline
    heap.push(.init(time: deadline, slot: slot, generation: generation))
    return true
  }

  /// Called when this parking's earliest entry has left the heap.
  func unschedule() { scheduled = scheduledLater.popLast() ?? .max }

  func take() -> Waiter? {
    defer { waiter = nil }
    return waiter
  }

  /// Called when epoll has told of a descriptor, whether or not anything waits: it is not armed any more.
  ///
  /// - Returns: which of the two it is; nil for the home descriptor that is left over from an earlier wait.
  func disarmed(_ token: Token) -> Wake? {
    guard token.isHome else { return .ready(first: !token.isSecond, second: token.isSecond) }
    homeEvents = 0
    return homeRole == .none ? nil : .ready(first: homeRole == .first, second: homeRole == .second)
  }

  /// A transfer's wait that the data connection ended has left the home descriptor armed: then this is no call at all.
  private func armHome(_ interest: Readiness) {
    let events = Self.events(interest)
    if homeEvents == events { return }
    homeEvents = events
    let token = Token(slot: slot, generation: generation, isSecond: false, isHome: true)
    control(home, isKnown: isHomeKnown, events, token)
    isHomeKnown = true
  }

  private func arm(_ number: Int32, _ interest: Readiness, isSecond: Bool) {
    control(
      number, isKnown: number == others.0 || number == others.1, Self.events(interest),
      Token(slot: slot, generation: generation, isSecond: isSecond))
  }

  /// One-shot and level-triggered: a descriptor that is ready already is reported at once.
  private static func events(_ interest: Readiness) -> UInt32 {
    WEFT_EPOLL_ONE_SHOT | (interest.contains(.readable) ? WEFT_EPOLL_READABLE : 0)
      | (interest.contains(.writable) ? WEFT_EPOLL_WRITABLE : 0)
      | (interest.contains(.hangUp) ? WEFT_EPOLL_HANG_UP : 0)
  }

  /// A closed descriptor leaves the epoll set by itself, and its number may be reused: if one call fails, the other one applies.
  private func control(_ number: Int32, isKnown: Bool, _ events: UInt32, _ token: Token) {
    let likely = isKnown ? WEFT_EPOLL_MODIFY : WEFT_EPOLL_ADD
    if weft_epoll_ctl(reactor.epoll, likely, number, events, token.raw) < 0 {
      _ = weft_epoll_ctl(
        reactor.epoll, likely == WEFT_EPOLL_MODIFY ? WEFT_EPOLL_ADD : WEFT_EPOLL_MODIFY, number, events, token.raw)
    }
  }
}
