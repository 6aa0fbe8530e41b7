// Draws a QR code (ISO/IEC 18004): finder, timing and alignment patterns, the codewords in their zigzag, the best mask.

/// A QR code of versions 1 to 10 at error correction level L, which stores bytes.
public struct QRCode: Sendable {
  /// Modules on a side.
  public private(set) var size: Int
  private var dark: [Bool]
  /// Modules that carry patterns and not data.
  private var isFunction: [Bool]

  /// The smallest code that holds `bytes`; nil for more than 271 of them.
  public init?(_ bytes: [UInt8]) {
    guard let version = QRCodeVersion.smallest(for: bytes.count) else { return nil }
    size = 17 + 4 * version.number
    dark = [Bool](repeating: false, count: size * size)
    isFunction = dark
    drawPatterns(version.number)
    drawCodewords(version.codewords(of: bytes))
    let candidates = (0..<8).map { masked(by: $0) }
    guard let best = candidates.min(by: { $0.penalty < $1.penalty }) else { return nil }
    self = best
  }

  /// Whether the module in a column and row is dark; those around the code are light.
  public subscript(column: Int, row: Int) -> Bool {
    guard (0..<size).contains(column), (0..<size).contains(row) else { return false }
    return dark[row * size + column]
  }

  private mutating func setFunction(_ column: Int, _ row: Int, _ isDark: Bool) {
    guard (0..<size).contains(column), (0..<size).contains(row) else { return }
    dark[row * size + column] = isDark
    isFunction[row * size + column] = true
  }

  // MARK: patterns

  private mutating func drawPatterns(_ version: Int) {
    for index in 0..<size {
      setFunction(6, index, index % 2 == 0)
      setFunction(index, 6, index % 2 == 0)
    }
    for (column, row) in [(3, 3), (size - 4, 3), (3, size - 4)] { drawFinder(column, row) }
    let centers = Self.alignmentCenters(version)
    let corners = [[6, 6], [6, size - 7], [size - 7, 6]]
    for column in centers {
      for row in centers where !corners.contains([column, row]) { drawAlignment(column, row) }
    }
    drawFormat(mask: 0)
    if version >= 7 { drawVersion(version) }
  }

  /// A finder with the light separator around it (section 6.3.3).
  private mutating func drawFinder(_ column: Int, _ row: Int) {
    for dy in -4...4 {
      for dx in -4...4 {
        let distance = max(abs(dx), abs(dy))
        setFunction(column + dx, row + dy, distance != 2 && distance != 4)
      }
    }
  }

  private mutating func drawAlignment(_ column: Int, _ row: Int) {
    for dy in -2...2 {
      for dx in -2...2 { setFunction(column + dx, row + dy, max(abs(dx), abs(dy)) != 1) }
    }
  }

  /// Annex E, table E.1, to version 10.
  private static func alignmentCenters(_ version: Int) -> [Int] {
    if version == 1 { return [] }
    let last = 4 * version + 10
    return version < 7 ? [6, last] : [6, (last + 6) / 2, last]
  }

  /// Level and mask, twice, with their BCH code (section 7.9).
  private mutating func drawFormat(mask: Int) {
    let data = 0b01 << 3 | mask  // 01 is level L
    var remainder = data
    for _ in 0..<10 { remainder = remainder << 1 ^ (remainder >> 9) * 0x537 }
    let bits = (data << 10 | remainder) ^ 0x5412
    func bit(_ index: Int) -> Bool { bits >> index & 1 == 1 }
    for index in 0...5 { setFunction(8, index, bit(index)) }
    setFunction(8, 7, bit(6))
    setFunction(8, 8, bit(7))
    setFunction(7, 8, bit(8))
    for index in 9..<15 { setFunction(14 - index, 8, bit(index)) }
    for index in 0..<8 { setFunction(size - 1 - index, 8, bit(index)) }
    for index in 8..<15 { setFunction(8, size - 15 + index, bit(index)) }
    setFunction(8, size - 8, true)
  }

  /// The version, twice, with its BCH code (section 7.10).
  private mutating func drawVersion(_ version: Int) {
    var remainder = version
    for _ in 0..<12 { remainder = remainder << 1 ^ (remainder >> 11) * 0x1F25 }
    let bits = version << 12 | remainder
    for index in 0..<18 {
      let isDark = bits >> index & 1 == 1
      setFunction(size - 11 + index % 3, index / 3, isDark)
      setFunction(index / 3, size - 11 + index % 3, isDark)
    }
  }

  // MARK: data and mask

  /// Columns in pairs from the right, upwards and downwards in turn, past the vertical timing pattern (section 7.7.3).
  private mutating func drawCodewords(_ codewords: [UInt8]) {
    var next = 0
    for (turn, right) in (stride(from: size - 1, to: 6, by: -2).map { $0 } + [5, 3, 1]).enumerated() {
      for step in 0..<size {
        let row = turn % 2 == 0 ? size - 1 - step : step
        for column in [right, right - 1] where !isFunction[row * size + column] {
          guard next < codewords.count * 8 else { continue }
          dark[row * size + column] = codewords[next / 8] >> (7 - next % 8) & 1 == 1
          next += 1
        }
      }
    }
  }

  /// This code with a mask (section 7.8.2) over its data.
  private func masked(by mask: Int) -> QRCode {
    var code = self
    for row in 0..<size {
      for column in 0..<size where !isFunction[row * size + column] && Self.flips(mask, column, row) {
        code.dark[row * size + column].toggle()
      }
    }
    code.drawFormat(mask: mask)
    return code
  }

  private static func flips(_ mask: Int, _ x: Int, _ y: Int) -> Bool {
    switch mask {
    case 0: return (x + y) % 2 == 0
    case 1: return y % 2 == 0
    case 2: return x % 3 == 0
    case 3: return (x + y) % 3 == 0
    case 4: return (x / 3 + y / 2) % 2 == 0
    case 5: return x * y % 2 + x * y % 3 == 0
    case 6: return (x * y % 2 + x * y % 3) % 2 == 0
    default: return ((x + y) % 2 + x * y % 3) % 2 == 0
    }
  }
}
