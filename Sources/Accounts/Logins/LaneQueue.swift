// The order in which logins that wait get their turn: lanes take turns, and within a lane the first comes first.

/// Logins that wait for a hash or for an external answer, by their tickets. A value; its owner keeps it behind a lock.
public struct LaneQueue<Job: Sendable>: Sendable {
  private var jobs: [UInt64: Job] = [:]
  private var lanes: [PasswordVerifier.Lane: [UInt64]] = [:]
  /// Lanes with somebody in them, in the order of their turns; the preferred ones apart.
  private var turns: [PasswordVerifier.Lane] = []
  private var preferredTurns: [PasswordVerifier.Lane] = []
  private var wasPreferred = false

  public init() {}

  /// How many wait.
  public var count: Int { jobs.count }

  /// How many wait in a lane, those counted too that were removed since.
  public func count(in lane: PasswordVerifier.Lane) -> Int { lanes[lane]?.count ?? 0 }

  /// - Parameter ticket: of this job alone, for ``remove(_:)``.
  public mutating func append(_ job: Job, ticket: UInt64, lane: PasswordVerifier.Lane) {
    jobs[ticket] = job
    if lanes[lane] == nil { if lane.isPreferred { preferredTurns.append(lane) } else { turns.append(lane) } }
    lanes[lane, default: []].append(ticket)
  }

  /// Takes out a job that waits no longer.
  public mutating func remove(_ ticket: UInt64) -> Job? { jobs.removeValue(forKey: ticket) }

  /// Takes the job whose turn it is.
  public mutating func takeNext() -> Job? {
    while let lane = nextLane() {
      var tickets = lanes.removeValue(forKey: lane) ?? []
      var taken: Job?
      // Removed jobs have left their tickets, each of which is skipped once.
      while taken == nil, !tickets.isEmpty { taken = jobs.removeValue(forKey: tickets.removeFirst()) }
      if !tickets.isEmpty {
        lanes[lane] = tickets
        if lane.isPreferred { preferredTurns.append(lane) } else { turns.append(lane) }
      }
      if let taken { return taken }
    }
    return nil
  }

  /// The preferred and the others alternate, so that neither keeps the other waiting for ever.
  private mutating func nextLane() -> PasswordVerifier.Lane? {
    let isPreferred = preferredTurns.isEmpty ? false : turns.isEmpty || !wasPreferred
    wasPreferred = isPreferred
    if isPreferred { return preferredTurns.removeFirst() }
    return turns.isEmpty ? nil : turns.removeFirst()
  }
}
