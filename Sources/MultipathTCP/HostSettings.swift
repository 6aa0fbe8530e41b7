// The kernel settings that decide how MPTCP behaves in this network namespace, read from /proc/sys/net.

import Glibc
import LinuxSystem

/// The values of `net.mptcp.*` and their neighbours as the calling thread's network namespace has them.
///
/// Nil: this kernel does not have the setting. Source: Documentation/networking/mptcp-sysctl.rst.
public struct HostSettings: Sendable, Hashable {
  /// net.mptcp.enabled: whether multipath sockets can be made (5.6).
  public var enabled: Bool?
  /// net.mptcp.checksum_enabled: whether new connections ask for the DSS checksum; one end is enough (5.14).
  public var checksum: Bool?
  /// net.mptcp.allow_join_initial_addr_port: whether peers may open paths to the address they connected to first (5.14).
  public var allowJoinInitialAddress: Bool?
  /// net.mptcp.path_manager: `kernel` or `userspace` (6.15; before that read from pm_type, 5.19).
  public var pathManager: String?
  /// net.mptcp.scheduler (6.6).
  public var scheduler: String?
  /// net.mptcp.add_addr_timeout: seconds until an address is announced again; 0 means never (5.12).
  public var announceTimeout: Int?
  /// net.mptcp.stale_loss_cnt: intervals without progress until a path counts as stale (5.15).
  public var staleLossCount: Int?
  /// net.mptcp.close_timeout: seconds a connection without any path may wait for a new one (6.6).
  public var closeTimeout: Int?
  /// net.mptcp.blackhole_timeout: seconds of plain TCP after a dropped SYN; 0 turns that off (6.12).
  public var blackholeTimeout: Int?
  /// net.mptcp.syn_retrans_before_tcp_fallback: SYNs with the option before one without (6.15).
  public var synRetransmissions: Int?
  /// The middle value of net.ipv4.tcp_rmem: bytes of a new socket's receive buffer.
  public var receiveBuffer: Int?

  public init() {}

  /// Reads all of them. Cost: about 70 µs. ``enabled`` nil means that the kernel has no MPTCP at all.
  public static func current() -> HostSettings { read(beneath: "/proc/sys/net") }

  static func read(beneath root: String) -> HostSettings {
    func text(_ name: String) -> String? { ProcFile.firstLine("\(root)/\(name)") }
    func flag(_ name: String) -> Bool? { text("mptcp/\(name)").flatMap(Int.init).map { $0 != 0 } }
    func number(_ name: String) -> Int? { text("mptcp/\(name)").flatMap(Int.init) }
    var settings = HostSettings()
    settings.enabled = flag("enabled")
    guard settings.enabled != nil else { return settings }
    settings.checksum = flag("checksum_enabled")
    settings.allowJoinInitialAddress = flag("allow_join_initial_addr_port")
    settings.pathManager = text("mptcp/path_manager") ?? number("pm_type").map { $0 == 0 ? "kernel" : "userspace" }
    settings.scheduler = text("mptcp/scheduler")
    settings.announceTimeout = number("add_addr_timeout")
    settings.staleLossCount = number("stale_loss_cnt")
    settings.closeTimeout = number("close_timeout")
    settings.blackholeTimeout = number("blackhole_timeout")
    settings.synRetransmissions = number("syn_retrans_before_tcp_fallback")
    settings.receiveBuffer = text("ipv4/tcp_rmem").flatMap { line in
      let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      return fields.count == 3 ? Int(fields[1]) : nil
    }
    return settings
  }

  /// The strictness of reverse path filtering on an interface: the greater of its own value and that of `all`. 1 is
  /// strict: packets are dropped if they arrive on an interface other than the one the answer would use.
  public static func reversePathFilter(interface: String) -> Int? {
    func value(_ name: String) -> Int? {
      ProcFile.firstLine("/proc/sys/net/ipv4/conf/\(name)/rp_filter").flatMap(Int.init)
    }
    guard !interface.contains("/"), let own = value(interface), let all = value("all") else { return nil }
    return max(own, all)
  }
}

/// Reading of small files of /proc.
enum ProcFile {
  /// All of a file, nil if it cannot be read. Files of /proc have no size, so they are read to their end.
  static func bytes(_ path: String) -> [UInt8]? {
    guard let file = try? File.open(path, flags: O_RDONLY) else { return nil }
    var content: [UInt8] = []
    var offset: Int64 = 0
    let piece = 16 * 1024
    while content.count < 1 << 20 {
      let count = withUnsafeTemporaryAllocation(byteCount: piece, alignment: 1) { buffer -> Int? in
        guard let count = try? File.read(file.number, into: buffer, at: offset) else { return nil }
        content.append(contentsOf: buffer[..<count])
        return count
      }
      guard let count else { return nil }
      if count == 0 { break }
      offset += Int64(count)
    }
    return content
  }

  /// The first line without its end.
  static func firstLine(_ path: String) -> String? {
    guard let content = bytes(path) else { return nil }
    return String(decoding: content.prefix { $0 != 0x0A }, as: UTF8.self)
  }
}
