// Reads IP addresses from text, without the system's help.

enum AddressText {
  /// Four decimal numbers separated by periods, none with a superfluous zero in front (some read that as octal).
  static func ipv4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var octets: [UInt8] = []
    for part in parts {
      guard part.count == 1 || part.first != 0x30 else { return nil }
      guard let number = DataPort.number(part, upTo: 255) else { return nil }
      octets.append(UInt8(truncatingIfNeeded: number))
    }
    return octets
  }

  /// The forms of RFC 4291 §2.2: eight groups, `::` once, an IPv4 tail. No zone, no brackets.
  static func ipv6(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count <= 45 else { return nil }
    guard let gap = doubleColon(in: text) else {
      guard let octets = groups(text), octets.count == 16 else { return nil }
      return octets
    }
    let (head, tail) = (text[..<gap], text[(gap + 2)...])
    guard let front = head.isEmpty ? [] : groups(head, allowsIPv4: false) else { return nil }
    guard let back = tail.isEmpty ? [] : groups(tail) else { return nil }
    // The gap stands for at least one group.
    guard front.count + back.count <= 14 else { return nil }
    return front + Array(repeating: 0, count: 16 - front.count - back.count) + back
  }

  /// The text of an address of four or sixteen bytes; IPv6 in the form of RFC 5952: lower case, the longest row of two zero groups or
  /// more written as `::`.
  static func text(of octets: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    guard octets.count == 16 else {
      for (index, octet) in octets.enumerated() {
        if index > 0 { text.append(0x2E) }
        text.append(decimal: UInt64(octet))
      }
      return text
    }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]) }
    let gap = longestZeros(groups)
    for (index, group) in groups.enumerated() {
      if gap.contains(index) {
        if index == gap.lowerBound { text += [0x3A, 0x3A] }
        continue
      }
      if index > 0, index != gap.upperBound { text.append(0x3A) }
      text += Array(String(group, radix: 16).utf8)
    }
    return text
  }

  /// The first of the longest rows of zero groups; empty if none has two.
  private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
    var longest = 0..<0
    var start = 0
    for (index, group) in groups.enumerated() {
      if group != 0 {
        start = index + 1
      } else if index + 1 - start > max(longest.count, 1) {
        longest = start..<(index + 1)
      }
    }
    return longest
  }

  private static func doubleColon(in text: ArraySlice<UInt8>) -> Int? {
    text.indices.dropLast().first { text[$0] == 0x3A && text[$0 + 1] == 0x3A }
  }

  /// Groups separated by single colons, as bytes.
  private static func groups(_ text: ArraySlice<UInt8>, allowsIPv4: Bool = true) -> [UInt8]? {
    let parts = text.split(separator: 0x3A, omittingEmptySubsequences: false)
    var octets: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if part.contains(0x2E) {
        guard allowsIPv4, index == parts.count - 1, let tail = ipv4(part) else { return nil }
        octets += tail
      } else {
        guard let group = group(part) else { return nil }
        octets.append(UInt8(truncatingIfNeeded: group >> 8))
        octets.append(UInt8(truncatingIfNeeded: group))
      }
    }
    return octets
  }

  /// One to four hexadecimal digits.
  private static func group(_ digits: ArraySlice<UInt8>) -> UInt16? {
    guard (1...4).contains(digits.count) else { return nil }
    var value: UInt16 = 0
    for digit in digits {
      switch digit {
      case 0x30...0x39: value = value << 4 | UInt16(digit &- 0x30)
      case 0x41...0x46: value = value << 4 | UInt16(digit &- 0x37)
      case 0x61...0x66: value = value << 4 | UInt16(digit &- 0x57)
      default: return nil
      }
    }
    return value
  }
}
