// The codewords of a QR code (ISO/IEC 18004, sections 7.4 to 7.6): the text in byte mode with its error correction, interleaved.

/// What a version of a QR code holds at error correction level L.
struct QRCodeVersion: Sendable {
  /// 1…10.
  let number: Int
  /// Error correction codewords of each block.
  let correction: Int
  /// Data codewords of each block.
  let blocks: [Int]

  /// ISO/IEC 18004, table 9, rows of level L.
  static let all: [QRCodeVersion] = [
    QRCodeVersion(number: 1, correction: 7, blocks: [19]),
    QRCodeVersion(number: 2, correction: 10, blocks: [34]),
    QRCodeVersion(number: 3, correction: 15, blocks: [55]),
    QRCodeVersion(number: 4, correction: 20, blocks: [80]),
    QRCodeVersion(number: 5, correction: 26, blocks: [108]),
    QRCodeVersion(number: 6, correction: 18, blocks: [68, 68]),
    QRCodeVersion(number: 7, correction: 20, blocks: [78, 78]),
    QRCodeVersion(number: 8, correction: 24, blocks: [97, 97]),
    QRCodeVersion(number: 9, correction: 30, blocks: [116, 116]),
    QRCodeVersion(number: 10, correction: 18, blocks: [68, 68, 69, 69]),
  ]

  /// The smallest version that holds `count` bytes; nil beyond 271.
  static func smallest(for count: Int) -> QRCodeVersion? { all.first { count <= $0.capacity } }

  /// Bits of the character count in byte mode.
  private var countBits: Int { number < 10 ? 8 : 16 }

  private var dataCodewords: Int { blocks.reduce(0, +) }

  /// Bytes of text it holds.
  var capacity: Int { (dataCodewords * 8 - 4 - countBits) / 8 }

  /// All codewords in the order they are placed.
  func codewords(of text: [UInt8]) -> [UInt8] {
    var data = dataBytes(of: text)[...]
    let parts = blocks.map { length in
      defer { data = data.dropFirst(length) }
      return Array(data.prefix(length))
    }
    let corrections = parts.map { ReedSolomon.remainder(of: $0, count: correction) }
    return Self.interleave(parts) + Self.interleave(corrections)
  }

  /// Mode, count, text, terminator and padding.
  private func dataBytes(of text: [UInt8]) -> [UInt8] {
    var bits: [Bool] = []
    func append(_ value: Int, _ count: Int) { for bit in (0..<count).reversed() { bits.append(value >> bit & 1 == 1) } }
    append(0b0100, 4)
    append(text.count, countBits)
    for byte in text { append(Int(byte), 8) }
    append(0, min(4, dataCodewords * 8 - bits.count))
    append(0, (8 - bits.count % 8) % 8)
    var bytes = stride(from: 0, to: bits.count, by: 8).map { start in
      bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
    }
    var padding: UInt8 = 0xEC
    while bytes.count < dataCodewords {
      bytes.append(padding)
      padding ^= 0xEC ^ 0x11
    }
    return bytes
  }

  /// The first of each block, then the second of each, and so on; shorter blocks drop out first.
  private static func interleave(_ blocks: [[UInt8]]) -> [UInt8] {
    (0..<(blocks.map(\.count).max() ?? 0)).flatMap { index in
      blocks.compactMap { $0.indices.contains(index) ? $0[index] : nil }
    }
  }
}

/// Reed-Solomon codes over GF(2⁸) with the polynomial x⁸+x⁴+x³+x²+1 (ISO/IEC 18004, section 7.5.2).
enum ReedSolomon {
  /// The error correction codewords of `data`.
  static func remainder(of data: [UInt8], count: Int) -> [UInt8] {
    let divisor = generator(count)
    var remainder = [UInt8](repeating: 0, count: count)
    for byte in data {
      let factor = byte ^ remainder[0]
      remainder.removeFirst()
      remainder.append(0)
      for index in remainder.indices { remainder[index] ^= multiply(divisor[index], factor) }
    }
    return remainder
  }

  /// The product of (x - 2⁰)…(x - 2ⁿ⁻¹), highest power first, without its leading 1.
  private static func generator(_ count: Int) -> [UInt8] {
    var polynomial = [UInt8](repeating: 0, count: count - 1) + [1]
    var root: UInt8 = 1
    for _ in 0..<count {
      for index in polynomial.indices {
        polynomial[index] = multiply(polynomial[index], root)
        if index + 1 < count { polynomial[index] ^= polynomial[index + 1] }
      }
      root = multiply(root, 2)
    }
    return polynomial
  }

  static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
    var product: UInt16 = 0
    for bit in (0..<8).reversed() {
      product = product << 1 ^ (product >> 7 & 1) * 0x11D
      if right >> bit & 1 == 1 { product ^= UInt16(left) }
    }
    return UInt8(truncatingIfNeeded: product)
  }
}
