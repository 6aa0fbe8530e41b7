// Everything worth showing about a connection, multipath or not, in one value; making it never fails.

import LinuxSystem

/// A snapshot of a connection for status replies, log lines and metrics. Take it before the socket is closed.
public struct ConnectionReport: Sendable, Hashable, CustomStringConvertible {
  public let negotiation: Negotiation
  /// The connection as a whole; nil unless it is multipath.
  public let info: ConnectionInfo?
  /// Its paths: several, or the single one of a plain TCP connection. Empty where there is no connection.
  public let paths: [Subflow]

  /// Cost: about 3 µs for a multipath connection of two paths, 1 µs for TCP.
  public init(_ socket: Int32) {
    negotiation = MultipathSocket.negotiated(socket)
    info = negotiation == .multipath ? try? MultipathSocket.info(socket) : nil
    if negotiation == .multipath, let subflows = try? MultipathSocket.subflows(socket), !subflows.isEmpty {
      paths = subflows
    } else if let local = try? Socket.localAddress(socket), let remote = try? Socket.peerAddress(socket),
      let statistics = try? MultipathSocket.statistics(socket)
    {
      paths = [Subflow(id: nil, local: local, remote: remote, statistics: statistics)]
    } else {
      paths = []
    }
  }

  /// For example `multipath, 2 paths: 10.77.1.2<10.77.1.1 33.1 MB, 10.77.2.2<10.77.2.1 31.0 MB lost`.
  public var description: String {
    guard !paths.isEmpty else { return negotiation.description }
    let list = paths.map {
      "\($0.local.address)<\($0.remote.address) \(Self.amount($0.bytes))\(isStalled($0) ? " stalled" : "")"
    }
    let count = paths.count == 1 ? "1 path" : "\(paths.count) paths"
    return "\(negotiation), \(count): \(list.joined(separator: ", "))"
  }

  /// Whether nothing gets through on a path now. The sender knows this (``Subflow/isLive``). The receiver has nothing to retransmit: for
  /// it a path is stalled if it has brought a good deal of data, and has then been silent for half a second while others were not.
  private func isStalled(_ path: Subflow) -> Bool {
    switch path.statistics.state {
    case .established: if !path.isLive { return true }
    case .synSent, .synReceived: return true
    // The connection is being closed.
    default: return path.statistics.pendingRetransmissions > 0
    }
    guard paths.count > 1, path.statistics.bytesReceived ?? 0 >= 65_536 else { return false }
    let latest = paths.map(\.statistics.sinceDataReceived).min() ?? .zero
    return path.statistics.sinceDataReceived >= latest + .milliseconds(500)
  }

  /// Bytes in decimal units with one place, for example `33.1 MB`.
  public static func amount(_ bytes: UInt64) -> String {
    var unit = 0
    var tenths = bytes
    if bytes < 1000 { return "\(bytes) B" }
    tenths = bytes / 100
    while tenths >= 10_000, unit < 4 {
      tenths /= 1000
      unit += 1
    }
    let names = ["kB", "MB", "GB", "TB", "PB"]
    return "\(tenths / 10).\(tenths % 10) \(names[unit])"
  }
}

extension MultipathSocket {
  /// The addresses the peer of a connection is known by: those of its established paths, or the one of a plain TCP connection.
  ///
  /// getpeername(2) stays the address of the first path even when that path is dead. Empty if the peer is gone.
  public static func remoteAddresses(_ socket: Int32) -> Set<IPAddress> {
    if let subflows = try? subflows(socket), !subflows.isEmpty {
      let addresses = subflows.remoteAddresses
      if !addresses.isEmpty { return addresses }
    }
    if let peer = try? Socket.peerAddress(socket) { return [peer.address] }
    return []
  }

  /// The local address the peer can reach now; for a plain TCP connection that of getsockname(2).
  public static func liveLocalAddress(_ socket: Int32) -> IPAddress? {
    if let best = (try? subflows(socket))?.bestLocal { return best.address }
    return (try? Socket.localAddress(socket))?.address
  }
}
