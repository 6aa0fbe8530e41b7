// Reads decimal numbers from bytes, without a sign and without overflow.

enum DecimalNumber {
  /// The number that `digits` write.
  ///
  /// - Returns: nil if there are none, if a byte is no ASCII digit, or above `UInt64.max`.
  static func read(_ digits: some Collection<UInt8>) -> UInt64? {
    guard !digits.isEmpty else { return nil }
    var number: UInt64 = 0
    for digit in digits {
      guard 0x30...0x39 ~= digit else { return nil }
      let (tens, isOver) = number.multipliedReportingOverflow(by: 10)
      let (sum, isOverToo) = tens.addingReportingOverflow(UInt64(digit &- 0x30))
      guard !isOver, !isOverToo else { return nil }
      number = sum
    }
    return number
  }

  /// The same for a number of at most `limit`.
  static func read<Number: FixedWidthInteger>(_ digits: some Collection<UInt8>, upTo limit: Number) -> Number? {
    guard let number = read(digits).flatMap({ Number(exactly: $0) }), number <= limit else { return nil }
    return number
  }
}
