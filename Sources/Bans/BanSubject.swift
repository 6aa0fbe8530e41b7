// Who is banned: a network of addresses, or a user's name; and how a person writes it.

import LinuxSystem

/// What a ban holds for.
public enum BanSubject: Hashable, Sendable {
  /// An address, or all addresses of a network.
  case network(IPNetwork)
  /// A user by the name the client sends, whatever the address; on a virtual host `name@host`.
  case user([UInt8])

  /// What stands for one client: an IPv4 address itself, the /64 of an IPv6 address.
  public init(client address: IPAddress) {
    self = .network(IPNetwork(address, prefix: address.family == .ipv4 ? 32 : 64))
  }

  /// Reads what ``description`` writes: `192.0.2.1`, `2001:db8::/64`, `user:alice`.
  ///
  /// - Returns: nil for anything else; in a user's name each byte that is not printable ASCII stands as `%` and two hexadecimal digits.
  public init?(_ text: String) {
    guard text.hasPrefix(Self.userPrefix) else {
      guard let network = IPNetwork(text) else { return nil }
      self = .network(network)
      return
    }
    let rest = Array(text.utf8.dropFirst(Self.userPrefix.utf8.count))
    guard let name = Self.decoded(rest), !name.isEmpty else { return nil }
    self = .user(name)
  }

  private static let userPrefix = "user:"

  private static func decoded(_ text: [UInt8]) -> [UInt8]? {
    var name: [UInt8] = []
    var index = 0
    while index < text.count {
      guard text[index] == UInt8(ascii: "%") else {
        guard isPlain(text[index]) else { return nil }
        name.append(text[index])
        index += 1
        continue
      }
      guard index + 2 < text.count,
        let byte = UInt8(String(decoding: text[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
      else { return nil }
      name.append(byte)
      index += 3
    }
    return name
  }

  private static func isPlain(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "%") }
}

extension BanSubject: CustomStringConvertible {
  public var description: String {
    switch self {
    case .network(let network): return network.isSingle ? network.address.description : network.description
    case .user(let name):
      return Self.userPrefix
        + name.map { byte in
          Self.isPlain(byte)
            ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
  }
}
