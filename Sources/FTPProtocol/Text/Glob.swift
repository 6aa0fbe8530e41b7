// Matches names against shell patterns, in time that no pattern can blow up.

/// A shell pattern for one path component: `*`, `?`, `[a-z]`, `[!x]` or `[^x]`, and `\` before a character to be taken as it is.
///
/// Bytes are compared, not characters: `?` is one byte. An unfinished `[` is an ordinary character. A match costs at most
/// the product of the two lengths: on a mismatch only the last `*` is tried again, which is enough.
public struct Glob: Sendable {
  private enum Token: Sendable {
    case literal(UInt8)
    case anyByte
    case anyRun
    case oneOf(ByteSet)
  }

  private let tokens: [Token]
  private let matchesHidden: Bool

  /// - Parameters:
  ///   - pattern: one component; `/` is an ordinary character here.
  ///   - matchesHidden: whether a period at the start of a name may be matched by a wildcard.
  public init(_ pattern: [UInt8], matchesHidden: Bool = false) {
    self.matchesHidden = matchesHidden
    var tokens: [Token] = []
    var rest = pattern[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"):
        if case .anyRun? = tokens.last { continue }
        tokens.append(.anyRun)
      case UInt8(ascii: "?"):
        tokens.append(.anyByte)
      case UInt8(ascii: "["):
        tokens.append(Glob.takeSet(&rest).map { .oneOf($0) } ?? .literal(byte))
      case UInt8(ascii: "\\"):
        tokens.append(.literal(rest.popFirst() ?? byte))
      default:
        tokens.append(.literal(byte))
      }
    }
    self.tokens = tokens
  }

  /// Whether a path holds a character that makes it a pattern.
  public static func hasMagic(_ bytes: [UInt8]) -> Bool {
    bytes.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
  }

  /// The pattern as the plain name it stands for, its `\` taken out; nil if it can match more than one.
  public var literalName: [UInt8]? {
    var name: [UInt8] = []
    for token in tokens {
      guard case .literal(let byte) = token else { return nil }
      name.append(byte)
    }
    return name
  }

  /// Whether all of `name` fits the pattern.
  public func matches(_ name: [UInt8]) -> Bool { name.withUnsafeBytes { matches($0) } }

  /// The same for bytes in a caller's buffer.
  public func matches(_ name: UnsafeRawBufferPointer) -> Bool {
    if name.first == UInt8(ascii: "."), !matchesHidden {
      guard case .literal(UInt8(ascii: "."))? = tokens.first else { return false }
    }
    var (position, place) = (0, 0)
    var retry: (position: Int, place: Int)?
    while position < name.count {
      if place < tokens.count, case .anyRun = tokens[place] {
        place &+= 1
        retry = (position, place)
      } else if place < tokens.count, Glob.fits(name[position], tokens[place]) {
        position &+= 1
        place &+= 1
      } else if let last = retry {
        // Let the last `*` take one byte more.
        retry = (last.position &+ 1, last.place)
        (position, place) = (last.position &+ 1, last.place)
      } else {
        return false
      }
    }
    return tokens[place...].allSatisfy { if case .anyRun = $0 { true } else { false } }
  }

  private static func fits(_ byte: UInt8, _ token: Token) -> Bool {
    switch token {
    case .literal(let wanted): byte == wanted
    case .anyByte: true
    case .oneOf(let set): set.contains(byte)
    case .anyRun: false
    }
  }

  /// Reads a set behind its `[`; leaves `rest` alone and gives nil if the set is not finished.
  private static func takeSet(_ rest: inout ArraySlice<UInt8>) -> ByteSet? {
    var body = rest
    var set = ByteSet()
    let isInverted = body.first == UInt8(ascii: "!") || body.first == UInt8(ascii: "^")
    if isInverted { body.removeFirst() }
    var isFirst = true
    while let byte = body.popFirst() {
      if byte == UInt8(ascii: "]"), !isFirst {
        rest = body
        return isInverted ? set.inverted : set
      }
      isFirst = false
      guard let low = unescaped(byte, &body) else { return nil }
      if body.first == UInt8(ascii: "-"), let next = body.dropFirst().first, next != UInt8(ascii: "]") {
        body.removeFirst(2)
        guard let high = unescaped(next, &body) else { return nil }
        if low <= high { set.insert(low...high) }
      } else {
        set.insert(low...low)
      }
    }
    return nil
  }

  private static func unescaped(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) -> UInt8? {
    byte == UInt8(ascii: "\\") ? rest.popFirst() : byte
  }
}

/// A set of bytes: one bit for each of the 256.
struct ByteSet: Sendable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  mutating func insert(_ range: ClosedRange<UInt8>) {
    for byte in range {
      let bit: UInt64 = 1 &<< UInt64(byte & 63)
      switch byte &>> 6 {
      case 0: words.0 |= bit
      case 1: words.1 |= bit
      case 2: words.2 |= bit
      default: words.3 |= bit
      }
    }
  }

  func contains(_ byte: UInt8) -> Bool {
    let word =
      switch byte &>> 6 {
      case 0: words.0
      case 1: words.1
      case 2: words.2
      default: words.3
      }
    return word &>> UInt64(byte & 63) & 1 == 1
  }

  var inverted: ByteSet {
    var set = self
    set.words = (~words.0, ~words.1, ~words.2, ~words.3)
    return set
  }
}
