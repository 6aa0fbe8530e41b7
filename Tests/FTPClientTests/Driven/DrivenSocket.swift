// A blocking socket of the driven server. No wait is longer than two seconds, so nothing that a client does can hold it.

import Glibc

/// Used by one thread; ``cut()`` may be called by any.
final class DrivenSocket: @unchecked Sendable {
  // @unchecked: `number` never changes, and what was read is touched by the one thread only.
  let number: Int32
  private var buffer: [UInt8] = []

  init(_ number: Int32) {
    self.number = number
    // Without it a second small piece waits for the delayed acknowledgement of the first.
    var yes: Int32 = 1
    setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    var patience = timeval(tv_sec: 2, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(number, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  deinit { close(number) }

  /// Ends whatever waits here.
  func cut() { shutdown(number, Int32(SHUT_RDWR)) }

  /// Closes with a reset instead of an end.
  func reset() {
    var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
    setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    // Whoever still holds the descriptor closes it, and then the reset goes out.
  }

  /// - Returns: false where the other end is gone.
  @discardableResult
  func send(_ bytes: some Sequence<UInt8>) -> Bool {
    let bytes = Array(bytes)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  /// What comes next; empty at the end.
  func receive() -> [UInt8] {
    if !buffer.isEmpty {
      defer { buffer = [] }
      return buffer
    }
    return [UInt8](unsafeUninitializedCapacity: 65536) { room, count in
      count = max(0, recv(number, room.baseAddress, room.count, 0))
    }
  }

  /// A line without its end; nil where the connection ends.
  func line() -> [UInt8]? {
    var line: [UInt8] = []
    while line.count < 65536 {
      if buffer.isEmpty {
        buffer = receive()
        if buffer.isEmpty { return nil }
      }
      guard let end = buffer.firstIndex(of: 0x0A) else {
        line += buffer
        buffer = []
        continue
      }
      line += buffer[..<end]
      buffer.removeFirst(end + 1)
      if line.last == 0x0D { line.removeLast() }
      return line
    }
    return nil
  }

  /// A listener at a loopback address; nil when there is none to be had.
  static func listener(at address: UInt32) -> (socket: DrivenSocket, port: UInt16)? {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { return nil }
    let listener = DrivenSocket(number)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = address.bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, size) == 0 && listen(number, 8) == 0 && getsockname(number, $0, &size) == 0
      }
    }
    return isBound ? (listener, UInt16(bigEndian: place.sin_port)) : nil
  }

  /// The next connection; nil where none comes.
  func accept() -> DrivenSocket? {
    let accepted = Glibc.accept(number, nil, nil)
    return accepted >= 0 ? DrivenSocket(accepted) : nil
  }

  /// A connection to a loopback port, from the server's address.
  static func connect(from address: UInt32, to port: UInt16) -> DrivenSocket? {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { return nil }
    let made = DrivenSocket(number)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    func call(_ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Bool {
      withUnsafePointer(to: &place) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { function(number, $0, size) == 0 }
      }
    }
    place.sin_addr.s_addr = address.bigEndian
    guard call({ bind($0, $1, $2) }) else { return nil }
    place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    place.sin_port = port.bigEndian
    return call({ Glibc.connect($0, $1, $2) }) ? made : nil
  }
}
