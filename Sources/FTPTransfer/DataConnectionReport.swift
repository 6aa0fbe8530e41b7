// What a data connection was, for logs and figures.

import MultipathTCP

/// The kind of a data connection. Indirect: what is told of a transfer is passed on and looked at a dozen times.
public enum DataConnectionReport: Sendable, CustomStringConvertible {
  /// Plain TCP, as intended.
  case plain
  /// Multipath was wanted and is not there; the negotiation tells why.
  indirect case notMultipath(Negotiation)
  /// Multipath, with its paths and the bytes each has carried.
  indirect case multipath(ConnectionReport)

  /// For the log.
  public var description: String {
    switch self {
    case .plain: "tcp"
    case .notMultipath(let negotiation): "tcp (\(negotiation))"
    case .multipath(let report): "mptcp \(report)"
    }
  }
}
