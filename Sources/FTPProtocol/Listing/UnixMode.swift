// The mode column of `ls -l`, and permission bits as octal digits.

/// `drwxr-sr-t` taken apart.
struct UnixMode {
  let kind: FileFacts.Kind
  /// 0o7777.
  let bits: UInt16

  /// Reads the first word of a line: a letter for the kind, nine for the permissions, perhaps `+`, `.` or `@` for more of them.
  init?(_ word: ArraySlice<UInt8>) {
    let letters = Array(word)
    guard letters.count == 10 || letters.count == 11 && [0x2B, 0x2E, 0x40].contains(letters[10]),
      let kind = UnixMode.kind(letters[0])
    else { return nil }
    self.kind = kind
    var permissions: UInt16 = 0
    // Set-user-id, set-group-id, sticky.
    var special: UInt16 = 0
    for triple in 0..<3 {
      let letter = 1 + 3 * triple
      guard let read = UnixMode.bit(letters[letter], "r"), let write = UnixMode.bit(letters[letter + 1], "w"),
        let (execute, isSpecial) = UnixMode.execute(letters[letter + 2])
      else { return nil }
      permissions = permissions << 3 | read << 2 | write << 1 | execute
      if isSpecial { special |= 0o4000 >> UInt16(triple) }
    }
    bits = special | permissions
  }

  /// Permission bits as octal digits, six at most.
  static func octal(_ digits: ArraySlice<UInt8>) -> UInt16? {
    guard (1...6).contains(digits.count), digits.allSatisfy({ 0x30...0x37 ~= $0 }) else { return nil }
    let value = digits.reduce(UInt32(0)) { $0 &* 8 &+ UInt32($1 &- 0x30) }
    // `100644` carries the kind of the file in front.
    return UInt16(truncatingIfNeeded: value & 0o7777)
  }

  private static func kind(_ letter: UInt8) -> FileFacts.Kind? {
    switch letter {
    case 0x2D, UInt8(ascii: "f"): .file
    case UInt8(ascii: "d"): .directory
    case UInt8(ascii: "l"): .symlink
    case UInt8(ascii: "p"): .fifo
    case UInt8(ascii: "s"): .socket
    case UInt8(ascii: "c"): .characterDevice
    case UInt8(ascii: "b"): .blockDevice
    // Solaris: a door.
    case UInt8(ascii: "D"): .unknown
    default: nil
    }
  }

  private static func bit(_ letter: UInt8, _ wanted: Unicode.Scalar) -> UInt16? {
    if letter == UInt8(ascii: wanted) { return 1 }
    return letter == 0x2D ? 0 : nil
  }

  /// The place of `x`, shared with set-id and sticky bits; `l` is Solaris' set-group-id bit without `x`.
  private static func execute(_ letter: UInt8) -> (execute: UInt16, special: Bool)? {
    switch letter {
    case 0x2D: (0, false)
    case UInt8(ascii: "x"): (1, false)
    case UInt8(ascii: "s"), UInt8(ascii: "t"): (1, true)
    case UInt8(ascii: "S"), UInt8(ascii: "T"), UInt8(ascii: "l"), UInt8(ascii: "L"): (0, true)
    default: nil
    }
  }
}
