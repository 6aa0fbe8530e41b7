// A text of the catalogue with its places for values: matched against a reply, filled with what was found.

/// A text taken apart at `{1}`, `{2}`…
struct CatalogueTemplate {
  private enum Piece: Equatable {
    case text([UInt8])
    /// Counts from 0.
    case value(Int)
  }

  private var pieces: [Piece] = []

  init(_ text: StaticString) {
    let bytes = text.withUTF8Buffer { Array($0) }
    var literal: [UInt8] = []
    var offset = 0
    while offset < bytes.count {
      if offset + 2 < bytes.count, bytes[offset] == 0x7B, 0x31...0x39 ~= bytes[offset + 1],
        bytes[offset + 2] == 0x7D
      {
        if !literal.isEmpty { pieces.append(.text(literal)) }
        literal = []
        pieces.append(.value(Int(bytes[offset + 1] &- 0x31)))
        offset += 3
      } else {
        literal.append(bytes[offset])
        offset += 1
      }
    }
    if !literal.isEmpty { pieces.append(.text(literal)) }
  }

  /// How many different values it has places for.
  var valueCount: Int {
    Set(pieces.compactMap { if case .value(let number) = $0 { number } else { nil } }).count
  }

  /// How many bytes stand fast.
  var fixedCount: Int {
    pieces.reduce(0) { if case .text(let bytes) = $1 { $0 + bytes.count } else { $0 } }
  }

  var beginsWithValue: Bool {
    if case .value? = pieces.first { true } else { false }
  }

  /// The values in `text`, by number; nil if it is another text. A value ends where the text behind it stands first, the last one
  /// where it stands last.
  func match(_ text: [UInt8]) -> [[UInt8]]? {
    var values = [[UInt8]](repeating: [], count: valueCount)
    var rest = text[...]
    var open: Int?
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .value(let number): open = number
      case .text(let literal):
        guard let number = open else {
          guard rest.starts(with: literal) else { return nil }
          rest = rest.dropFirst(literal.count)
          continue
        }
        let isLast = index == pieces.count - 1
        guard let found = isLast ? Self.suffix(rest, literal) : Self.first(rest, literal) else {
          return nil
        }
        guard values.indices.contains(number) else { return nil }
        values[number] = Array(rest[rest.startIndex..<found])
        rest = rest[(found + literal.count)...]
        open = nil
      }
    }
    if let number = open, values.indices.contains(number) {
      values[number] = Array(rest)
      rest = []
    }
    return rest.isEmpty ? values : nil
  }

  /// The text with `values` in their places.
  func filled(_ values: [[UInt8]]) -> [UInt8] {
    pieces.reduce(into: []) { out, piece in
      switch piece {
      case .text(let bytes): out += bytes
      case .value(let number): if values.indices.contains(number) { out += values[number] }
      }
    }
  }

  private static func suffix(_ text: ArraySlice<UInt8>, _ literal: [UInt8]) -> Int? {
    let start = text.endIndex - literal.count
    return start >= text.startIndex && text[start...].elementsEqual(literal) ? start : nil
  }

  private static func first(_ text: ArraySlice<UInt8>, _ literal: [UInt8]) -> Int? {
    guard text.count >= literal.count else { return nil }
    return (text.startIndex...(text.endIndex - literal.count)).first {
      text[$0...].starts(with: literal)
    }
  }
}
