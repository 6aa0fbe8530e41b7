// Numbers of bytes as commands carry them: sizes, and places in a file.

/// A number of bytes in decimal digits.
public enum FileOffset {
  /// Reads a number that a file offset can hold: 1 to 19 digits, no sign, at most `Int64.max`. Nil for anything else.
  public static func parse(_ digits: some Collection<UInt8>) -> UInt64? {
    digits.count <= 19 ? DecimalNumber.read(digits, upTo: UInt64(Int64.max)) : nil
  }
}
