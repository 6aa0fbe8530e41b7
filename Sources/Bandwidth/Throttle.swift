// What one transfer may move now, under all the limits that apply to it.

/// A number of bytes that several transfers use up together, such as those of a day.
public protocol ByteAllowance: AnyObject, Sendable {
  /// Takes bytes that will move.
  ///
  /// - Returns: how many may: `bytes`, or the rest; 0 if there is none; nil if that is being found out: ask again in a moment.
  func take(upTo bytes: Int64) -> Int64?

  /// Whether there is none because nobody can tell how many there are.
  var isOutOfReach: Bool { get }

  /// So many of the bytes that were taken did not move; less than nought: more did.
  func giveBack(_ bytes: Int64)
}

extension ByteAllowance {
  public var isOutOfReach: Bool { false }
}

/// The limits on one transfer's bytes: it takes a place in the line of each, and moves bytes once all of them let it. So the lowest wins,
/// and a transfer that one limit holds back takes nothing from those who share the others with it.
///
/// It belongs to its transfer, and is used by one thread at a time. ``close()`` has to end it.
public final class Throttle {
  /// Nanoseconds after which to ask again, even if it is not time yet: the rate may have risen.
  public static let longestDelay: Int64 = 1_000_000_000
  /// Nanoseconds after which an allowance is asked again that is finding out how much there is.
  static let shortDelay: Int64 = 5_000_000

  private let buckets: [RateBucket]
  private let allowance: (any ByteAllowance)?
  /// Where it stands in the line of each bucket, while it waits.
  private var places: [RateBucket.Place] = []
  /// Bytes it waits for.
  private var asked: Int64 = 0
  private var isOpen = true

  /// Whether the transfer may move nothing more, however long it waits.
  public private(set) var isUsedUp = false

  /// Whether that is so because nobody can tell how many bytes are left.
  public var isOutOfReach: Bool { isUsedUp && allowance?.isOutOfReach ?? false }

  /// Bytes that may move now, until ``ask(for:)`` has to be called again.
  public private(set) var credit = 0

  /// - Parameters:
  ///   - buckets: all that apply.
  ///   - allowance: what all its bytes are taken from; nil: they are not numbered.
  public init(_ buckets: [RateBucket], from allowance: (any ByteAllowance)? = nil) {
    self.buckets = buckets
    self.allowance = allowance
    for bucket in buckets { bucket.enter() }
  }

  deinit { close() }

  /// Asks for bytes to move. The transfer waits as long as this tells, and asks again, until there is ``credit``.
  ///
  /// - Parameter wanted: bytes it could move now.
  /// - Returns: nanoseconds to wait before asking again; 0: there is credit, or ``isUsedUp``.
  public func ask(for wanted: Int) -> Int64 {
    while credit <= 0, !isUsedUp {
      if asked == 0 {
        switch takePlaces(for: wanted) {
        case nil: return Self.shortDelay
        case false?: return 0
        case true?: break
        }
      }
      var delay: Int64 = 0
      for (bucket, place) in zip(buckets, places) { delay = max(delay, bucket.delay(until: place)) }
      if delay > 0 { return min(delay, Self.longestDelay) }
      credit += Int(asked)
      asked = 0
      places.removeAll(keepingCapacity: true)
    }
    return 0
  }

  /// - Returns: whether there are bytes to wait for; nil: the allowance does not know yet.
  private func takePlaces(for wanted: Int) -> Bool? {
    var share = RateBucket.largestShare
    for bucket in buckets { share = min(share, bucket.share) }
    var bytes = min(share, max(1, Int64(clamping: wanted)))
    if let allowance {
      guard let taken = allowance.take(upTo: bytes) else { return nil }
      bytes = taken
      isUsedUp = bytes <= 0
      if isUsedUp { return false }
    }
    asked = bytes
    places = buckets.map { $0.takePlace(for: bytes) }
    return true
  }

  /// The other side has kept the transfer waiting: what may have moved meanwhile is not kept for later, when others would do the same.
  public func relinquish() {
    guard credit > 0 else { return }
    for bucket in buckets { bucket.giveBack(Int64(credit)) }
    allowance?.giveBack(Int64(credit))
    credit = 0
  }

  /// Bytes have moved.
  public func spend(_ bytes: Int) { credit -= bytes }

  /// Bytes that were counted are moved again later.
  public func unspend(_ bytes: Int) { credit += bytes }

  /// The transfer is over: what it has not used goes back.
  public func close() {
    if !isOpen { return }
    isOpen = false
    let rest = asked + Int64(credit)
    (asked, credit) = (0, 0)
    places = []
    if rest != 0 { allowance?.giveBack(rest) }
    for bucket in buckets {
      if rest != 0 { bucket.giveBack(rest) }
      bucket.leave()
    }
  }
}
