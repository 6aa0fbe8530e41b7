// Numbers of bytes as commands carry them: sizes, and places in a file.

/// A number of bytes in decimal digits.
public enum FileOffset {
  /// Reads a number that a file offset can hold: digits only, no sign, at most `Int64.max`. Nil for anything else.
  public static func parse(_ digits: some Collection<UInt8>) -> UInt64? {
    guard !digits.isEmpty, digits.count <= 19 else { return nil }
    var value: UInt64 = 0
    for byte in digits {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      // Nineteen digits stay below 2^64.
      value = value &* 10 &+ UInt64(byte &- 0x30)
    }
    return value <= UInt64(Int64.max) ? value : nil
  }
}
