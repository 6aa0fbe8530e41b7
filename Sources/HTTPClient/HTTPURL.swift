// The address of a web service, as an operator writes it (RFC 9110, section 4.2).

import LinuxSystem
import TransportSecurity

/// An `https` URL, or an `http` one on this host: whatever else is in clear could be read on the way.
public struct HTTPURL: Sendable, Equatable {
  public let isSecure: Bool
  public let host: TLSServerName
  public let port: UInt16
  /// Path and query as they go into the request, beginning with `/`.
  public let target: String
  private let text: String

  /// Reads a URL; nil if it is none of these, has a user in it, or a fragment.
  public init?(_ text: String) {
    let rest: Substring
    if text.hasPrefix("https://") {
      (isSecure, rest) = (true, text.dropFirst(8))
    } else if text.hasPrefix("http://") {
      (isSecure, rest) = (false, text.dropFirst(7))
    } else {
      return nil
    }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("#") else { return nil }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let target = rest.dropFirst(authority.count)
    self.target = target.hasPrefix("/") ? String(target) : "/" + target
    guard !authority.contains("@") else { return nil }
    var (name, port) = (authority, isSecure ? UInt16(443) : 80)
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else { return nil }
      (name, port) = (authority[..<colon], number)
    }
    // An IPv6 address without brackets would end in a port that is none.
    guard name.hasPrefix("[") || !name.contains(":"), let host = TLSServerName(String(name)) else { return nil }
    (self.host, self.port, self.text) = (host, port, text)
    if !isSecure {
      guard case .address(let address) = host, address.isLoopback else { return nil }
    }
  }

  /// What goes into the field Host.
  var authority: String {
    let name = if case .address(let address) = host, address.family == .ipv6 { "[\(address)]" } else { "\(host)" }
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }
}

extension HTTPURL: CustomStringConvertible {
  public var description: String { text }
}
