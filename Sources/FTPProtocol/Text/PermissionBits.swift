// Permission bits as people write them: in octal.

/// The twelve permission bits of a file in octal digits, as in `SITE CHMOD 640` and `SITE UMASK 022`.
public enum PermissionBits {
  /// Reads one to four octal digits. Nil for anything else.
  public static func parse(_ digits: some Collection<UInt8>) -> UInt32? {
    guard (1...4).contains(digits.count), digits.allSatisfy({ 0x30...0x37 ~= $0 }) else { return nil }
    return digits.reduce(0) { $0 &* 8 &+ UInt32($1 &- 0x30) }
  }

  /// At least three octal digits.
  public static func text(_ bits: UInt32) -> String {
    let text = String(bits, radix: 8)
    return String(repeating: "0", count: max(0, 3 - text.utf8.count)) + text
  }
}
