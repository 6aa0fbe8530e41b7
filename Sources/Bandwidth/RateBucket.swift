// One limit on bytes per second, and the line of those who share it.

import Synchronization

/// A token bucket that hands out places in a line instead of tokens, so that nobody has to be woken by it.
///
/// Whoever wants to move bytes takes a *place*: a number of bytes, counted from the bucket's beginning. The bucket *releases* bytes at its
/// rate, and a place may be used once so many are released. All take places for equal shares (``share``), one at a time, and places are
/// used in the order they were taken: that is round robin, so what a slow one does not ask for goes to the others. No thread serves the
/// line; each waits by a deadline of its own, which ``delay(until:)`` tells. A new rate holds at once for those who wait, too, as
/// soon as they ask again.
///
/// What was not used in the last ``burst`` is not kept, so the bucket never gives more than its rate and a tenth of a second of it.
public final class RateBucket: Sendable {
  /// A place in the line: bytes since the bucket's beginning.
  public typealias Place = Int64

  private struct State {
    var schedule: RateSchedule
    /// Bytes per second; 0: no limit now.
    var rate: Int64
    /// Until when ``rate`` is known to be that of the schedule.
    var rateIsKnownUntil: Int64
    /// The time up to which bytes are released.
    var time: Int64
    /// Bytes released.
    var released: Int64 = 0
    /// Billionths of a byte that are released beyond.
    var fraction: Int64 = 0
    /// The end of the line.
    var end: Int64 = 0
    /// Transfers that share the bucket.
    var users = 0

    /// What may be used at once after a pause: a tenth of a second.
    var burst: Int64 { max(RateBucket.leastShare, rate / 10) }
  }

  /// Bytes for which a transfer asks at the least: below a packet's worth the packets would only become smaller.
  public static let leastShare: Int64 = 1460
  /// Bytes for which a transfer asks at most: so much goes in a few calls.
  public static let largestShare: Int64 = 1 << 20
  private static let second: Int64 = 1_000_000_000

  private let clock: RateClock
  private let state: Mutex<State>

  /// A bucket from which nothing has been used yet.
  public init(_ schedule: RateSchedule, clock: RateClock) {
    self.clock = clock
    let now = clock.now()
    var state = State(schedule: schedule, rate: 0, rateIsKnownUntil: now, time: now)
    Self.look(now, &state)
    state.released = state.burst
    self.state = Mutex(state)
  }

  /// The rate, by the hour where it has hours. Setting it holds for all who wait.
  public var schedule: RateSchedule {
    get { state.withLock { $0.schedule } }
    set {
      state.withLock { state in
        if state.schedule == newValue { return }
        // Up to now by the old rate.
        release(&state)
        state.schedule = newValue
        state.rateIsKnownUntil = state.time
        Self.look(state.time, &state)
      }
    }
  }

  /// Transfers that share the bucket now.
  public var users: Int { state.withLock { $0.users } }

  /// Whether nobody waits and as much may be used at once as ever.
  var isFull: Bool {
    state.withLock { state in
      release(&state)
      return state.released >= state.end + state.burst
    }
  }

  // MARK: the line

  /// One more transfer shares the bucket.
  func enter() { state.withLock { $0.users += 1 } }

  /// A transfer shares it no longer.
  func leave() { state.withLock { $0.users -= 1 } }

  /// Bytes that a transfer should take a place for: what it is due of a tenth of a second.
  var share: Int64 {
    state.withLock { state in
      if state.rate == 0 { return Self.largestShare }
      return min(Self.largestShare, max(Self.leastShare, state.rate / 10 / Int64(max(1, state.users))))
    }
  }

  /// Takes a place at the end of the line for so many bytes.
  func takePlace(for bytes: Int64) -> Place {
    state.withLock { state in
      release(&state)
      state.end += bytes
      return state.end
    }
  }

  /// How long a place has to wait yet.
  ///
  /// - Returns: nanoseconds; 0: not at all. It is less if the rate rises meanwhile, so ask again once a second.
  func delay(until place: Place) -> Int64 {
    state.withLock { state in
      release(&state)
      let missing = place - state.released
      if missing <= 0 { return 0 }
      let nanoseconds = (Int128(missing) * Int128(Self.second) - Int128(state.fraction)) / Int128(max(1, state.rate))
      return Int64(clamping: nanoseconds) + 1
    }
  }

  /// Bytes that a place was taken for are not wanted.
  func giveBack(_ bytes: Int64) {
    state.withLock { state in
      release(&state)
      state.end -= bytes
    }
  }

  // MARK: time

  private static func look(_ now: Int64, _ state: inout State) {
    if now < state.rateIsKnownUntil { return }
    state.rate = Int64(clamping: state.schedule.rate)
    state.rateIsKnownUntil = state.schedule.isVarying ? now + Self.second : .max
  }

  /// Releases what has become due since the last look.
  private func release(_ state: inout State) {
    let now = clock.now()
    let passed = max(0, now - state.time)
    state.time += passed
    if state.rate > 0 {
      let due = Int128(state.rate) * Int128(passed) + Int128(state.fraction)
      state.released += Int64(clamping: due / Int128(Self.second))
      state.fraction = Int64(due % Int128(Self.second))
    }
    let most = state.end + state.burst
    if state.rate == 0 || state.released > most {
      state.released = most
      state.fraction = 0
    }
    Self.look(now, &state)
  }
}
