// The line of work that waits for a worker, and whose turn is next.

/// Work that waits, in the order it came. Whose owner has the fewest workers goes first, so that nobody takes them all.
struct WorkLine<Item> {
  private struct Waiting {
    let owner: WorkOwner
    let ticket: UInt64
    let item: Item
  }

  private var waiting: [Waiting] = []
  private var running: [WorkOwner: Int] = [:]
  /// Workers that are busy.
  private(set) var busy = 0

  /// Work that waits.
  var count: Int { waiting.count }

  /// Work of one owner that waits.
  func count(of owner: WorkOwner) -> Int { waiting.count(where: { $0.owner == owner }) }

  /// Workers an owner has.
  func workers(of owner: WorkOwner) -> Int { running[owner] ?? 0 }

  /// Gives `owner` a worker.
  mutating func begin(_ owner: WorkOwner) {
    busy += 1
    running[owner, default: 0] += 1
  }

  /// Takes a worker back.
  mutating func end(_ owner: WorkOwner) {
    busy -= 1
    let left = workers(of: owner) - 1
    running[owner] = left > 0 ? left : nil
  }

  mutating func append(_ owner: WorkOwner, _ ticket: UInt64, _ item: Item) {
    waiting.append(Waiting(owner: owner, ticket: ticket, item: item))
  }

  /// Takes the next piece of work out of the line.
  ///
  /// - Parameters:
  ///   - limit: its owner must have fewer workers than this.
  ///   - isWanted: what may not be taken stays where it is.
  mutating func next(
    below limit: Int = .max, where isWanted: (Item) -> Bool = { _ in true }
  ) -> (owner: WorkOwner, item: Item)? {
    var best: (index: Int, workers: Int)?
    for (index, entry) in waiting.enumerated() where isWanted(entry.item) {
      let workers = workers(of: entry.owner)
      if workers < min(limit, best?.workers ?? .max) { best = (index, workers) }
    }
    guard let best else { return nil }
    let taken = waiting.remove(at: best.index)
    return (taken.owner, taken.item)
  }

  /// Takes a certain piece of work out of the line, if it waits there and is wanted.
  mutating func remove(_ ticket: UInt64, where isWanted: (Item) -> Bool = { _ in true }) -> (
    owner: WorkOwner, item: Item
  )? {
    guard let index = waiting.firstIndex(where: { $0.ticket == ticket }), isWanted(waiting[index].item) else {
      return nil
    }
    let taken = waiting.remove(at: index)
    return (taken.owner, taken.item)
  }
}
