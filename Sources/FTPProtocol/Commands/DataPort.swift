// Reads the arguments of PORT, EPRT, EPSV and LPRT.

/// Where a client wants a data connection to go.
public struct DataAddress: Sendable, Hashable {
  /// The address families of RFC 2428 (the numbers IANA gave them).
  public enum Family: UInt8, Sendable, Hashable {
    case ipv4 = 1
    case ipv6 = 2
  }

  public let family: Family
  /// Four or sixteen bytes in network order.
  public let octets: [UInt8]
  /// Never 0.
  public let port: UInt16

  public init(family: Family, octets: [UInt8], port: UInt16) {
    self.family = family
    self.octets = octets
    self.port = port
  }
}

public enum DataPort {
  public enum ParseError: Error, Sendable, Hashable {
    /// Answer 501.
    case syntax
    /// A family other than 1 and 2: answer `522 … (1,2)`.
    case unsupportedFamily
  }

  /// The argument of EPSV (RFC 2428 §3, §4).
  public enum ExtendedPassive: Sendable, Hashable {
    /// None: the family of the control connection.
    case any
    case family(DataAddress.Family)
    /// From now on only EPSV is to be accepted.
    case all
  }

  /// Reads `h1,h2,h3,h4,p1,p2` (RFC 959 §4.1.2). Port 0 is an error of syntax. Whether the server connects there is policy.
  public static func parsePORT(_ argument: [UInt8]) throws(ParseError) -> DataAddress {
    let numbers = argument.split(separator: 0x2C, omittingEmptySubsequences: false).map { number($0, upTo: 255) }
    let octets = numbers.compactMap { $0.map { UInt8(truncatingIfNeeded: $0) } }
    guard numbers.count == 6, octets.count == 6 else { throw .syntax }
    let port = UInt16(octets[4]) << 8 | UInt16(octets[5])
    guard port != 0 else { throw .syntax }
    return DataAddress(family: .ipv4, octets: Array(octets[..<4]), port: port)
  }

  /// Reads `<d>family<d>address<d>port<d>` (RFC 2428 §2), `<d>` any printable ASCII character but a blank.
  public static func parseEPRT(_ argument: [UInt8]) throws(ParseError) -> DataAddress {
    guard let delimiter = argument.first, 33...126 ~= delimiter, !(0x30...0x39 ~= delimiter) else { throw .syntax }
    let fields = argument.split(separator: delimiter, omittingEmptySubsequences: false)
    guard fields.count == 5, fields[4].isEmpty else { throw .syntax }
    let family = try family(fields[1])
    let octets = family == .ipv4 ? AddressText.ipv4(fields[2]) : AddressText.ipv6(fields[2])
    guard let octets, let port = number(fields[3], upTo: 65535), port != 0 else { throw .syntax }
    return DataAddress(family: family, octets: octets, port: UInt16(truncatingIfNeeded: port))
  }

  /// Reads `family,length,address…,length,port…` (RFC 1639 §2): families 4 and 6, an address as long as theirs, a port of two bytes.
  public static func parseLPRT(_ argument: [UInt8]) throws(ParseError) -> DataAddress {
    let fields = argument.split(separator: 0x2C, omittingEmptySubsequences: false)
    var octets: [UInt8] = []
    for field in fields {
      guard let octet = number(field, upTo: 255) else { throw .syntax }
      octets.append(UInt8(truncatingIfNeeded: octet))
    }
    guard octets.count >= 3 else { throw .syntax }
    let family: DataAddress.Family
    switch octets[0] {
    case 4: family = .ipv4
    case 6: family = .ipv6
    default: throw .unsupportedFamily
    }
    let length = family == .ipv4 ? 4 : 16
    guard octets[1] == length, octets.count == length + 5, octets[length + 2] == 2 else { throw .syntax }
    let port = UInt16(octets[length + 3]) << 8 | UInt16(octets[length + 4])
    guard port != 0 else { throw .syntax }
    return DataAddress(family: family, octets: Array(octets[2..<(length + 2)]), port: port)
  }

  /// Reads the argument of EPSV: nothing, a family, or `ALL`.
  public static func parseEPSV(_ argument: [UInt8]) throws(ParseError) -> ExtendedPassive {
    if argument.isEmpty { return .any }
    if Verb(argument) == "ALL" { return .all }
    return .family(try family(argument[...]))
  }

  private static func family(_ digits: ArraySlice<UInt8>) throws(ParseError) -> DataAddress.Family {
    guard let code = number(digits, upTo: 65535) else { throw .syntax }
    switch code {
    case 1: return .ipv4
    case 2: return .ipv6
    default: throw .unsupportedFamily
    }
  }

  /// One to five digits; nil for anything else and above `limit`.
  static func number(_ digits: ArraySlice<UInt8>, upTo limit: UInt32) -> UInt32? {
    guard (1...5).contains(digits.count), digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
    let value = digits.reduce(UInt32(0)) { $0 &* 10 &+ UInt32($1 &- 0x30) }
    return value <= limit ? value : nil
  }
}
