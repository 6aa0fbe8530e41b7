// The kernel's path manager over generic netlink: endpoints and limits, listed by anyone, changed by an administrator.

import Glibc
import LinuxSystem

/// A conversation with the kernel's path manager, in the network namespace of the thread that began it.
///
/// Listing needs no privilege; a daemon that dropped its own can still report. Changing needs CAP_NET_ADMIN.
/// Source: Documentation/netlink/specs/mptcp_pm.yaml. Cost: beginning about 15 µs, a question about 4 µs.
public struct PathManager: ~Copyable {
  // Commands of <linux/mptcp_pm.h>.
  private static let addAddress: UInt8 = 1
  private static let deleteAddress: UInt8 = 2
  private static let getAddress: UInt8 = 3
  private static let flushAddresses: UInt8 = 4
  private static let setLimits: UInt8 = 5
  private static let getLimits: UInt8 = 6
  private static let setFlags: UInt8 = 7
  // Attributes of <linux/mptcp_pm.h>.
  private static let address: UInt16 = 1
  private static let acceptedLimit: UInt16 = 2
  private static let subflowLimit: UInt16 = 3

  private var socket: NetlinkSocket
  private let family: GenericFamily

  /// - Throws: ``MultipathError/unavailable(_:)`` when the kernel has no MPTCP.
  public init() throws(MultipathError) {
    var socket = try NetlinkSocket(NetlinkSocket.generic)
    family = try GenericFamily.resolve("mptcp_pm", &socket)
    self.socket = socket
  }

  /// All endpoints of this network namespace, in the order of their ids.
  public mutating func endpoints() throws(MultipathError) -> [PathEndpoint] {
    var found: [PathEndpoint] = []
    try ask(Self.getAddress, isDump: true) { _ in
    } each: { attributes in
      if let nest = attributes[Self.address], let endpoint = PathEndpoint(attributes: Attributes(nest.raw)) {
        found.append(endpoint)
      }
    }
    return found
  }

  public mutating func limits() throws(MultipathError) -> PathLimits {
    var limits: PathLimits?
    try ask(Self.getLimits) { _ in
    } each: { attributes in
      if let subflows: UInt32 = attributes[Self.subflowLimit]?.load(0),
        let accepted: UInt32 = attributes[Self.acceptedLimit]?.load(0)
      {
        limits = PathLimits(subflows: subflows, acceptedAddresses: accepted)
      }
    }
    guard let limits else { throw .malformedAnswer("path manager limits") }
    return limits
  }

  /// Adds an endpoint; connections that are open use it at once.
  /// - Throws: ``MultipathError/notPermitted(_:)``; ``MultipathError/refused(_:explanation:)`` with EEXIST for an address
  ///   that is an endpoint already, EINVAL for flags that exclude each other.
  public mutating func add(_ endpoint: PathEndpoint) throws(MultipathError) {
    try ask(Self.addAddress) { $0.nest(Self.address) { endpoint.encode(into: &$0) } }
  }

  /// Removes an endpoint and takes down the paths that use it.
  public mutating func remove(id: UInt8) throws(MultipathError) {
    try ask(Self.deleteAddress) { $0.nest(Self.address) { $0.put(2, id) } }
  }

  /// Removes the endpoint with `address`; EINVAL if there is none, the same as the kernel's error for an unknown id.
  public mutating func remove(_ address: IPAddress) throws(MultipathError) {
    guard let id = try endpoints().first(where: { $0.address == address })?.id else {
      throw .refused(SystemError(code: EINVAL, call: "netlink"), explanation: "no endpoint has the address \(address)")
    }
    try remove(id: id)
  }

  /// Removes all endpoints.
  public mutating func flush() throws(MultipathError) { try ask(Self.flushAddresses) { _ in } }

  /// Sets both limits, 0 to 8 each.
  public mutating func set(_ limits: PathLimits) throws(MultipathError) {
    try ask(Self.setLimits) {
      $0.put(Self.acceptedLimit, limits.acceptedAddresses)
      $0.put(Self.subflowLimit, limits.subflows)
    }
  }

  /// Sets the backup and fullmesh flags of an endpoint (5.12); its other flags stay.
  public mutating func setFlags(id: UInt8, _ flags: PathEndpoint.Flags) throws(MultipathError) {
    try ask(Self.setFlags) {
      $0.nest(Self.address) {
        $0.put(2, id)
        $0.put(6, flags.intersection([.backup, .fullmesh]).rawValue)
      }
    }
  }

  private mutating func ask(
    _ command: UInt8, isDump: Bool = false, _ write: (inout AttributeWriter) -> Void,
    each: (Attributes) -> Void = { _ in }
  ) throws(MultipathError) {
    var writer = AttributeWriter()
    write(&writer)
    try socket.ask(family.id, isDump: isDump, body: GenericFamily.header(command) + writer.bytes) {
      each(Attributes($0, from: GenericFamily.headerSize))
    }
  }
}

/// A family of generic netlink: the number it has on this kernel today, and its multicast groups.
struct GenericFamily {
  static let headerSize = 4
  let id: UInt16
  let groups: [String: UInt32]

  /// struct genlmsghdr: command, version 1.
  static func header(_ command: UInt8) -> [UInt8] { [command, 1, 0, 0] }

  /// Source: <linux/genetlink.h>, CTRL_CMD_GETFAMILY.
  static func resolve(_ name: String, _ socket: inout NetlinkSocket) throws(MultipathError) -> GenericFamily {
    var writer = AttributeWriter()
    writer.put(2, name)  // CTRL_ATTR_FAMILY_NAME
    var family: GenericFamily?
    do {
      try socket.ask(16, body: header(3) + writer.bytes) { family = GenericFamily(answer: $0) }
    } catch {
      if error.errno == ENOENT { throw .unavailable(.notCompiled) }
      throw error
    }
    guard let family else { throw .malformedAnswer("generic netlink family") }
    return family
  }

  init?(answer: UnsafeRawBufferPointer) {
    let attributes = Attributes(answer, from: Self.headerSize)
    guard let id: UInt16 = attributes[1]?.load(0) else { return nil }  // CTRL_ATTR_FAMILY_ID
    self.id = id
    var groups: [String: UInt32] = [:]
    if let list = attributes[7] {  // CTRL_ATTR_MCAST_GROUPS
      for (_, entry) in Attributes(list.raw) {
        let group = Attributes(entry.raw)
        guard let name = group[1]?.raw.prefix(while: { $0 != 0 }), let number: UInt32 = group[2]?.load(0) else {
          continue
        }
        groups[String(decoding: name, as: UTF8.self)] = number
      }
    }
    self.groups = groups
  }
}
