// Events for one open page, made when the page is ready for them.

import Hummingbird

/// An asynchronous sequence of events that asks for more when it has none left.
struct EventPump: AsyncSequence, Sendable {
  typealias Element = ServerEvent?

  /// The next events; empty: a sign of life only; nil: the end.
  let more: @Sendable () async -> [ServerEvent]?

  struct AsyncIterator: AsyncIteratorProtocol {
    let more: @Sendable () async -> [ServerEvent]?
    var waiting: [ServerEvent] = []

    mutating func next() async -> ServerEvent?? {
      if waiting.isEmpty {
        guard let events = await more() else { return nil }
        if events.isEmpty { return .some(nil) }
        waiting = events.reversed()
      }
      return waiting.removeLast()
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(more: more) }
}
