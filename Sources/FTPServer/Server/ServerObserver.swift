// The way in for metrics and for address policies of whoever embeds the server: told of every transfer, asked about every client.

import LinuxSystem
import MultipathTCP

/// Watches a server and may turn clients away. All of it is called on the sessions' queues, so it must be quick and not block.
public protocol ServerObserver: Sendable {
  /// Whether a client may stay. Asked when it has connected, with its one address, and again before its login is answered, with
  /// every address its control connection has a path from: with multipath TCP a ban that knows only the first can be walked around.
  func admits(_ addresses: [IPAddress]) -> Bool
  /// A transfer has ended, well or not; its final reply is queued.
  func transferEnded(_ report: TransferReport)
}

extension ServerObserver {
  /// Everybody.
  public func admits(_ addresses: [IPAddress]) -> Bool { true }
  /// Nothing.
  public func transferEnded(_ report: TransferReport) {}
}

/// One transfer, as it turned out.
public struct TransferReport: Sendable {
  /// Which way the bytes went; a listing goes to the client too.
  public enum Direction: Sendable { case download, upload, listing }

  /// The number of the session, unique while the process lives.
  public let session: UInt64
  public let peer: SocketAddress
  /// The user's name as its bytes.
  public let user: [UInt8]
  public let direction: Direction
  /// The virtual path as its bytes.
  public let path: [UInt8]
  /// Bytes moved on the data connection.
  public let bytes: UInt64
  public let duration: Duration
  /// The final reply's code; 226 is the only one that means success. Nil when the client was gone.
  public let reply: UInt16?
  /// Nil when no data connection came about.
  public let connection: DataConnectionReport?
}

/// What a data connection was.
public enum DataConnectionReport: Sendable, CustomStringConvertible {
  /// Plain TCP, as was wanted.
  case plain
  /// Multipath was wanted and is not there: the reason is the negotiation's.
  case notMultipath(Negotiation)
  /// Multipath: the paths, and what each has carried.
  case multipath(ConnectionReport)

  /// For the log.
  public var description: String {
    switch self {
    case .plain: "tcp"
    case .notMultipath(let negotiation): "tcp (\(negotiation))"
    case .multipath(let report): "mptcp \(report)"
    }
  }
}
