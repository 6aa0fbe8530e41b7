// The kernel's figures for one path: struct tcp_info, decoded by offset and length.

/// TCP's own figures for one path (subflow), or for a plain TCP connection. A field is nil where the kernel does not have it.
///
/// Source: <linux/tcp.h>, struct tcp_info; tcp(7), TCP_INFO.
public struct PathStatistics: Sendable, Hashable {
  /// The state of the TCP state machine, RFC 9293, section 3.3.2.
  public enum State: UInt8, Sendable, Hashable {
    case established = 1
    case synSent, synReceived, finWait1, finWait2, timeWait, closed, closeWait, lastAck, listening, closing
  }

  public let state: State?
  /// Retransmissions of the segment at the front of the queue that have had no answer: more than 0 means trouble now.
  public let pendingRetransmissions: Int
  /// Segments retransmitted since the connection began.
  public let totalRetransmissions: UInt32
  /// Segments sent and not acknowledged.
  public let unacknowledgedSegments: UInt32
  /// The retransmission time-out, in microseconds.
  public let retransmissionTimeout: Duration
  /// Smoothed round trip, its variation and the least one seen, at microsecond resolution.
  public let roundTrip: Duration
  public let roundTripVariation: Duration
  public let leastRoundTrip: Duration?
  /// Congestion window, in segments of ``segmentSize`` bytes.
  public let congestionWindow: UInt32
  public let segmentSize: UInt32
  /// Bytes per second that pacing allows now; nil if it is not limited.
  public let pacingRate: UInt64?
  /// Bytes per second that were delivered lately.
  public let deliveryRate: UInt64?
  /// Payload bytes sent (retransmissions included), acknowledged and received on this path.
  public let bytesSent: UInt64?
  public let bytesAcknowledged: UInt64?
  public let bytesReceived: UInt64?
  public let bytesRetransmitted: UInt64?
  /// Receive and send window, in bytes.
  public let sendWindow: UInt32?
  public let receiveWindow: UInt32?
  /// How long ago data was sent, data was received, an acknowledgement came in, at millisecond resolution.
  public let sinceDataSent: Duration
  public let sinceDataReceived: Duration
  public let sinceAcknowledged: Duration

  /// Reads a struct tcp_info of any version; nil below its first 104 bytes (Linux 2.6).
  public init?(bytes: UnsafeRawBufferPointer) {
    let info = KernelBytes(bytes)
    guard info.count >= 104 else { return nil }
    state = info.load(0, as: UInt8.self).flatMap(State.init(rawValue:))
    pendingRetransmissions = info.byte(2) ?? 0
    retransmissionTimeout = info.microseconds(8) ?? .zero
    segmentSize = info.load(16) ?? 0
    unacknowledgedSegments = info.load(24) ?? 0
    sinceDataSent = info.milliseconds(44) ?? .zero
    sinceDataReceived = info.milliseconds(52) ?? .zero
    sinceAcknowledged = info.milliseconds(56) ?? .zero
    roundTrip = info.microseconds(68) ?? .zero
    roundTripVariation = info.microseconds(72) ?? .zero
    congestionWindow = info.load(80) ?? 0
    totalRetransmissions = info.load(100) ?? 0
    pacingRate = info.load(104, as: UInt64.self).flatMap { $0 == .max ? nil : $0 }
    bytesAcknowledged = info.load(120)
    bytesReceived = info.load(128)
    leastRoundTrip = info.microseconds(148)
    deliveryRate = info.load(160)
    bytesSent = info.load(200)
    bytesRetransmitted = info.load(208)
    sendWindow = info.load(228)
    receiveWindow = info.load(232)
  }

  /// Whether the path carries data now: it is established, nothing is being retransmitted, and data in flight was
  /// acknowledged within two time-outs. If a cable is pulled, the kernel lists the path as established for minutes, but this
  /// becomes false.
  public var isLive: Bool {
    state == .established && pendingRetransmissions == 0
      && (unacknowledgedSegments == 0 || sinceAcknowledged < retransmissionTimeout * 2)
  }
}
