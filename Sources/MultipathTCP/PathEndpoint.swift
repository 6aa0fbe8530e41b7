// The objects of the path manager: endpoints, which are local addresses with a purpose, and limits.

import Glibc
import LinuxSystem

/// A local address the kernel's path manager uses for further paths. At most eight per network namespace.
///
/// Source: ip-mptcp(8); Documentation/netlink/specs/mptcp_pm.yaml.
public struct PathEndpoint: Sendable, Hashable, CustomStringConvertible {
  public struct Flags: OptionSet, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Announce it to peers, which may then connect to it.
    public static let signal = Flags(rawValue: 1)
    /// Open paths from it, on connections this host started.
    public static let subflow = Flags(rawValue: 2)
    /// Use its paths only when no other is left. An idle control connection then takes 0.2 to 0.8 s per command.
    public static let backup = Flags(rawValue: 4)
    /// Open paths from it to every address of the peer (5.15). Not with `signal`.
    public static let fullmesh = Flags(rawValue: 8)
    /// Made by the kernel itself.
    public static let implicit = Flags(rawValue: 16)
    /// Use it for one path to an announced address (6.18).
    public static let laminar = Flags(rawValue: 32)

    static let names: [(Flags, String)] = [
      (.signal, "signal"), (.subflow, "subflow"), (.backup, "backup"), (.fullmesh, "fullmesh"),
      (.implicit, "implicit"), (.laminar, "laminar"),
    ]

    /// Reads one of the words of ip-mptcp(8).
    public init?(word: String) {
      guard let flag = Self.names.first(where: { $0.1 == word })?.0 else { return nil }
      self = flag
    }

    public var description: String { Self.names.filter { contains($0.0) }.map(\.1).joined(separator: " ") }
  }

  /// The kernel's number for it, 1 to 255; nil lets the kernel choose when it is added.
  public var id: UInt8?
  public var address: IPAddress
  /// A port of its own, on which the kernel listens for joins; only with `signal`.
  public var port: UInt16?
  /// The interface its paths are bound to.
  public var interfaceIndex: Int32?
  public var flags: Flags

  public init(
    _ address: IPAddress, flags: Flags, port: UInt16? = nil, interfaceIndex: Int32? = nil, id: UInt8? = nil
  ) {
    self.id = id
    self.address = address
    self.port = port
    self.interfaceIndex = interfaceIndex
    self.flags = flags
  }

  /// The name of ``interfaceIndex`` in the calling thread's network namespace.
  public var interfaceName: String? {
    guard let interfaceIndex, interfaceIndex > 0 else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
      guard let base = buffer.baseAddress, if_indextoname(UInt32(interfaceIndex), base) != nil else { return nil }
      return String(cString: base)
    }
  }

  /// As `ip mptcp endpoint show` writes it.
  public var description: String {
    var words = ["\(address)"]
    if let port { words += ["port", "\(port)"] }
    if let id { words += ["id", "\(id)"] }
    if !flags.isEmpty { words.append(flags.description) }
    if let name = interfaceName { words += ["dev", name] }
    return words.joined(separator: " ")
  }

  // The kernel's attribute numbers, <linux/mptcp_pm.h>: MPTCP_PM_ADDR_ATTR_*.
  func encode(into writer: inout AttributeWriter) {
    writer.put(1, UInt16(address.family == .ipv4 ? AF_INET : AF_INET6))
    if let id { writer.put(2, id) }
    writer.put(address.family == .ipv4 ? 3 : 4, address.octets)
    if let port { writer.put(5, port) }
    if !flags.isEmpty { writer.put(6, flags.rawValue) }
    if let interfaceIndex { writer.put(7, interfaceIndex) }
  }

  init?(attributes: Attributes) {
    guard let address = attributes[3]?.address(0, length: 4) ?? attributes[4]?.address(0, length: 16) else {
      return nil
    }
    self.address = address
    id = attributes[2]?.load(0)
    port = attributes[5]?.load(0, as: UInt16.self).flatMap { $0 == 0 ? nil : $0 }
    flags = Flags(rawValue: attributes[6]?.load(0) ?? 0)
    interfaceIndex = attributes[7]?.load(0)
  }
}

/// How many paths and addresses a connection may have, 0 to 8 each.
public struct PathLimits: Sendable, Hashable, CustomStringConvertible {
  /// Subflows beyond the first; the kernel begins with 2.
  public var subflows: UInt32
  /// Announced addresses of the peer that are accepted; the kernel begins with 0.
  public var acceptedAddresses: UInt32

  public init(subflows: UInt32, acceptedAddresses: UInt32) {
    self.subflows = subflows
    self.acceptedAddresses = acceptedAddresses
  }

  public var description: String { "subflows \(subflows) add_addr_accepted \(acceptedAddresses)" }
}
