// The argument of HOST: a name, or an address as it stands in a URL.

/// What a client calls the host it wants (RFC 7151, section 3.1).
public enum HostName: Sendable, Hashable {
  /// A domain name in lower case: names do not depend on case.
  case name(String)
  /// Four or sixteen bytes in network order, from `192.0.2.1` or `[2001:db8::1]`.
  case address([UInt8])

  /// Reads a domain name (labels of letters, digits and inner hyphens), an IPv4 address, or an IPv6 address in brackets.
  ///
  /// - Returns: nil for anything else: a port behind the name, an IPv6 address without brackets, an empty label.
  public init?(_ argument: [UInt8]) {
    if argument.first == 0x5B, argument.last == 0x5D, argument.count > 2 {
      guard let octets = AddressText.ipv6(argument.dropFirst().dropLast()) else { return nil }
      self = .address(octets)
    } else if let octets = AddressText.ipv4(argument[...]) {
      self = .address(octets)
    } else {
      let labels = argument.split(separator: 0x2E, omittingEmptySubsequences: false)
      guard argument.count <= 253, labels.allSatisfy(HostName.isLabel) else { return nil }
      self = .name(String(decoding: argument.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self))
    }
  }

  private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
    guard (1...63).contains(label.count), label.first != 0x2D, label.last != 0x2D else { return false }
    return label.allSatisfy { byte in
      switch byte {
      case 0x2D, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: false
      }
    }
  }
}
