// A netlink socket that asks the kernel and reads its answers, which are available as soon as the question has been sent.

import CLinux
import Glibc
import LinuxSystem

/// A non-blocking netlink socket of one protocol.
struct NetlinkSocket: ~Copyable {
  static let generic: Int32 = 16
  static let socketDiagnosis: Int32 = 4
  private static let level: Int32 = 270  // SOL_NETLINK

  let descriptor: Descriptor
  private var sequence: UInt32 = 0
  private var buffer = [UInt8](repeating: 0, count: 32 * 1024)

  init(_ kind: Int32) throws(MultipathError) {
    let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let number = weft_socket(AF_NETLINK, type, kind)
    guard number >= 0 else { throw .system(SystemError(code: -number, call: "socket")) }
    descriptor = Descriptor(owning: number)
    // Errors without the request (NETLINK_CAP_ACK) and with an explanation (NETLINK_EXT_ACK): nice to have, so failures do not matter.
    _ = MultipathSocket.integerSet(number, Self.level, 10, 1)
    _ = MultipathSocket.integerSet(number, Self.level, 11, 1)
  }

  /// Joins a multicast group. Source: netlink(7), NETLINK_ADD_MEMBERSHIP.
  func join(group: UInt32) throws(MultipathError) {
    do {
      try Socket.setOption(descriptor.number, Self.level, 1, Int32(truncatingIfNeeded: group))
    } catch { throw Self.failed(error, "") }
  }

  /// Asks and hands every answer to `each`. `isDump` asks for all objects of a kind.
  mutating func ask(
    _ type: UInt16, isDump: Bool = false, body: [UInt8], each: (UnsafeRawBufferPointer) -> Void
  ) throws(MultipathError) {
    sequence &+= 1
    let flags: UInt16 = isDump ? 0x301 : 0x005  // NLM_F_REQUEST with NLM_F_DUMP or NLM_F_ACK
    let message = NetlinkMessage.encode(type: type, flags: flags, sequence: sequence, body: body)
    let sent = weft_send(descriptor.number, message, message.count, 0)
    guard sent == message.count else {
      throw .system(SystemError(code: Int32(truncatingIfNeeded: -sent), call: "send"))
    }
    while true {
      let count = try receive()
      // The kernel answers before send(2) returns. If there is nothing to read, the answer had no end.
      guard count > 0 else { throw .malformedAnswer("no end of a netlink answer") }
      let outcome = buffer.withUnsafeBytes { raw -> MultipathError?? in
        for message in NetlinkMessage.all(in: UnsafeRawBufferPointer(rebasing: raw[..<count]))
        where message.sequence == sequence {
          switch message.type {
          case 1: continue  // NLMSG_NOOP
          case 2, 3:  // NLMSG_ERROR, NLMSG_DONE
            let (code, explanation) = message.failure
            if code == 0 { return .some(nil) }
            return .some(Self.failed(SystemError(code: code == .min ? EIO : abs(code), call: "netlink"), explanation))
          default: each(message.payload)
          }
        }
        return nil
      }
      if let outcome {
        if let error = outcome { throw error }
        return
      }
    }
  }

  /// Calls `each` with the messages that the kernel sent unasked; false if there are none now. An overrun is ENOBUFS.
  mutating func takeEvents(_ each: (UnsafeRawBufferPointer) -> Void) throws(MultipathError) -> Bool {
    let count = try receive()
    guard count > 0 else { return false }
    buffer.withUnsafeBytes { raw in
      for message in NetlinkMessage.all(in: UnsafeRawBufferPointer(rebasing: raw[..<count])) where message.type >= 16 {
        each(message.payload)
      }
    }
    return true
  }

  private mutating func receive() throws(MultipathError) -> Int {
    let number = descriptor.number
    let result = buffer.withUnsafeMutableBytes { raw in
      var result: Int
      repeat { result = weft_recv(number, raw.baseAddress, raw.count, 0) } while result == -Int(EINTR)
      return result
    }
    if result == -Int(EAGAIN) { return 0 }
    guard result >= 0 else { throw .system(SystemError(code: Int32(truncatingIfNeeded: -result), call: "recv")) }
    return result
  }

  private static func failed(_ error: SystemError, _ explanation: String) -> MultipathError {
    switch error.code {
    case EPERM, EACCES: .notPermitted(error)
    default: .refused(error, explanation: explanation)
    }
  }
}
