// Whom a client wants to reach: what it says in its first message, and what the server's certificate has to name.

import LinuxSystem

/// The name or address of a server, as the user gave it.
public enum TLSServerName: Sendable, Hashable, CustomStringConvertible {
  /// A DNS name in ASCII (A-labels, RFC 5890), in lower case and without a dot at its end.
  case dns(String)
  case address(IPAddress)

  /// Takes a host name, an IPv4 or an IPv6 address; brackets and a zone (`%eth0`) around an address are left out.
  ///
  /// - Returns: nil for what is neither: a name with other characters than letters, digits, `-`, `_` and dots, or with an empty label.
  ///   One that began with a dot would stand for every name below it (X509_VERIFY_PARAM_set1_host(3)).
  public init?(_ text: String) {
    var bare = text[...]
    if bare.hasPrefix("["), bare.hasSuffix("]") { bare = bare.dropFirst().dropLast() }
    if let address = IPAddress(String(bare.prefix { $0 != "%" })) {
      self = .address(address)
      return
    }
    if bare.hasSuffix(".") { bare = bare.dropLast() }
    let labels = bare.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let isName = labels.allSatisfy { label in
      (1...63).contains(label.count)
        && label.allSatisfy { byte in
          (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
        }
    }
    guard isName, bare.utf8.count <= 253 else { return nil }
    self = .dns(bare.lowercased())
  }

  public var description: String {
    switch self {
    case .dns(let name): return name
    case .address(let address): return address.description
    }
  }

  /// What goes into the handshake (SNI): a name only, never an address (RFC 6066, section 3).
  var indication: String? {
    if case .dns(let name) = self { return name }
    return nil
  }
}
