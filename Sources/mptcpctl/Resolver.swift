// Turns a host name into addresses, in the order the system prefers them.

import Glibc
import LinuxSystem
import MultipathTCP

enum Resolver {
  /// Blocks until the name servers answer. Source: getaddrinfo(3).
  static func addresses(_ host: String, port: UInt16) throws -> [SocketAddress] {
    if let address = IPAddress(host) { return [SocketAddress(address, port: port)] }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(host, nil, &hints, &first)
    guard result == 0 else { throw Failure("\(host): \(String(cString: gai_strerror(result)))") }
    defer { freeaddrinfo(first) }
    var found: [SocketAddress] = []
    var next = first
    while let entry = next?.pointee {
      next = entry.ai_next
      var text = [CChar](repeating: 0, count: 64)
      guard getnameinfo(entry.ai_addr, entry.ai_addrlen, &text, 64, nil, 0, NI_NUMERICHOST) == 0 else { continue }
      let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if let address = IPAddress(name) { found.append(SocketAddress(address, port: port)) }
    }
    return found
  }
}
