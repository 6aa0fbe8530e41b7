// A Unix datagram socket that hears what a service tells its manager or the journal.

import Glibc

/// Stands in for the service manager's or the journal's socket.
public final class DatagramReceiver: Sendable {
  /// How a sender names it: a path, or `@name`.
  public let address: String
  private let descriptor: Int32

  /// Binds `address`, which is a path, or an abstract name with a leading `@`.
  public init(_ address: String) throws {
    self.address = address
    var raw = sockaddr_un()
    raw.sun_family = sa_family_t(AF_UNIX)
    var name = Array(address.utf8)
    if name[0] == 0x40 { name[0] = 0 }
    try require(name.count < MemoryLayout.size(ofValue: raw.sun_path), "\(address) is too long for a Unix socket")
    withUnsafeMutableBytes(of: &raw.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    inheritance.lock()
    defer { inheritance.unlock() }
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    setCloseOnExec(descriptor)
    let bound = withUnsafePointer(to: &raw) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    try require(bound == 0, "bind \(address): \(Connection.text(errno))")
  }

  deinit { close(descriptor) }

  /// The next datagram, or what the descriptor that came with it holds; nil when none came in time.
  public func next(patience: Duration = .seconds(60)) throws -> [UInt8]? {
    guard Deadline.after(patience).wait(descriptor, POLLIN) else { return nil }
    var passed: Int32 = -1
    var bytes = [UInt8](repeating: 0, count: 1 << 18)
    // struct cmsghdr with one descriptor: 16 bytes of header and 4 of data, padded.
    var control = [UInt64](repeating: 0, count: 3)
    let count = bytes.withUnsafeMutableBytes { buffer in
      control.withUnsafeMutableBytes { room in
        var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
        return withUnsafeMutablePointer(to: &vector) { vector in
          var message = msghdr()
          message.msg_iov = vector
          message.msg_iovlen = 1
          message.msg_control = room.baseAddress
          message.msg_controllen = room.count
          let count = recvmsg(descriptor, &message, 0)
          if count >= 0, message.msg_controllen >= 20 { passed = room.load(fromByteOffset: 16, as: Int32.self) }
          return count
        }
      }
    }
    try require(count >= 0, "recvmsg: \(Connection.text(errno))")
    guard passed >= 0 else { return Array(bytes[..<count]) }
    defer { close(passed) }
    // What is too long for a datagram is all in the descriptor; a listener for the manager to keep comes with words.
    return count > 0 ? Array(bytes[..<count]) : try contents(passed)
  }

  private func contents(_ file: Int32) throws -> [UInt8] {
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = pread(file, &piece, piece.count, off_t(all.count))
      try require(count >= 0, "pread: \(Connection.text(errno))")
      if count == 0 { return all }
      all += piece[..<count]
    }
  }

  /// The next datagram as lines of text.
  public func nextLines(patience: Duration = .seconds(60)) throws -> [String] {
    guard let bytes = try next(patience: patience) else { throw TestFailure("no datagram came to \(address)") }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Passes over datagrams until one begins with the line `first`.
  @discardableResult
  public func wait(for first: String, patience: Duration = .seconds(60)) throws -> [String] {
    let deadline = Deadline.after(patience)
    while true {
      guard let bytes = try next(patience: .milliseconds(Int(deadline.milliseconds))) else {
        throw TestFailure("no '\(first)' came to \(address)")
      }
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
      if lines.first == first { return lines }
    }
  }
}
