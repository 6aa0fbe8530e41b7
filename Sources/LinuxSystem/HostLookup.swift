// Turns a host name into addresses, in the order the system prefers them.

import Glibc

/// Names and their addresses, as the system's name service knows them.
public enum HostLookup {
  /// What the name service answers.
  public enum Answer: Sendable, Equatable {
    /// At least one address, each once.
    case found([IPAddress])
    /// The system's words for why there is none.
    case failed(String)
  }

  /// Blocks until the name servers answer or their time is up. Source: getaddrinfo(3).
  public static func addresses(of host: String) -> Answer {
    if let address = IPAddress(host) { return .found([address]) }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(host, nil, &hints, &first)
    guard result == 0 else { return .failed(String(cString: gai_strerror(result))) }
    defer { freeaddrinfo(first) }
    var found: [IPAddress] = []
    var next = first
    while let entry = next?.pointee {
      next = entry.ai_next
      var text = [CChar](repeating: 0, count: 64)
      guard getnameinfo(entry.ai_addr, entry.ai_addrlen, &text, 64, nil, 0, NI_NUMERICHOST) == 0 else { continue }
      let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if let address = IPAddress(name), !found.contains(address) { found.append(address) }
    }
    return found.isEmpty ? .failed("No address associated with hostname") : .found(found)
  }
}
