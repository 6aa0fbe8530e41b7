// Reads the subflows of a connection by the best call that the running kernel has.

import CLinux
import Glibc
import LinuxSystem

extension MultipathSocket {
  /// The paths of a multipath connection with addresses and figures, in the order they were made.
  ///
  /// One consistent picture by MPTCP_FULL_INFO (Linux 6.5); before that by MPTCP_SUBFLOW_ADDRS and MPTCP_TCPINFO (5.16),
  /// repeated until both agree on the number.
  /// - Throws: as ``info(_:)``.
  ///
  /// Cost: about 1.2 µs for one path, 0.6 µs for each further one.
  public static func subflows(_ socket: Int32) throws(MultipathError) -> [Subflow] {
    if !KernelOption.absent.contains(.fullInfo) {
      do {
        return try subflowsByFullInfo(socket)
      } catch {
        // The socket is multipath; only this call is missing. Remember that, and use the older calls.
        guard case .kernelTooOld = error else { throw error }
      }
    }
    return try subflowsByTwoCalls(socket)
  }

  /// MPTCP_FULL_INFO. struct mptcp_full_info is 40 bytes of sizes and pointers, then a struct mptcp_info.
  static func subflowsByFullInfo(_ socket: Int32) throws(MultipathError) -> [Subflow] {
    var capacity = 9  // the kernel's default ceiling: the first subflow and eight more
    while true {
      let (subflows, needed) = try fullInfo(socket, capacity: capacity)
      if needed <= capacity { return subflows }
      capacity = needed
    }
  }

  private static let headerSize = 40 + 128
  private static let subflowInfoSize = 264
  private static let tcpInfoSize = 320

  private static func fullInfo(_ socket: Int32, capacity: Int) throws(MultipathError) -> ([Subflow], needed: Int) {
    let subflowStart = headerSize
    let tcpStart = subflowStart + capacity * subflowInfoSize
    let total = tcpStart + capacity * tcpInfoSize
    return try withUnsafeTemporaryAllocation(byteCount: total, alignment: 8) {
      (buffer) throws(MultipathError) -> ([Subflow], needed: Int) in
      guard let base = buffer.baseAddress else { return ([], 0) }
      memset(base, 0, headerSize)
      base.storeBytes(of: UInt32(tcpInfoSize), toByteOffset: 4, as: UInt32.self)
      base.storeBytes(of: UInt32(subflowInfoSize), toByteOffset: 12, as: UInt32.self)
      base.storeBytes(of: UInt32(capacity), toByteOffset: 20, as: UInt32.self)
      base.storeBytes(of: UInt64(UInt(bitPattern: base + subflowStart)), toByteOffset: 24, as: UInt64.self)
      base.storeBytes(of: UInt64(UInt(bitPattern: base + tcpStart)), toByteOffset: 32, as: UInt64.self)
      var length = UInt32(headerSize)
      let result = weft_getsockopt(socket, KernelOption.levelMPTCP, KernelOption.fullInfo, base, &length)
      guard result == 0 else {
        if result == -EOPNOTSUPP || result == -ENOPROTOOPT, negotiated(socket) == .multipath {
          KernelOption.remember(absent: .fullInfo)
          throw .kernelTooOld(needs: "6.5")
        }
        throw refusal(socket, -result)
      }
      let all = KernelBytes(UnsafeRawBufferPointer(buffer))
      // The kernel reports how far it advanced per element, which is less if its structure is older and smaller.
      let tcpStride = Int(all.load(4, as: UInt32.self) ?? 0)
      let subflowStride = Int(all.load(12, as: UInt32.self) ?? 0)
      let count = Int(all.load(16, as: UInt32.self) ?? 0)
      // These are the flags of the struct mptcp_info in it. A listening or new socket answers too, but has no connection.
      guard all.load(40 + 8, as: UInt32.self).map({ $0 & 3 != 0 }) ?? true else { throw .notMultipath(.undecided) }
      guard count <= capacity else { return ([], count) }
      var subflows: [Subflow] = []
      subflows.reserveCapacity(count)
      for index in 0..<count {
        let path = subflowStart + index * subflowStride
        let figures = KernelBytes(all.raw, from: tcpStart + index * tcpStride, count: tcpStride)
        // A subflow that is being closed may have no addresses any more.
        guard let local = all.socketAddress(path + 8), let remote = all.socketAddress(path + 8 + 128),
          let statistics = PathStatistics(bytes: figures.raw)
        else { continue }
        subflows.append(Subflow(id: all.load(path), local: local, remote: remote, statistics: statistics))
      }
      return (subflows, count)
    }
  }

  /// MPTCP_SUBFLOW_ADDRS and MPTCP_TCPINFO.
  static func subflowsByTwoCalls(_ socket: Int32) throws(MultipathError) -> [Subflow] {
    if negotiated(socket) == .undecided { throw .notMultipath(.undecided) }
    for _ in 0..<8 {
      let addresses = try elements(socket, KernelOption.subflowAddresses, size: 256) { bytes in
        bytes.socketAddress(0).flatMap { local in bytes.socketAddress(128).map { (local, $0) } }
      }
      let figures = try elements(socket, KernelOption.tcpInfo, size: tcpInfoSize) { PathStatistics(bytes: $0.raw) }
      guard addresses.count == figures.count else { continue }
      return zip(addresses, figures).compactMap { address, statistics in
        guard let address, let statistics else { return nil }
        return Subflow(id: nil, local: address.0, remote: address.1, statistics: statistics)
      }
    }
    throw .malformedAnswer("the number of subflows changes all the time")
  }

  /// Calls `option`, whose answer is struct mptcp_subflow_data (16 bytes) and an array.
  private static func elements<Element>(
    _ socket: Int32, _ option: Int32, size: Int, _ decode: (KernelBytes) -> Element?
  ) throws(MultipathError) -> [Element?] {
    let capacity = 32
    return try withUnsafeTemporaryAllocation(byteCount: 16 + capacity * size, alignment: 8) {
      (buffer) throws(MultipathError) -> [Element?] in
      guard let base = buffer.baseAddress else { return [] }
      memset(base, 0, 16)
      base.storeBytes(of: 16, toByteOffset: 0, as: UInt32.self)
      base.storeBytes(of: UInt32(size), toByteOffset: 12, as: UInt32.self)
      var length = UInt32(buffer.count)
      let result = weft_getsockopt(socket, KernelOption.levelMPTCP, option, base, &length)
      guard result == 0 else { throw refusal(socket, -result) }
      let all = KernelBytes(UnsafeRawBufferPointer(buffer))
      let count = Int(all.load(4, as: UInt32.self) ?? 0)
      let stride = min(size, Int(all.load(12, as: UInt32.self) ?? 0))
      return (0..<min(count, capacity)).map { index in
        decode(KernelBytes(all.raw, from: 16 + index * stride, count: stride))
      }
    }
  }

  /// TCP's figures of a plain TCP connection, or of the first path of a multipath one. Source: tcp(7), TCP_INFO.
  public static func statistics(_ socket: Int32) throws(MultipathError) -> PathStatistics {
    try withUnsafeTemporaryAllocation(byteCount: tcpInfoSize, alignment: 8) {
      (buffer) throws(MultipathError) -> PathStatistics in
      var length = UInt32(buffer.count)
      let result = weft_getsockopt(socket, SOL_TCP, TCP_INFO, buffer.baseAddress, &length)
      guard result == 0 else { throw .system(SystemError(code: -result, call: "getsockopt")) }
      let filled = UnsafeRawBufferPointer(rebasing: buffer[..<min(Int(length), buffer.count)])
      guard let figures = PathStatistics(bytes: filled) else { throw .malformedAnswer("tcp_info of \(length) bytes") }
      return figures
    }
  }
}
