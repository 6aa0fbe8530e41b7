// The path manager's events: connections and subflows that come and go, addresses that are announced.

import LinuxSystem

/// Something that happened to a multipath connection of this network namespace.
///
/// Source: Documentation/netlink/specs/mptcp_pm.yaml, event-type and event-attr.
public struct PathEvent: Sendable, Hashable, CustomStringConvertible {
  public enum Kind: UInt8, Sendable, Hashable {
    case created = 1
    case established = 2
    case closed = 3
    /// The peer announced an address, or took one back.
    case announced = 6
    case removed = 7
    case subflowEstablished = 10
    case subflowClosed = 11
    case subflowPriority = 13
    case listenerCreated = 15
    case listenerClosed = 16
  }

  /// The kind of event; nil if this library does not know it.
  public let kind: Kind?
  /// The kernel's number of ``kind``.
  public let code: UInt8
  /// ``ConnectionInfo/token`` of the connection.
  public let token: UInt32?
  public let local: SocketAddress?
  public let remote: SocketAddress?
  /// The ids of the addresses within the connection.
  public let localID: UInt8?
  public let remoteID: UInt8?
  public let isBackup: Bool?
  /// This host is the end that was connected to.
  public let isServerSide: Bool?
  /// The errno with which the subflow was closed.
  public let error: Int32?
  /// RFC 8684, section 3.6: the reason in an MP_TCPRST.
  public let resetReason: UInt32?
  public let interfaceIndex: Int32?

  /// Reads a message of the family: command, then attributes MPTCP_ATTR_*.
  init?(message: UnsafeRawBufferPointer) {
    guard let code = KernelBytes(message).load(0, as: UInt8.self) else { return nil }
    let attributes = Attributes(message, from: GenericFamily.headerSize)
    self.code = code
    kind = Kind(rawValue: code)
    func address(_ ipv4: UInt16, _ ipv6: UInt16, _ port: UInt16) -> SocketAddress? {
      let address = attributes[ipv4]?.address(0, length: 4) ?? attributes[ipv6]?.address(0, length: 16)
      return address.map { SocketAddress($0, port: UInt16(bigEndian: attributes[port]?.load(0) ?? 0)) }
    }
    token = attributes[1]?.load(0)
    localID = attributes[3]?.load(0)
    remoteID = attributes[4]?.load(0)
    local = address(5, 6, 9)
    remote = address(7, 8, 10)
    isBackup = attributes[11]?.load(0, as: UInt8.self).map { $0 != 0 }
    error = attributes[12]?.load(0, as: UInt8.self).map(Int32.init)
    interfaceIndex = attributes[15]?.load(0)
    resetReason = attributes[16]?.load(0)
    isServerSide = attributes[18]?.load(0, as: UInt8.self).map { $0 != 0 }
  }

  public var description: String {
    var words = [kind.map { "\($0)" } ?? "event \(code)"]
    if let token { words.append("token \(ConnectionInfo.hexadecimal(token))") }
    if let local { words.append("local \(local)") }
    if let remote { words.append("remote \(remote)") }
    if let localID { words.append("local-id \(localID)") }
    if let remoteID { words.append("remote-id \(remoteID)") }
    if isBackup == true { words.append("backup") }
    if let isServerSide { words.append(isServerSide ? "server" : "client") }
    if let error, error != 0 { words.append("errno \(error)") }
    if let resetReason { words.append("reset-reason \(resetReason)") }
    return words.joined(separator: " ")
  }
}

/// Receives the events of the calling thread's network namespace.
public struct PathMonitor: ~Copyable {
  private var socket: NetlinkSocket

  /// - Throws: ``MultipathError/notPermitted(_:)`` without CAP_NET_ADMIN.
  public init() throws(MultipathError) {
    var socket = try NetlinkSocket(NetlinkSocket.generic)
    let family = try GenericFamily.resolve("mptcp_pm", &socket)
    guard let group = family.groups["mptcp_pm_events"] else { throw .kernelTooOld(needs: "5.12") }
    try socket.join(group: group)
    self.socket = socket
  }

  /// The descriptor to wait on: readable when ``next()`` has something.
  public var number: Int32 { socket.descriptor.number }

  /// The events that have come since the last call, in their order; empty if there are none. Never waits.
  /// - Throws: ``MultipathError/system(_:)`` with ENOBUFS if events were lost because they were not read in time; the
  ///   next call continues.
  public mutating func next() throws(MultipathError) -> [PathEvent] {
    var events: [PathEvent] = []
    while try socket.takeEvents({ if let event = PathEvent(message: $0) { events.append(event) } }) {
      if events.count >= 256 { break }
    }
    return events
  }
}
