// What a data connection was, for logs and figures.

import MultipathTCP

/// What a data connection was.
public enum DataConnectionReport: Sendable, CustomStringConvertible {
  /// Plain TCP, as was wanted.
  case plain
  /// Multipath was wanted and is not there; the negotiation tells why.
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
