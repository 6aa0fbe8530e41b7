// Sends datagrams to services of this machine by their Unix socket: the service manager, the journal.

import CLinux
import Glibc

/// The name of a Unix socket: a path, or an abstract name written with a leading `@`.
public struct LocalAddress: Sendable, Equatable {
  /// sun_path as the kernel wants it, without a NUL at its end.
  let bytes: [UInt8]

  /// Reads `/run/systemd/notify` or `@name`; nil for anything else and for what is longer than 107 bytes. Source: unix(7).
  public init?(_ text: String) {
    var bytes = Array(text.utf8)
    guard bytes.count > 1, bytes.count <= 107, bytes[0] == 0x2F || bytes[0] == 0x40, !bytes.contains(0) else {
      return nil
    }
    if bytes[0] == 0x40 { bytes[0] = 0 }
    self.bytes = bytes
  }
}

/// A socket that sends to any ``LocalAddress``, and waits a limited time if the receiver is slow.
public struct LocalDatagrams: ~Copyable, Sendable {
  private let socket: Descriptor

  /// - Parameter timeout: How long a call may wait for the receiver, in milliseconds; then it fails with EAGAIN.
  public init(timeout: Int32 = 1000) throws(SystemError) {
    socket = Descriptor(owning: try check(weft_unix_datagram(timeout), "socket"))
  }

  /// Sends one datagram, whole or not at all. Source: sendmsg(2), unix(7).
  public func send(_ data: UnsafeRawBufferPointer, to address: LocalAddress) throws(SystemError) {
    try transmit(data.baseAddress, data.count, to: address, passing: -1)
  }

  /// The same with a copy of `descriptor` along. Source: unix(7), SCM_RIGHTS.
  public func send(
    _ data: UnsafeRawBufferPointer, to address: LocalAddress, passing descriptor: Int32
  ) throws(SystemError) {
    try transmit(data.baseAddress, data.count, to: address, passing: descriptor)
  }

  /// Sends `data` that is too large for a datagram: puts it into a sealed file in memory, and sends its descriptor with an
  /// empty datagram. Source: memfd_create(2), unix(7) SCM_RIGHTS.
  public func sendSealed(_ data: UnsafeRawBufferPointer, name: String, to address: LocalAddress) throws(SystemError) {
    let memory = Descriptor(
      owning: try check(weft_sealed_memory(name, data.baseAddress, data.count), "memfd_create"))
    try transmit(nil, 0, to: address, passing: memory.number)
  }

  private func transmit(
    _ data: UnsafeRawPointer?, _ count: Int, to address: LocalAddress, passing: Int32
  ) throws(SystemError) {
    let number = socket.number
    try address.bytes.withUnsafeBufferPointer { (path) throws(SystemError) in
      _ = try retrying("sendmsg") { weft_unix_send(number, path.baseAddress, path.count, data, count, passing) }
    }
  }
}
