// Asks the kernel's socket diagnosis for the role of each subflow: first or joined, and whether either end made it a backup.

import Glibc
import LinuxSystem

extension MultipathSocket {
  /// ``subflows(_:)`` with ``Subflow/role`` filled in, if the kernel has CONFIG_INET_DIAG.
  ///
  /// For display: one question to the kernel for each path. Cost: about 60 µs, most of it the list of interfaces.
  /// Source: sock_diag(7), INET_DIAG_ULP_INFO (Linux 5.9).
  public static func subflowsWithRoles(_ socket: Int32) throws(MultipathError) -> [Subflow] {
    var subflows = try subflows(socket)
    guard var diagnosis = try? NetlinkSocket(NetlinkSocket.socketDiagnosis) else { return subflows }
    let interfaces = NetworkInterface.current()
    for index in subflows.indices {
      let path = subflows[index]
      // A path that is bound to an interface is found only if the question names the interface; for other paths it does no harm.
      let interface = interfaces.first { $0.addresses.contains(path.local.address) }?.index ?? 0
      let question = SubflowDiagnosis.question(path.local, path.remote, interface: interface)
      // The answer is an attribute or an error (no such socket, no such module). A missing role is not a failure.
      try? diagnosis.ask(20, body: question) { subflows[index].role = SubflowDiagnosis.role($0) }
    }
    return subflows
  }
}

/// The two messages of sock_diag(7) that are needed here.
enum SubflowDiagnosis {
  /// struct inet_diag_req_v2 that names exactly one socket.
  static func question(_ local: SocketAddress, _ remote: SocketAddress, interface: Int32) -> [UInt8] {
    func padded(_ address: IPAddress) -> [UInt8] {
      let octets = address.octets
      return octets + [UInt8](repeating: 0, count: 16 - octets.count)
    }
    func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
    let family = local.address.family == .ipv4 ? AF_INET : AF_INET6
    // 2 asks for INET_DIAG_INFO, which brings the attribute we need with it.
    var message: [UInt8] = [UInt8(truncatingIfNeeded: family), 6, 2, 0]
    message += bytes(UInt32.max)  // every state
    message += bytes(local.port.bigEndian) + bytes(remote.port.bigEndian)
    message += padded(local.address) + padded(remote.address)
    message += bytes(interface) + bytes(UInt64.max)  // any cookie
    return message
  }

  /// Finds INET_DIAG_ULP_INFO / INET_ULP_INFO_MPTCP / MPTCP_SUBFLOW_ATTR_FLAGS behind the 72 bytes of struct inet_diag_msg.
  static func role(_ answer: UnsafeRawBufferPointer) -> SubflowRole? {
    guard let protocolInfo = Attributes(answer, from: 72)[19], let multipath = Attributes(protocolInfo.raw)[3],
      let flags: UInt32 = Attributes(multipath.raw)[8]?.load(0)
    else { return nil }
    return SubflowRole(rawValue: flags)
  }
}
