// Passes open descriptors from one process to another, along with a packet.

import CLinux
import Glibc

/// Descriptors that came with a packet. Those that nobody takes are closed with this value.
public struct PassedDescriptors: ~Copyable, Sendable {
  private var numbers: [Int32]

  /// Owns the descriptors of these numbers.
  public init(owning numbers: [Int32] = []) { self.numbers = numbers }

  deinit { for number in numbers where number >= 0 { _ = weft_close(number) } }

  /// How many came, taken or not.
  public var count: Int { numbers.count }

  /// The descriptor at `index`, once; nil if there is none, or it was taken.
  public mutating func take(_ index: Int) -> Descriptor? {
    guard numbers.indices.contains(index), numbers[index] >= 0 else { return nil }
    defer { numbers[index] = -1 }
    return Descriptor(owning: numbers[index])
  }
}

extension LocalSocket {
  /// How many descriptors one packet can take along. Source: unix(7), SCM_MAX_FD.
  public static let passedLimit = Int(WEFT_PASSED_LIMIT)

  /// Sends one packet with copies of `descriptors`, without waiting. Source: sendmsg(2), unix(7) SCM_RIGHTS.
  public static func send(
    _ socket: Int32, _ packet: [UInt8], passing descriptors: [Int32]
  ) throws(SystemError) -> Progress {
    let sent = packet.withUnsafeBytes { bytes in
      weft_unix_send_passing(socket, bytes.baseAddress, bytes.count, descriptors, Int32(descriptors.count))
    }
    if sent == -Int(EAGAIN) { return .wouldBlock }
    if sent < 0 { throw SystemError(code: Int32(-sent), call: "sendmsg") }
    return .moved(sent)
  }

  /// Receives one packet and the descriptors that came along, without waiting; `.moved(0)` is the end.
  ///
  /// - Parameters:
  ///   - limit: how many descriptors may come; if there are more, the packet is lost. Source: recvmsg(2).
  ///   - passed: those that came.
  public static func receivePacket(
    _ socket: Int32, into buffer: UnsafeMutableRawBufferPointer, limit: Int, _ passed: inout PassedDescriptors
  ) throws(SystemError) -> Progress {
    var numbers = [Int32](repeating: -1, count: min(limit, passedLimit))
    var count = Int32(numbers.count)
    let received = weft_unix_receive_passed(socket, buffer.baseAddress, buffer.count, &numbers, &count)
    if received == -Int(EAGAIN) || received == -Int(EINTR) { return .wouldBlock }
    if received < 0 { throw SystemError(code: Int32(-received), call: "recvmsg") }
    passed = PassedDescriptors(owning: Array(numbers[..<Int(count)]))
    return .moved(received)
  }
}
