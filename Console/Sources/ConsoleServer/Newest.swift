// The newest of what comes and comes, so that memory has an end.

/// Keeps the last so many elements.
struct Newest<Element> {
  private(set) var elements: [Element] = []
  private let limit: Int

  init(_ limit: Int) { self.limit = limit }

  /// - Returns: whether the oldest had to make room.
  @discardableResult
  mutating func append(_ element: Element) -> Bool {
    elements.append(element)
    guard elements.count > limit else { return false }
    elements.removeFirst()
    return true
  }

  mutating func removeAll() { elements = [] }

  /// Gives all there is, and keeps none of it.
  mutating func take() -> [Element] {
    defer { elements = [] }
    return elements
  }
}

extension Newest: Sendable where Element: Sendable {}
