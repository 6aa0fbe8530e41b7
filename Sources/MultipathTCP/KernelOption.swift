// Numbers of the kernel that Swift's Glibc module does not have, and which of these calls the running kernel lacks.

import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// Numbers of <linux/mptcp.h>, <linux/tcp.h> and <linux/sockios.h>, and what is known of the running kernel.
enum KernelOption {
  static let levelMPTCP: Int32 = 284
  /// MPTCP_INFO, Linux 5.16.
  static let info: Int32 = 1
  /// MPTCP_TCPINFO, Linux 5.16.
  static let tcpInfo: Int32 = 2
  /// MPTCP_SUBFLOW_ADDRS, Linux 5.16.
  static let subflowAddresses: Int32 = 3
  /// MPTCP_FULL_INFO, Linux 6.5.
  static let fullInfo: Int32 = 4
  /// TCP_IS_MPTCP, Linux 6.10.
  static let isMultipath: Int32 = 43
  static let siocInq: UInt = 0x541B
  static let siocOutq: UInt = 0x5411
  static let siocOutqNotSent: UInt = 0x894B

  /// Calls that the running kernel refused on a socket that is certainly multipath. They are not tried again.
  static var absent: Calls { Calls(rawValue: remembered.load(ordering: .relaxed)) }

  static func remember(absent calls: Calls) { remembered.bitwiseOr(calls.rawValue, ordering: .relaxed) }

  private static let remembered = Atomic<UInt8>(0)

  /// Whether the kernel supports MPTCP_INFO (Linux 5.16), tried on a new socket; a no is remembered.
  static func answersInfo() -> Bool {
    if absent.contains(.info) { return false }
    guard let scratch = try? Socket.stream(.ipv4, protocol: .multipath) else { return true }
    var word: UInt64 = 0
    var length: UInt32 = 8
    if weft_getsockopt(scratch.number, levelMPTCP, info, &word, &length) == 0 { return true }
    remember(absent: [.info, .subflows, .fullInfo])
    return false
  }

  struct Calls: OptionSet {
    let rawValue: UInt8
    static let info = Calls(rawValue: 1)
    static let subflows = Calls(rawValue: 2)
    static let fullInfo = Calls(rawValue: 4)
  }
}
